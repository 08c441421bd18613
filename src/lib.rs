//! Rookery, a social-feed backend: a GraphQL API server on PostgreSQL, in one binary.

pub mod config;
