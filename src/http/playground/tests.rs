use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use axum::routing::get;
use tower::ServiceExt as _;

use super::assets::Assets;
use super::{assets, page};

async fn fetch(path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let app: Router = Router::new().route("/graphql", get(async || page())).merge(assets());
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer: Response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, 8 << 20).await.unwrap();
    (parts.status, parts.headers, bytes.to_vec())
}

fn own(name: &str) -> String {
    format!("/{}/{name}", Assets::get().folder())
}

#[tokio::test]
async fn the_policy_allows_only_what_carries_the_nonce_of_this_answer() {
    let (_, headers, body) = fetch("/graphql", &[]).await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    for rule in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    for loophole in ["unsafe", "*", "http:", "https:", "script-src 'self'"] {
        assert!(!policy.contains(loophole), "{policy}");
    }
    let nonce = policy.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    let html = String::from_utf8(body).unwrap();
    let carriers = html.matches("<script").count()
        + html.matches("<style").count()
        + html.matches("rel=\"stylesheet\"").count();
    assert_eq!(html.matches(&format!("nonce=\"{nonce}\"")).count(), carriers);

    let (_, again, _) = fetch("/graphql", &[]).await;
    assert_ne!(headers["content-security-policy"], again["content-security-policy"]);
}

#[tokio::test]
async fn the_page_is_never_cached_or_sniffed() {
    let (status, headers, _) = fetch("/graphql", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["vary"], "accept");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
}

#[tokio::test]
async fn every_file_that_the_page_names_is_there() {
    let (_, _, body) = fetch("/graphql", &[]).await;
    let html = String::from_utf8(body).unwrap();
    assert!(!html.contains("{files}") && !html.contains("{nonce}") && !html.contains("{bundles}"));
    let folder = Assets::get().folder();
    let named: Vec<_> = html
        .split('"')
        .filter(|part| part.starts_with(&folder))
        .map(|part| format!("/{part}"))
        .collect();
    assert!(named.len() >= 3, "{named:?}");
    for path in named {
        assert_eq!(fetch(&path, &[]).await.0, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn what_comes_from_a_cdn_is_held_to_its_hash() {
    for bundle in Assets::get().bundles() {
        assert!(bundle.integrity.starts_with("sha384-"), "{}", bundle.name);
        let tag = super::bundle_tags(Assets::get())
            .lines()
            .find(|line| line.contains(bundle.name) || line.contains(bundle.url))
            .map(str::to_owned)
            .unwrap();
        assert_eq!(bundle.forms.is_none(), tag.contains(bundle.integrity), "{tag}");
    }
}

#[tokio::test]
async fn a_file_may_be_kept_for_ever() {
    let (status, headers, _) = fetch(&own("main.js"), &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["vary"], "accept-encoding");
}

#[tokio::test]
async fn a_known_etag_is_answered_without_the_file() {
    let (_, headers, _) = fetch(&own("main.js"), &[]).await;
    let etag = headers["etag"].to_str().unwrap();
    for known in [etag, "*", &format!("\"other\", {etag}"), etag.trim_start_matches("W/")] {
        let (status, headers, body) = fetch(&own("main.js"), &[("if-none-match", known)]).await;
        assert_eq!(status, StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(headers["etag"], etag);
        assert!(body.is_empty());
    }
    let (status, ..) = fetch(&own("main.js"), &[("if-none-match", "\"other\"")]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn no_other_name_or_version_exists() {
    let traversal = own("..%2f..%2fCargo.toml");
    let stale = "/playground/000000000000000000000000/main.js".to_owned();
    for path in
        [own("nothing.js"), own("main.js.br"), traversal, stale, "/playground/main.js".into()]
    {
        assert_eq!(fetch(&path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn an_embedded_bundle_comes_in_the_form_that_the_client_accepts() {
    if !Assets::get().all_embedded() {
        // Built without npm: the page names a CDN, and there is nothing here to compress.
        assert_eq!(fetch(&own("graphiql.js"), &[]).await.0, StatusCode::NOT_FOUND);
        return;
    }
    let (_, plain, whole) = fetch(&own("graphiql.js"), &[]).await;
    assert!(!plain.contains_key("content-encoding"));
    for (accepted, coding) in [("gzip, deflate", "gzip"), ("gzip, deflate, br, zstd", "br")] {
        let (_, headers, body) = fetch(&own("graphiql.js"), &[("accept-encoding", accepted)]).await;
        assert_eq!(headers["content-encoding"], coding);
        assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
        assert!(body.len() * 2 < whole.len());
    }
    let refused = [("accept-encoding", "br;q=0, gzip;q=0")];
    assert_eq!(fetch(&own("graphiql.js"), &refused).await.2, whole);
}
