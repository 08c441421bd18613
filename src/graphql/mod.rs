//! The GraphQL API.

pub mod error;
pub mod id;
pub mod page;
