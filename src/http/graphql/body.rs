//! A request's body: of the one type that is read, and never more of it than the limit.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, HttpBody},
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http_body_util::BodyExt;

use super::Refusal;

/// How much of what nobody reads is let pass.
pub(super) const PASSED_OVER_BYTES: usize = 32 << 20;
/// How long that may take.
const PASSED_OVER_WITHIN: Duration = Duration::from_secs(5);

/// A browser sends `application/json` to another origin only after asking, so no foreign form can
/// run a mutation.
pub(super) fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (name, parameters) = value
        .unwrap_or_default()
        .split_once(';')
        .unwrap_or_else(|| (value.unwrap_or_default(), ""));
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    let is_json = name.trim().eq_ignore_ascii_case("application/json");
    if is_json && charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8")) {
        Ok(())
    } else {
        Err(Refusal::unsupported_media_type())
    }
}

/// Bodies are read as they come: what is packed would be unpacked to any size.
pub(super) fn check_encoding(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.all(|name| name.as_bytes().eq_ignore_ascii_case(b"identity")) {
        Ok(())
    } else {
        Err(Refusal::encoded_body())
    }
}

/// The whole body.
pub(super) async fn read(
    headers: &HeaderMap,
    body: &mut Body,
    max: usize,
) -> Result<Bytes, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
    if announced > max {
        return Err(Refusal::too_large(max));
    }
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_broken| Refusal::cut_off())?.into_data() else { continue };
        if first.as_ref().map_or(rest.len(), Bytes::len) + data.len() > max {
            return Err(Refusal::too_large(max));
        }
        // Nearly every body comes in one piece, which need not be copied.
        match first.take() {
            None if rest.is_empty() => first = Some(data),
            None => rest.extend_from_slice(&data),
            Some(start) => {
                rest.reserve(announced.max(start.len() + data.len()));
                rest.extend_from_slice(&start);
                rest.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}

/// Whether the client sends its body only after it was told to.
pub(super) fn waits_for_leave(headers: &HeaderMap) -> bool {
    headers
        .get(header::EXPECT)
        .is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Lets what was not read of a body pass, for a while. Many clients read an answer only when they
/// have sent everything, and to them a connection that is closed before is a failure of the network.
pub(super) async fn let_pass(mut body: Body) {
    if body.is_end_stream() {
        return;
    }
    let pass = async {
        let mut passed = 0;
        while passed <= PASSED_OVER_BYTES
            && let Some(Ok(frame)) = body.frame().await
        {
            passed += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    // Whoever takes longer is answered all the same.
    let _passed = tokio::time::timeout(PASSED_OVER_WITHIN, pass).await;
}

/// Another way to the same body: what is read by one is not there for the other.
pub(super) fn share(body: &mut Body) -> Body {
    let shared = Share(Arc::new(Mutex::new(mem::take(body).into_data_stream())));
    *body = Body::from_stream(shared.clone());
    Body::from_stream(shared)
}

#[derive(Clone)]
struct Share(Arc<Mutex<BodyDataStream>>);

impl Stream for Share {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
    }
}
