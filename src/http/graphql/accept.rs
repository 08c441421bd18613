//! Which form of answer a client accepts.

use axum::http::{HeaderMap, HeaderValue, header};

use super::Refusal;

const JSON: &str = "application/json";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
const EVENTS: &str = "text/event-stream";

/// The media type of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Media {
    /// The older type, whose status tells little.
    #[default]
    Json,
    /// GraphQL's own, whose status can be trusted.
    GraphqlResponse,
}

impl Media {
    pub const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One piece.
    Whole(Media),
    /// A stream of events, for as long as there are any.
    Events,
}

impl Form {
    /// How a request is refused that is no operation at all.
    pub const fn media(self) -> Media {
        match self {
            Self::Whole(media) => media,
            Self::Events => Media::Json,
        }
    }
}

/// The best of what the client accepts: by its weights, then in its order. Nothing said means JSON.
pub(super) fn negotiate(headers: &HeaderMap) -> Result<Form, Refusal> {
    let mut best: Option<(f32, Form)> = None;
    let mut said_something = false;
    for range in ranges(headers) {
        said_something = true;
        let form = match range.name {
            name if name.eq_ignore_ascii_case(GRAPHQL_RESPONSE) => {
                Form::Whole(Media::GraphqlResponse)
            }
            name if name.eq_ignore_ascii_case(JSON) => Form::Whole(Media::Json),
            name if name.eq_ignore_ascii_case(EVENTS) => Form::Events,
            "*/*" | "application/*" => Form::Whole(Media::Json),
            _ => continue,
        };
        let beats = best.is_none_or(|(weight, _)| range.weight > weight);
        if range.utf8 && range.weight > 0.0 && beats {
            best = Some((range.weight, form));
        }
    }
    match best {
        Some((_, form)) => Ok(form),
        None if said_something => Err(Refusal::not_acceptable()),
        None => Ok(Form::Whole(Media::Json)),
    }
}

/// Whether a browser asks for a page, and would rather have that than JSON.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let weight = |wanted: &str| {
        let named = ranges(headers).filter(|range| range.name.eq_ignore_ascii_case(wanted));
        named.map(|range| range.weight).fold(0.0, f32::max)
    };
    weight("text/html") > weight(JSON).max(weight(GRAPHQL_RESPONSE))
}

struct Range<'a> {
    name: &'a str,
    weight: f32,
    utf8: bool,
}

fn ranges(headers: &HeaderMap) -> impl Iterator<Item = Range<'_>> {
    let values = headers.get_all(header::ACCEPT).iter();
    values
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .filter(|item| !item.trim().is_empty())
        .map(range)
}

fn range(item: &str) -> Range<'_> {
    let mut parts = item.split(';').map(str::trim);
    let mut range = Range { name: parts.next().unwrap_or_default(), weight: 1.0, utf8: true };
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("q") {
            range.weight = value.parse().unwrap_or(0.0);
        } else if name.trim().eq_ignore_ascii_case("charset") {
            range.utf8 = value.eq_ignore_ascii_case("utf-8");
        }
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accept: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers
    }

    fn chosen(accept: &'static str) -> Option<Form> {
        negotiate(&headers(accept)).ok()
    }

    const JSON_WHOLE: Form = Form::Whole(Media::Json);
    const RESPONSE_WHOLE: Form = Form::Whole(Media::GraphqlResponse);

    #[test]
    fn silence_and_stars_mean_json() {
        assert_eq!(negotiate(&HeaderMap::new()).ok(), Some(JSON_WHOLE));
        assert_eq!(chosen("*/*"), Some(JSON_WHOLE));
        assert_eq!(chosen("text/html, application/*;q=0.1"), Some(JSON_WHOLE));
    }

    #[test]
    fn weights_then_order_decide() {
        let both = "application/graphql-response+json, application/json";
        assert_eq!(chosen(both), Some(RESPONSE_WHOLE));
        let json_first = "application/json, application/graphql-response+json";
        assert_eq!(chosen(json_first), Some(JSON_WHOLE));
        let weighted = "application/json;q=0.8, application/graphql-response+json;q=0.9";
        assert_eq!(chosen(weighted), Some(RESPONSE_WHOLE));
    }

    #[test]
    fn events_are_sent_to_who_prefers_them() {
        assert_eq!(chosen("text/event-stream"), Some(Form::Events));
        assert_eq!(chosen("text/event-stream, */*;q=0.1"), Some(Form::Events));
        assert_eq!(chosen("application/json, text/event-stream"), Some(JSON_WHOLE));
    }

    #[test]
    fn what_cannot_be_sent_is_not_acceptable() {
        assert_eq!(chosen("text/plain"), None);
        assert_eq!(chosen("application/json; charset=utf-16"), None);
        assert_eq!(chosen("application/json;q=0"), None);
        assert_eq!(chosen("Application/JSON; charset=\"UTF-8\""), Some(JSON_WHOLE));
    }

    #[test]
    fn a_browser_is_known_by_its_preference() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert!(wants_page(&headers(browser)));
        assert!(!wants_page(&headers("*/*")));
        assert!(!wants_page(&headers("application/json, text/html;q=0.9")));
    }
}
