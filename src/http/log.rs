//! One line in the log for every request, also for those whose client did not wait for the answer.
//!
//! Says which operation ran and what it cost; never its variables, its text or any credential.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::Request,
    http::{Method, StatusCode},
};

use crate::{graphql::execution::Summary, metrics::Kind};

/// What a path and the name of an operation are cut to: they are the client's to choose.
const LONGEST: usize = 100;

/// A request under way. If dropped unfinished, it tells that the client went away.
pub(super) struct RequestLine {
    id: Arc<str>,
    method: Method,
    path: String,
    started: Instant,
    finished: bool,
}

impl RequestLine {
    pub fn start(id: Arc<str>, request: &Request) -> Self {
        let path = request.uri().path().chars().take(LONGEST).collect();
        let method = request.method().clone();
        Self { id, method, path, started: Instant::now(), finished: false }
    }

    pub fn finish(mut self, status: StatusCode, summary: Option<&Summary>) {
        self.finished = true;
        let Self { id, method, path, started, .. } = &self;
        let (status, ms) = (status.as_u16(), milliseconds(*started));
        match summary {
            Some(summary) => operation(id, "http", Some(status), *started, summary),
            // Probes and scrapes come every few seconds, whether anything happens or not.
            None if is_probe(path) => {
                tracing::debug!(request_id = %id, %method, path, status, ms, "request");
            }
            None => tracing::info!(request_id = %id, %method, path, status, ms, "request"),
        }
    }
}

impl Drop for RequestLine {
    fn drop(&mut self) {
        if !self.finished {
            let Self { id, method, path, started, .. } = self;
            let ms = milliseconds(*started);
            tracing::info!(request_id = %id, %method, path, ms, "the client went away");
        }
    }
}

/// The line of an operation, however it arrived.
pub(super) fn operation(
    request_id: &str,
    transport: &str,
    status: Option<u16>,
    started: Instant,
    summary: &Summary,
) {
    tracing::info!(
        request_id,
        transport,
        status,
        operation = summary.name.as_deref().map(cut),
        kind = summary.kind.map_or(Kind::Unknown, Kind::from).as_str(),
        ms = milliseconds(started),
        sql = summary.statements,
        errors = told(&summary.codes),
        user_errors = told(&summary.user_errors),
        "request"
    );
}

fn told(codes: &[&str]) -> Option<String> {
    (!codes.is_empty()).then(|| codes.join(","))
}

/// Names hold no characters of several bytes.
fn cut(name: &str) -> &str {
    name.get(..LONGEST).unwrap_or(name)
}

fn milliseconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn is_probe(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/metrics")
}
