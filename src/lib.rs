//! Rookery, a social-feed backend: a GraphQL API server on PostgreSQL, in one binary.

pub mod config;
pub mod db;
pub mod error;
pub mod graphql;
