//! How a document that cannot be used is answered: one message for a developer, where it is, and
//! a code for a program.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};

/// `extensions.code` of a text that is no GraphQL document.
pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// `extensions.code` of a document that does not fit the schema or the language's rules.
pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";

/// An error that refuses the whole request.
pub fn request_error(code: &str, message: impl Into<String>, at: &[Pos]) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    let mut error = ServerError::new(message, None);
    error.locations = at.to_vec();
    error.extensions = Some(extensions);
    error
}

pub(super) fn syntax_error(message: impl AsRef<str>, at: Pos) -> ServerError {
    request_error(PARSE_FAILED, format!("Syntax Error: {}", message.as_ref()), &[at])
}
