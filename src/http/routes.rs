//! Which path leads where.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use tower::{Layer, Service, service_fn};
use tower_http::{
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate, SizeAbove},
    },
    cors::{AllowHeaders, AllowOrigin, CorsLayer},
};

use super::{Shared, envelope, graphql, health, media, origin, playground};

/// Smaller answers fit in a packet or two as they are.
const COMPRESS_ABOVE: u64 = 1024;
/// How long a browser may remember that an origin is allowed; Chromium forgets after two hours.
const PREFLIGHT_VALID: Duration = Duration::from_secs(7200);

/// All routes, and what surrounds every request. What can stands around the router and not within it,
/// where each layer is copied to the heap for every request.
pub(super) fn service(
    http: Shared,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let shared = cors(&http).layer(router(http.clone()));
    service_fn(move |request| {
        let (http, shared) = (http.clone(), shared.clone());
        async move { Ok(envelope::wrap(http, request, shared).await) }
    })
}

fn router(http: Shared) -> Router {
    let worthwhile =
        SizeAbove::new(COMPRESS_ABOVE).and(NotForContentType::IMAGES).and(NotForContentType::SSE);
    let playground =
        if http.app.config.playground() { playground::assets() } else { Router::new() };
    Router::new()
        .merge(playground)
        .route("/graphql", any(graphql::handle))
        .route("/schema.graphql", get(schema))
        .route("/media/{file}", get(media::serve))
        .route("/metrics", get(health::metrics))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .fallback(missing)
        // Within the router, which takes the body from the answer to a HEAD only then.
        .layer(CompressionLayer::new().compress_when(worthwhile))
        .with_state(http)
}

/// What there is before anything can be served.
pub(super) fn starting() -> Router {
    let starting =
        async || (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], "starting\n");
    Router::new().route("/livez", get(health::livez)).fallback(starting)
}

async fn schema(State(http): State<Shared>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], http.sdl.clone())
}

async fn missing() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "There is nothing here. The API is at /graphql.\n")
}

fn cors(http: &Shared) -> CorsLayer {
    let allowed = http.origins.clone();
    let is_allowed = AllowOrigin::predicate(move |name: &HeaderValue, request| {
        origin::is_allowed(name, &request.headers, &allowed)
    });
    CorsLayer::new()
        .allow_origin(is_allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            graphql::RATE_LIMIT,
            graphql::RATE_LIMIT_POLICY,
            envelope::REQUEST_ID,
        ])
        .max_age(PREFLIGHT_VALID)
}
