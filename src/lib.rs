//! Rookery, a social-feed backend: a GraphQL API server on PostgreSQL, in one binary.
//!
//! Data runs one way: `http` → [`graphql`] → [`db`]. [`auth`], [`config`], [`error`] and [`metrics`]
//! are leaves that anyone may use. [`app`] holds what all requests share.

pub mod app;
pub mod auth;
pub mod config;
pub mod db;
pub mod error;
pub mod graphql;
pub mod metrics;
