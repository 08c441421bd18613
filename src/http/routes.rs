//! Which path leads where.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, Method, StatusCode, header},
    middleware,
    response::IntoResponse,
    routing::{any, get},
};
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

pub(super) fn router(http: Shared) -> Router {
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
        .layer(CompressionLayer::new().compress_when(worthwhile))
        .layer(cors(&http))
        .layer(middleware::from_fn_with_state(http.clone(), envelope::wrap))
        .with_state(http)
}

async fn schema(State(http): State<Shared>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], http.sdl.clone())
}

async fn missing() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "There is nothing here. The API is at /graphql.\n")
}

fn cors(http: &Shared) -> CorsLayer {
    let allowed = http.app.config.cors_allowed_origins.0.clone();
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
