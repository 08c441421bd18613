//! What is written of an answer, on whatever way it leaves.

use async_graphql::{Response, Value};

use super::json::Json;

/// A first guess that holds most answers, so that the text seldom moves.
const TYPICAL_BYTES: usize = 1024;

/// The body of an answer. A request that failed before it ran has no `data`, not even null.
#[must_use]
pub fn write(answer: &Response) -> Vec<u8> {
    let mut body = Json::with_capacity(TYPICAL_BYTES + written_bytes(&answer.data));
    body.raw(b"{");
    let mut is_first = true;
    if !answer.errors.is_empty() {
        body.key(is_first, "errors");
        // Maps with keys of text and finite numbers are all there is, so this cannot fail.
        body.raw(&serde_json::to_vec(&answer.errors).unwrap_or_default());
        is_first = false;
    }
    if !is_request_error(answer) {
        body.key(is_first, "data");
        body.put(&answer.data);
        is_first = false;
    }
    if !answer.extensions.is_empty() {
        body.key(is_first, "extensions");
        body.raw(&serde_json::to_vec(&answer.extensions).unwrap_or_default());
    }
    body.raw(b"}");
    body.into_bytes()
}

/// How much of an answer is written already, near its root, where pages are.
fn written_bytes(value: &Value) -> usize {
    match value {
        Value::Binary(text) => text.len(),
        Value::Object(entries) => entries.values().map(written_bytes).sum(),
        _ => 0,
    }
}

/// Whether the operation was refused before any field of it ran. What a field reports has a path.
#[must_use]
pub fn is_request_error(answer: &Response) -> bool {
    !answer.errors.is_empty()
        && answer.data == Value::Null
        && answer.errors.iter().all(|error| error.path.is_empty())
}
