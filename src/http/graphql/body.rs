//! A request's body: of the one type that is read, and never more of it than the limit.

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use super::Refusal;

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
    mut body: Body,
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
