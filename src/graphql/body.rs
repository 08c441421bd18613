//! What is written of an answer, on whatever way it leaves.

use std::collections::BTreeMap;

use async_graphql::{Response, ServerError, Value};
use serde::Serialize;

/// The body of an answer. A request that failed before it ran has no `data`, not even null.
#[derive(Serialize)]
pub struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<&'a BTreeMap<String, Value>>,
}

impl<'a> Body<'a> {
    /// The body of this answer.
    #[must_use]
    pub fn of(answer: &'a Response) -> Self {
        Self {
            errors: &answer.errors,
            data: (!is_request_error(answer)).then_some(&answer.data),
            extensions: (!answer.extensions.is_empty()).then_some(&answer.extensions),
        }
    }
}

/// Whether the operation was refused before any field of it ran. What a field reports has a path.
#[must_use]
pub fn is_request_error(answer: &Response) -> bool {
    !answer.errors.is_empty()
        && answer.data == Value::Null
        && answer.errors.iter().all(|error| error.path.is_empty())
}
