//! The numbers that `/metrics` shows, in one registry for the process.
//!
//! What is counted at every request has its handle resolved once; only errors look a label up.

use std::{sync::LazyLock, time::Duration};

use async_graphql::parser::types::OperationType;
use prometheus::{
    Counter, Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder, core::Collector, exponential_buckets,
};

use crate::db::PoolStatus;

/// Everything that is measured.
pub static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

static METRICS: LazyLock<Option<Metrics>> = LazyLock::new(|| Metrics::new().ok());

/// What kind of work a measurement belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads.
    Query,
    /// Writes.
    Mutation,
    /// Subscribes.
    Subscription,
    /// Refused before it was known.
    Unknown,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Query, Self::Mutation, Self::Subscription, Self::Unknown];

    /// The kind as it is written in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
            Self::Unknown => "unknown",
        }
    }
}

impl From<OperationType> for Kind {
    fn from(operation: OperationType) -> Self {
        match operation {
            OperationType::Query => Self::Query,
            OperationType::Mutation => Self::Mutation,
            OperationType::Subscription => Self::Subscription,
        }
    }
}

struct Metrics {
    /// By [`Kind`], in its order.
    requests: [IntCounter; 4],
    latency: [Histogram; 4],
    errors: IntCounterVec,
    user_errors: IntCounterVec,
    loader_batch: HistogramVec,
    sql_statements: IntCounter,
    sql_seconds: Counter,
    sockets: IntGauge,
    sockets_closed: IntCounterVec,
    subscriptions: IntGauge,
    happenings: HistogramVec,
    answers: IntCounter,
    subscriptions_ended: IntCounterVec,
    pool: PoolGauges,
}

struct PoolGauges {
    in_use: IntGaugeVec,
    size: IntGaugeVec,
    waiting: IntGaugeVec,
}

impl Metrics {
    fn new() -> prometheus::Result<Self> {
        let requests = registered(IntCounterVec::new(
            Opts::new("rookery_requests_total", "GraphQL operations answered, by operation type"),
            &["type"],
        ))?;
        let latency = HistogramOpts::new("rookery_request_seconds", "How long operations took")
            .buckets(exponential_buckets(0.000_25, 2.0, 16)?);
        let latency = registered(HistogramVec::new(latency, &["type"]))?;
        let errors = Opts::new("rookery_errors_total", "Errors in answers, by type and code");
        let user_errors =
            Opts::new("rookery_user_errors_total", "User errors of mutations, by code");
        let batch = HistogramOpts::new("rookery_loader_batch_size", "Keys in one loader batch")
            .buckets(exponential_buckets(1.0, 2.0, 10)?);
        let closed =
            Opts::new("rookery_websockets_closed_total", "WebSockets that the server closed");
        let happenings =
            HistogramOpts::new("rookery_event_seconds", "How long it took to tell all subscribers")
                .buckets(exponential_buckets(0.000_5, 2.0, 14)?);
        let ended = Opts::new(
            "rookery_subscriptions_ended_total",
            "Subscriptions that the server ended, by reason",
        );
        let gauge = |name: &str, help: &str| registered(IntGauge::new(name, help));
        let of_pool =
            |name: &str, help: &str| registered(IntGaugeVec::new(Opts::new(name, help), &["pool"]));
        Ok(Self {
            requests: Kind::ALL.map(|kind| requests.with_label_values(&[kind.as_str()])),
            latency: Kind::ALL.map(|kind| latency.with_label_values(&[kind.as_str()])),
            errors: registered(IntCounterVec::new(errors, &["type", "code"]))?,
            user_errors: registered(IntCounterVec::new(user_errors, &["code"]))?,
            loader_batch: registered(HistogramVec::new(batch, &["loader"]))?,
            sql_statements: registered(IntCounter::new(
                "rookery_sql_statements_total",
                "SQL statements that requests have sent",
            ))?,
            sql_seconds: registered(Counter::new(
                "rookery_sql_seconds_total",
                "Time that requests have waited for SQL statements",
            ))?,
            sockets_closed: registered(IntCounterVec::new(closed, &["code"]))?,
            sockets: gauge("rookery_websockets", "Open WebSockets")?,
            subscriptions: gauge("rookery_subscriptions", "Running subscriptions")?,
            happenings: registered(HistogramVec::new(happenings, &["topic"]))?,
            answers: registered(IntCounter::new(
                "rookery_event_answers_total",
                "Answers that were made for events, each for all who get the same",
            ))?,
            subscriptions_ended: registered(IntCounterVec::new(ended, &["reason"]))?,
            pool: PoolGauges {
                in_use: of_pool("rookery_pool_in_use", "Pool connections lent out")?,
                size: of_pool("rookery_pool_size", "Pool connections open")?,
                waiting: of_pool("rookery_pool_waiting", "Requests waiting for a connection")?,
            },
        })
    }
}

fn registered<C: Collector + Clone + 'static>(
    collector: prometheus::Result<C>,
) -> prometheus::Result<C> {
    let collector = collector?;
    REGISTRY.register(Box::new(collector.clone()))?;
    Ok(collector)
}

/// Notes an answered operation; one that was refused took no time worth telling.
pub fn operation(kind: Kind, took: Option<Duration>, codes: &[&'static str]) {
    let Some(metrics) = METRICS.as_ref() else { return };
    metrics.requests[kind as usize].inc();
    if let Some(took) = took {
        metrics.latency[kind as usize].observe(took.as_secs_f64());
    }
    for code in codes {
        metrics.errors.with_label_values(&[kind.as_str(), code]).inc();
    }
}

/// Counts the user errors of a mutation.
pub fn user_errors(codes: &[&'static str]) {
    let Some(metrics) = METRICS.as_ref() else { return };
    for code in codes {
        metrics.user_errors.with_label_values(&[code]).inc();
    }
}

/// Notes the SQL of a request.
pub fn sql(statements: u32, took: Duration) {
    if let Some(metrics) = METRICS.as_ref() {
        metrics.sql_statements.inc_by(statements.into());
        metrics.sql_seconds.inc_by(took.as_secs_f64());
    }
}

/// Notes the size of a loader's batch.
pub fn loader_batch(loader: &str, keys: usize) {
    if let Some(metrics) = METRICS.as_ref() {
        metrics.loader_batch.with_label_values(&[loader]).observe(keys as f64);
    }
}

/// Notes that the server closes a WebSocket.
pub fn socket_closed(code: u16) {
    if let Some(metrics) = METRICS.as_ref() {
        metrics.sockets_closed.with_label_values(&[&code.to_string()]).inc();
    }
}

/// Notes that there are so many more subscriptions, or fewer.
pub fn subscriptions(more: i64) {
    if let Some(metrics) = METRICS.as_ref() {
        metrics.subscriptions.add(more);
    }
}

/// Notes that the server ended a subscription.
pub fn subscription_ended(reason: &str) {
    if let Some(metrics) = METRICS.as_ref() {
        metrics.subscriptions_ended.with_label_values(&[reason]).inc();
    }
}

/// Notes an event that was told to all who wait for it.
pub fn happening(topic: &str, took: Duration) {
    if let Some(metrics) = METRICS.as_ref() {
        metrics.happenings.with_label_values(&[topic]).observe(took.as_secs_f64());
    }
}

/// Notes an answer that was made for an event.
pub fn event_answer() {
    if let Some(metrics) = METRICS.as_ref() {
        metrics.answers.inc();
    }
}

/// Counts an open WebSocket for as long as it lives.
#[derive(Debug)]
pub struct OpenSocket(());

impl OpenSocket {
    /// One more.
    #[must_use]
    pub fn count() -> Self {
        if let Some(metrics) = METRICS.as_ref() {
            metrics.sockets.inc();
        }
        Self(())
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        if let Some(metrics) = METRICS.as_ref() {
            metrics.sockets.dec();
        }
    }
}

/// Everything, as Prometheus reads it.
///
/// # Errors
/// When it cannot be written as text.
pub fn render(pools: &[(&str, PoolStatus)]) -> prometheus::Result<Vec<u8>> {
    if let Some(Metrics { pool: gauges, .. }) = METRICS.as_ref() {
        for (name, status) in pools {
            let set = |gauges: &IntGaugeVec, value: usize| {
                gauges.with_label_values(&[name]).set(i64::try_from(value).unwrap_or(0));
            };
            set(&gauges.in_use, status.in_use);
            set(&gauges.size, status.size);
            set(&gauges.waiting, status.waiting);
        }
    }
    let mut text = Vec::with_capacity(16 * 1024);
    TextEncoder::new().encode(&REGISTRY.gather(), &mut text)?;
    Ok(text)
}
