//! Outcomes as HTTP responses: the status, the body written once.

use async_graphql::{Response as Answer, ServerError, Value};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Media, rate_limit};
use crate::{
    error::Code,
    graphql::{
        body::{self, is_request_error},
        execution::Outcome,
    },
};

/// The response to an operation that ran.
pub(super) fn answered(outcome: Outcome, media: Media) -> Response {
    let Outcome { response: answer, summary, write_rate } = outcome;
    let status = status(&answer, &summary.codes, media);
    let content = [(header::CONTENT_TYPE, media.content_type())];
    let mut response = (status, content, body::write(&answer)).into_response();
    response.headers_mut().extend(answer.http_headers);
    if let Some(wait) = retry_after(&answer.errors) {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    if let Some(rate) = write_rate {
        rate_limit::tell(rate, response.headers_mut());
    }
    response.extensions_mut().insert(summary);
    response
}

/// Under `application/json` a well-formed request is answered with 200 whatever came of it, since
/// older clients take any other status for a broken connection.
fn status(answer: &Answer, codes: &[&str], media: Media) -> StatusCode {
    let has = |code: Code| codes.contains(&code.as_str());
    match media {
        _ if !is_request_error(answer) => StatusCode::OK,
        _ if has(Code::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
        // Apollo's clients take a 400 for "the server cannot do this at all".
        _ if has(Code::PersistedQueryNotFound) => StatusCode::OK,
        Media::Json => StatusCode::OK,
        Media::GraphqlResponse => StatusCode::BAD_REQUEST,
    }
}

fn retry_after(errors: &[ServerError]) -> Option<HeaderValue> {
    let waits =
        errors.iter().filter_map(|error| match error.extensions.as_ref()?.get("retryAfter")? {
            Value::Number(seconds) => seconds.as_u64(),
            _ => None,
        });
    waits.max().map(HeaderValue::from)
}
