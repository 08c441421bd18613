//! What surrounds every request: its id, its client, the headers of safety, the log line, and the
//! net that catches a panic.

use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tower::{Service, ServiceExt};
use uuid::Uuid;

use super::{
    Shared,
    client::{Client, Peer},
    graphql::Refusal,
    log::RequestLine,
};
use crate::{config::Profile, graphql::execution::Summary};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SQL_STATEMENTS: HeaderName = HeaderName::from_static("x-sql-statements");
const REQUEST_ID_MAX: usize = 64;
/// Two years, as browsers' preload lists ask.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");
const CSP: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// What handlers can ask about the request they serve.
#[derive(Clone, Debug)]
pub(super) struct Provenance {
    /// The id under which it is logged and answered.
    pub id: Arc<str>,
    pub client: Client,
}

/// The outermost layer.
pub(super) async fn wrap<S, B>(http: Shared, mut request: Request, inner: S) -> Response
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let id: Arc<str> = request_id(request.headers());
    let client = client(&http, &request);
    let line = RequestLine::start(id.clone(), &request);
    request.extensions_mut().insert(Provenance { id: id.clone(), client });
    let mut response = match AssertUnwindSafe(inner.oneshot(request)).catch_unwind().await {
        Ok(Ok(response)) => response.map(Body::new),
        Ok(Err(never)) => match never {},
        Err(_panic) => Refusal::panicked(&id).into_response(),
    };
    let summary = response.extensions_mut().remove::<Summary>();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    secure(headers, client.secure);
    if http.is_stopping() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(summary) = &summary
        && http.app.config.profile == Profile::Development
    {
        headers.insert(SQL_STATEMENTS, summary.statements.into());
    }
    line.finish(response.status(), summary.as_ref());
    response
}

fn client(http: &Shared, request: &Request) -> Client {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let peer = peer.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into());
    Client::of(peer, request.headers(), &http.app.config.trusted_proxies.0)
}

/// The client's own id where it is a sane one, so that it finds its request in the log.
fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match given {
        Some(id) if (1..=REQUEST_ID_MAX).contains(&id.len()) && id.chars().all(is_plain) => {
            id.into()
        }
        _ => Arc::from(&*Uuid::now_v7().simple().encode_lower(&mut Uuid::encode_buffer())),
    }
}

/// Handlers that know better have set their own already.
fn secure(headers: &mut HeaderMap, over_tls: bool) {
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(CSP);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if over_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::to_bytes, http::StatusCode, routing::get};
    use serde_json::{Value, json};
    use tokio::sync::watch;

    use super::*;
    use crate::{
        app::App,
        config::{Config, Source},
        db::ConnectOptions,
        http::Http,
    };

    /// No database is there, and none is asked.
    fn http() -> Shared {
        let key = ("SECRET_KEY", "a key for tests, of enough bytes");
        let source = Source::from_pairs([("DATABASE_URL", "postgres://nobody@localhost/no"), key]);
        let config = Config::read(&source).unwrap();
        let options = ConnectOptions::new(&config, None).unwrap();
        let app = App::new(config, &options).unwrap();
        Arc::new(Http::new(app, watch::channel(false).1, Arc::new(watch::channel(()).0)).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_under_its_request_id_and_the_next_request_is_served() {
        let stumble = async || -> &'static str { panic!("secret reason") };
        let router: Router =
            Router::new().route("/stumble", get(stumble)).route("/fine", get(async || "fine"));
        let http = http();
        let ask = async |path: &str| {
            let request = Request::get(path).header(REQUEST_ID, "the-request");
            wrap(http.clone(), request.body(Body::empty()).unwrap(), router.clone()).await
        };
        let answer = ask("/stumble").await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()[REQUEST_ID], "the-request");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json; charset=utf-8");
        let body = to_bytes(answer.into_body(), 1000).await.unwrap();
        let extensions = json!({ "code": "INTERNAL_SERVER_ERROR", "requestId": "the-request" });
        let message = "Something went wrong on the server.";
        let expected = json!({ "errors": [{ "message": message, "extensions": extensions }] });
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
        assert_eq!(ask("/fine").await.status(), StatusCode::OK);
    }
}
