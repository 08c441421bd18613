//! What a supervisor asks: whether the process lives, whether it should get requests, its numbers.

use std::time::Duration;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::Shared;
use crate::metrics;

/// A database that takes longer to say hello is not ready.
const READY_WITHIN: Duration = Duration::from_secs(1);

/// The process answers; nothing else is asked, so that trouble elsewhere restarts nobody.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether requests should be sent here.
pub(super) async fn readyz(State(http): State<Shared>) -> Response {
    if http.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match tokio::time::timeout(READY_WITHIN, http.app.db.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(_)) | Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached\n").into_response()
        }
    }
}

/// The numbers, for Prometheus.
pub(super) async fn metrics(State(http): State<Shared>) -> Response {
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    match metrics::render(&http.app.db.pools()) {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
