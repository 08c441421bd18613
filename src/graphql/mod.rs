//! The GraphQL API: one file a noun, and what they share.
//!
//! Inside every noun's file the order is the same: the type, its queries, its mutations, its inputs.
//! Resolvers read through the loaders or take a connection for the length of one db function; a
//! resolver never holds a connection while it awaits a loader. A field that may be null returns a
//! [`nullable::Nullable`], so that its failure leaves its siblings alone.

pub mod account;
pub mod admitted;
pub mod body;
pub mod boundary;
pub mod comment;
pub mod comment_mutation;
pub mod context;
pub mod documents;
mod eager;
pub mod error;
pub mod execution;
pub mod follow;
pub mod id;
pub mod image;
mod json;
mod judged;
pub mod limits;
pub mod live;
pub mod loaders;
pub mod login;
mod lookups;
pub mod moderation;
pub mod nested;
pub mod node;
pub mod nullable;
pub mod page;
pub mod password_check;
pub mod post;
pub mod post_facts;
pub mod post_list;
pub mod post_write;
mod refusals;
pub mod registration;
pub mod report;
pub mod report_mutation;
pub mod role;
pub mod sameness;
pub mod schema_types;
pub mod session;
pub mod subscription;
pub mod suspension;
pub mod syntax;
pub mod token;
pub mod upload;
pub mod user;
pub mod user_list;
pub mod user_query;
pub mod validation;
pub mod vote;
pub mod write_rate;

#[cfg(test)]
mod sample_schema;

use std::sync::{LazyLock, OnceLock};

use async_graphql::{MergedObject, SDLExportOptions, Schema, ValidationMode};
use chrono::{DateTime, Utc};

use self::{schema_types::SchemaTypes, subscription::SubscriptionRoot};
use crate::{
    app::App,
    error::{Error, Result},
};

/// Everything that can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    node::NodeQuery,
    user_query::UserQuery,
    post::PostQuery,
    post_list::PostListQuery,
    report::ReportQuery,
    moderation::ModerationQuery,
);

/// Everything that can be changed.
#[derive(Default, MergedObject)]
pub struct Mutation(
    registration::RegistrationMutation,
    login::LoginMutation,
    token::TokenMutation,
    session::SessionMutation,
    account::AccountMutation,
    role::RoleMutation,
    follow::FollowMutation,
    boundary::BoundaryMutation,
    post_write::PostMutation,
    vote::VoteMutation,
    comment_mutation::CommentMutation,
    report_mutation::ReportMutation,
    suspension::SuspensionMutation,
);

/// The schema that the server serves.
pub type RookerySchema = Schema<Query, Mutation, SubscriptionRoot>;

/// The schema without a server behind it: for its text.
fn definition() -> async_graphql::SchemaBuilder<Query, Mutation, SubscriptionRoot> {
    // Documents are validated before the library sees them, and nest no deeper than the limit.
    Schema::build(Query::default(), Mutation::default(), SubscriptionRoot)
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(limits::Limits::default().max_nesting)
        .disable_suggestions()
        .override_output_type_description::<DateTime<Utc>>(DATE_TIME)
}

const DATE_TIME: &str = "A moment, in UTC and to the microsecond, such as `2026-01-31T09:30:00.123456+00:00`; \
     zeros at the end of the fraction may be left out.";

/// The schema, executing against this app what has been judged.
#[must_use]
pub fn schema(app: App) -> RookerySchema {
    definition().extension(judged::JudgedAlready::default()).data(app).finish()
}

/// The same for questions about the schema itself: thousands of fields, each of which an extension
/// makes dearer, so that it is cheaper to have the document judged once more.
#[must_use]
pub fn introspected_schema(app: App) -> RookerySchema {
    definition().data(app).finish()
}

/// The schema's text, as `schema.graphql` holds it and `/schema.graphql` serves it.
#[must_use]
pub fn sdl() -> String {
    SDL.clone()
}

/// Printed once, since a schema is built for it.
static SDL: LazyLock<String> = LazyLock::new(|| {
    let options = SDLExportOptions::new().include_specified_by().use_space_ident();
    definition().finish().sdl_with_options(options)
});

/// The schema's types. Read once from its text, which takes a while.
///
/// # Errors
/// When the schema cannot be read back from its own text.
pub fn types() -> Result<&'static SchemaTypes> {
    static TYPES: OnceLock<SchemaTypes> = OnceLock::new();
    if let Some(types) = TYPES.get() {
        return Ok(types);
    }
    let read = SchemaTypes::from_sdl(&SDL).map_err(|error| Error::internal(error.to_string()))?;
    Ok(TYPES.get_or_init(|| read))
}
