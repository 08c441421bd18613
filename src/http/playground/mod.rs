//! The playground: what a browser sees at the GraphQL endpoint. GraphiQL, its parts served from the
//! binary (or named on a CDN where the build had no npm), and a small app of our own around it that
//! puts tokens where they belong.
//!
//! It knows nothing of the schema or of who is asking: the page is the same for everyone, and all
//! that it does goes through the public endpoint.

mod assets;
mod encoding;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use assets::Assets;

const TEMPLATE: &str = include_str!("page.html");

/// The files that [`page`] loads, below `/playground/`.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/playground/{version}/{file}", get(assets::serve))
}

/// The page itself, to be answered at the GraphQL endpoint when a browser opens it: it sends its
/// operations to the address that it was loaded from, and looks for its files beside it.
pub fn page() -> Response {
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    let headers: [(HeaderName, HeaderValue); 6] = [
        (header::CONTENT_SECURITY_POLICY, policy(&nonce)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ];
    (headers, Html(html(&nonce, Assets::get()))).into_response()
}

/// Only what carries this answer's nonce runs, so that nothing that users post ever can.
/// `data:` is for the fonts and marks inside GraphiQL's own style sheet.
fn policy(nonce: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    // A nonce is Base64, so the text is always a valid header; a page with no right to run
    // anything is the safe answer should that ever change.
    HeaderValue::try_from(policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
}

fn html(nonce: &str, assets: &Assets) -> String {
    let origin = if assets.all_embedded() { "this server" } else { "cdn.jsdelivr.net" };
    TEMPLATE
        .replace("{bundles}", &bundle_tags(assets))
        .replace("{origin}", origin)
        .replace("{files}", &assets.folder())
        .replace("{nonce}", nonce)
}

fn bundle_tags(assets: &Assets) -> String {
    let tags = assets.bundles().iter().map(|bundle| {
        let (address, check) = match bundle.forms {
            Some(_) => (format!("{{files}}/{}", bundle.name), String::new()),
            None => (
                bundle.url.to_owned(),
                format!(r#" integrity="{}" crossorigin="anonymous""#, bundle.integrity),
            ),
        };
        if bundle.name.ends_with(".css") {
            format!(r#"<link rel="stylesheet" nonce="{{nonce}}" href="{address}"{check}>"#)
        } else {
            format!(r#"<script defer nonce="{{nonce}}" src="{address}"{check}></script>"#)
        }
    });
    tags.collect::<Vec<_>>().join("\n    ")
}

#[cfg(test)]
mod tests;
