//! What the tests stand on. No test is in here.

pub mod app;
pub mod catalog;
pub mod client;
pub mod db;
pub mod events;
pub mod generated;
pub mod home;
pub mod list;
pub mod log;
pub mod post;
pub mod recount;
pub mod roots;
pub mod schema_file;
pub mod scratch;
pub mod socket;
pub mod user;
pub mod world;

pub use rookery_test_pictures as picture;
