//! How a document that cannot be used is answered: one message for a developer, where it is, and
//! a code for a program.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};

use crate::error::Code;

/// An error that refuses the whole request.
pub fn request_error(code: Code, message: impl Into<String>, at: &[Pos]) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    let mut error = ServerError::new(message, None);
    error.locations = at.to_vec();
    error.extensions = Some(extensions);
    error
}

pub(super) fn syntax_error(message: impl AsRef<str>, at: Pos) -> ServerError {
    request_error(Code::ParseFailed, format!("Syntax Error: {}", message.as_ref()), &[at])
}
