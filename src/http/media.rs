//! Files of pictures: what a row shows at this moment, and nothing else.

use axum::{
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::Shared;
use crate::{
    db::image::Audience,
    media::{Found, ImageFile, Pass, Range},
};

/// An address never shows another picture.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// What a pass opens is for whoever has it, as long as that is good.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// A browser that is shown the address itself makes nothing of it but a picture.
const CSP: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
/// Pages of other sites may show it, also those that are isolated from everything else.
const EMBEDDABLE: (HeaderName, &str) =
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");

/// One file.
pub(super) async fn serve(
    State(http): State<Shared>,
    Path(name): Path<String>,
    pass: Result<Query<Pass>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Ok(file) = name.parse::<ImageFile>() else { return missing() };
    // What the name says is all there is to say: its bytes never change.
    let tag = format!("\"{file}\"");
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|tags| is_among(&tag, tags));
    let range = range(&headers, &tag).filter(|_| method == Method::GET && !is_known);
    let audience = match pass {
        Ok(Query(pass)) if pass.opens(&http.app.keys, &file) => Audience::Moderators,
        _ => Audience::Everybody,
    };
    let found = match http.app.media.find(&file, audience, range).await {
        Ok(Some(found)) => found,
        Ok(None) => return missing(),
        Err(error) => {
            tracing::warn!(%error, %file, "a picture cannot be read");
            return (StatusCode::SERVICE_UNAVAILABLE, "Try again soon.\n").into_response();
        }
    };
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        whole_or_part(found, range.is_some(), method == Method::HEAD)
    };
    let is_picture = response.status() != StatusCode::RANGE_NOT_SATISFIABLE;
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if is_picture {
        let content_type = HeaderValue::from_static(file.format.content_type());
        headers.insert(header::CONTENT_TYPE, content_type);
        let caching = if audience == Audience::Everybody { FOREVER } else { PRIVATE };
        headers.insert(header::CACHE_CONTROL, caching);
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CSP);
    headers.insert(EMBEDDABLE.0, HeaderValue::from_static(EMBEDDABLE.1));
    response
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "There is no such picture.\n").into_response()
}

fn whole_or_part(found: Found, is_part: bool, only_head: bool) -> Response {
    let Found { length, part } = found;
    let Some((range, bytes)) = part else {
        let none = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
        return (StatusCode::RANGE_NOT_SATISFIABLE, none).into_response();
    };
    let count = range.end - range.start;
    let body = if only_head { Body::empty() } else { Body::from_stream(bytes) };
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, count.into());
    if is_part {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let which = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        if let Ok(which) = HeaderValue::from_str(&which) {
            response.headers_mut().insert(header::CONTENT_RANGE, which);
        }
    }
    response
}

fn is_among(tag: &str, tags: &HeaderValue) -> bool {
    let tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.map(|known| known.strip_prefix("W/").unwrap_or(known))
        .any(|known| known == tag || known == "*")
}

/// The part that is asked for. Whatever is not one plain range means the whole, as it may.
fn range(headers: &HeaderMap, tag: &str) -> Option<Range> {
    if headers.get(header::IF_RANGE).is_some_and(|known| known != tag) {
        return None;
    }
    let text = headers.get(header::RANGE)?.to_str().ok()?;
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse::<u64>().ok())?
    };
    match (start, end) {
        ("", _) => number(end).map(Range::Last),
        (_, "") => Some(Range::From(number(start)?, None)),
        _ => {
            let (start, end) = (number(start)?, number(end)?);
            (start <= end).then_some(Range::From(start, Some(end)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range_header: &'static str) -> Option<Range> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static(range_header));
        range(&headers, "\"tag\"")
    }

    #[test]
    fn one_plain_range_is_understood() {
        assert_eq!(asked("bytes=0-99"), Some(Range::From(0, Some(99))));
        assert_eq!(asked("bytes=100-"), Some(Range::From(100, None)));
        assert_eq!(asked("bytes=-5"), Some(Range::Last(5)));
        let whole =
            ["bytes=0-1,3-4", "bytes=5-1", "bytes=-", "lines=1-2", "bytes=+1-2", "bytes=a-b"];
        for text in whole {
            assert_eq!(asked(text), None, "{text}");
        }
    }

    #[test]
    fn tags_are_compared_without_their_weakness() {
        let among = |tags| is_among("\"a\"", &HeaderValue::from_static(tags));
        assert!(among("\"b\", W/\"a\"") && among("*") && !among("\"b\""));
    }
}
