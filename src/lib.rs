//! Rookery, a social-feed backend: a GraphQL API server on PostgreSQL, in one binary.
//!
//! Data runs one way: [`http`] → [`graphql`] → [`db`]; what happens comes back from the database
//! through [`realtime`] to those who subscribed. Pictures are [`media`], which has a store beside the
//! database, and [`rookery_pixels`], a crate for their pixels. [`aside`], [`auth`], [`causes`],
//! [`config`], [`error`], [`id`], [`json_string`], [`logging`], [`post_text`], [`rate`] and [`text`] are
//! leaves that anyone may use; [`metrics`] is told by everybody. [`app`] holds what all requests share,
//! [`seed`] makes the demo world, and [`cli`] is what a person at a terminal meets.

pub mod app;
pub mod aside;
pub mod auth;
pub mod causes;
pub mod cli;
pub mod config;
pub mod db;
pub mod error;
pub mod graphql;
pub mod http;
pub mod id;
pub mod json_string;
pub mod logging;
pub mod media;
pub mod metrics;
pub mod post_text;
pub mod rate;
pub mod realtime;
pub mod seed;
pub mod text;
