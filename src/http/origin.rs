//! Which web origins may call the API from a browser: the server's own, as its requests name it or as
//! `PUBLIC_URL` does, and those on the list.

use axum::http::{HeaderMap, HeaderValue, Uri, header};

use crate::config::{BaseUrl, Config, Origin};

/// Those that are known before anybody asks.
pub(super) fn known(config: &Config) -> Vec<Origin> {
    let own = config.public_url.as_ref().and_then(BaseUrl::origin);
    config.cors_allowed_origins.0.iter().cloned().chain(own).collect()
}

/// Whether a request that names this origin may be answered.
pub(super) fn is_allowed(origin: &HeaderValue, headers: &HeaderMap, allowed: &[Origin]) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    allowed.iter().any(|known| known.0.eq_ignore_ascii_case(origin)) || is_own(origin, headers)
}

/// A page of this server has the host that its requests name. Whether it came over TLS is for a
/// proxy to know.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.parse::<Uri>().ok().and_then(|uri| uri.authority().cloned());
    match (host, authority) {
        (Some(host), Some(authority)) => authority.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(origin: &'static str, host: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        let listed = [Origin("https://app.example.com".into())];
        is_allowed(&HeaderValue::from_static(origin), &headers, &listed)
    }

    #[test]
    fn own_and_listed_origins_are_allowed_and_no_other() {
        assert!(allows("http://127.0.0.1:8000", "127.0.0.1:8000"));
        assert!(allows("https://app.example.com", "127.0.0.1:8000"));
        assert!(!allows("http://127.0.0.1:8001", "127.0.0.1:8000"));
        assert!(!allows("http://app.example.com", "127.0.0.1:8000"));
        assert!(!allows("https://app.example.com.evil.test", "127.0.0.1:8000"));
        assert!(!allows("null", "127.0.0.1:8000"));
    }
}
