//! HTTP: the way in for requests.

pub mod playground;

use async_graphql::{Request, Response};
use axum::{Json, Router, extract::State, routing::post};
use tokio::net::TcpListener;

use crate::{app::App, graphql::RookerySchema};

/// Serves until `shutdown` ends, then finishes what runs.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router =
        Router::new().route("/graphql", post(graphql)).with_state(crate::graphql::schema(app));
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn graphql(
    State(schema): State<RookerySchema>,
    Json(request): Json<Request>,
) -> Json<Response> {
    Json(schema.execute(request).await)
}
