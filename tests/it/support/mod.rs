//! What the tests stand on. No test is in here.

pub mod db;
pub mod scratch;
