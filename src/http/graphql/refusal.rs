//! Requests that are no operation at all, or that may not be looked at further: status, code and
//! a sentence, in the shape of a GraphQL answer.

use std::{borrow::Cow, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{super::viewer::BadCredential, Media};
use crate::{error::Code, graphql::execution::Known, text};

/// Why a request is turned away.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: Code,
    message: Cow<'static, str>,
    header: Option<(HeaderName, &'static str)>,
    /// In seconds.
    retry_after: Option<u64>,
    request_id: Option<String>,
}

impl Refusal {
    /// When a place may be free again that is taken, in seconds.
    pub const TRY_AGAIN_AFTER: u64 = 1;

    fn new(status: StatusCode, code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { status, code, message, header: None, retry_after: None, request_id: None }
    }

    fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::BadUserInput, message)
    }

    pub fn too_complex(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::TooComplex, message)
    }

    pub fn cut_off() -> Self {
        Self::bad_request("The request body ended too early.")
    }

    pub fn too_large(max: usize) -> Self {
        let message = format!("The request body is larger than {}.", text::bytes(max));
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::BadUserInput, message)
    }

    /// Of a part of a multipart request.
    pub fn part_too_large(part: &str, max: usize) -> Self {
        let message = format!("The part `{part}` is larger than {}.", text::bytes(max));
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::BadUserInput, message)
    }

    pub fn unsupported_media_type() -> Self {
        let message = "Send the operation as application/json in UTF-8, or as multipart/form-data \
                       where it comes with files.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadUserInput, message)
    }

    pub fn encoded_body() -> Self {
        let message = "Send the body as it is, without a content-encoding.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadUserInput, message)
    }

    pub fn no_preflight() -> Self {
        let message = "A multipart request needs the header apollo-require-preflight, with any value, \
                       so that no form of another site can send it.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadUserInput, message)
    }

    pub fn files_of_a_stranger() -> Self {
        let message = "Only those who are logged in may send files.";
        Self::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message)
            .with_header(header::WWW_AUTHENTICATE, "Bearer")
    }

    pub fn too_many_uploads() -> Self {
        let message = "Too many of your uploads are under way; wait for one to end.";
        Self::too_many(message)
    }

    fn too_many(message: &'static str) -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited, message);
        Self { retry_after: Some(Self::TRY_AGAIN_AFTER), ..refusal }
    }

    pub fn not_acceptable() -> Self {
        let message = "Answers are application/graphql-response+json or application/json in UTF-8.";
        Self::new(StatusCode::NOT_ACCEPTABLE, Code::BadUserInput, message)
    }

    pub fn not_a_stream() -> Self {
        let message = "Subscriptions come over WebSocket (graphql-transport-ws), or as server-sent \
                       events: accept text/event-stream.";
        Self::new(StatusCode::NOT_ACCEPTABLE, Code::BadUserInput, message)
    }

    pub fn too_many_connections() -> Self {
        let message = "There are too many live connections already; close one first.";
        Self::too_many(message)
    }

    pub fn method_not_allowed() -> Self {
        let message = "Send operations by POST, or queries by GET.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::BadUserInput, message)
            .with_header(header::ALLOW, "GET, HEAD, POST, OPTIONS")
    }

    pub fn foreign_origin() -> Self {
        let message = "This origin may not use the API from a browser.";
        Self::new(StatusCode::FORBIDDEN, Code::Forbidden, message)
    }

    pub fn mutation_by_get() -> Self {
        let message = "Mutations change things: send them by POST.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::BadUserInput, message)
            .with_header(header::ALLOW, "POST")
    }

    pub fn bad_credential(why: BadCredential) -> Self {
        let message = match why {
            BadCredential::Form => "Send the access token as `Authorization: Bearer <token>`.",
            BadCredential::Token => {
                "The access token is not valid, or no longer. Log in or refresh it, without the header `Authorization`."
            }
        };
        Self::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message)
            .with_header(header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)
    }

    pub fn timeout() -> Self {
        let message = "The request took too long and was stopped.";
        Self::new(StatusCode::GATEWAY_TIMEOUT, Code::Timeout, message)
    }

    pub fn stopping() -> Self {
        let message = "The server is stopping. Try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::ServiceUnavailable, message)
            .with_header(header::RETRY_AFTER, "1")
    }

    /// The panic itself was reported by the panic hook, in the thread that it happened in.
    pub fn panicked(request_id: &str) -> Self {
        let message = "Something went wrong on the server.";
        let refusal = Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, message);
        Self { request_id: Some(request_id.to_owned()), ..refusal }
    }

    /// What is wrong, for transports that have no status.
    pub fn into_message(self) -> Cow<'static, str> {
        self.message
    }

    /// The response, of the type that was agreed on.
    pub fn respond(self, media: Media) -> Response {
        self.respond_to(Known::default(), None, media)
    }

    /// The response to an operation of which so much is known, and how long it took if that is worth
    /// telling; it is counted here.
    pub fn respond_to(self, known: Known, took: Option<Duration>, media: Media) -> Response {
        let mut extensions = json!({ "code": self.code.as_str() });
        if let Some(id) = self.request_id {
            extensions["requestId"] = id.into();
        }
        if let Some(seconds) = self.retry_after {
            extensions["retryAfter"] = seconds.into();
        }
        let body = json!({ "errors": [{ "message": self.message, "extensions": extensions }] });
        let content = [(header::CONTENT_TYPE, media.content_type())];
        let mut response = (self.status, content, body.to_string()).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        let summary = known.refused(vec![self.code.as_str()], took);
        response.extensions_mut().insert(summary);
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.respond(Media::Json)
    }
}
