//! What is left of a rate, in the headers of the IETF's draft "RateLimit header fields for HTTP".

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{error::seconds, rate::Rate};

/// What is left, and in how many seconds all of it is there again.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The rate that applies.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const WINDOW_SECONDS: u32 = 60;

/// Tells the client how often it may still write.
pub(super) fn tell(rate: Rate, headers: &mut HeaderMap) {
    let Rate { limit, remaining, full_after } = rate;
    let policy = format!(r#""writes";q={limit};w={WINDOW_SECONDS}"#);
    let left = format!(r#""writes";r={remaining};t={}"#, seconds(full_after));
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_part_of_a_second_is_a_whole_one() {
        let mut headers = HeaderMap::new();
        tell(
            Rate { limit: 120, remaining: 119, full_after: Duration::from_millis(500) },
            &mut headers,
        );
        assert_eq!(headers["ratelimit-policy"], r#""writes";q=120;w=60"#);
        assert_eq!(headers["ratelimit"], r#""writes";r=119;t=1"#);
    }
}
