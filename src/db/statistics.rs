//! Counts the SQL statements of a request, for the log, the metrics and the tests.
//!
//! A shared connection carries the statements of many requests, so the count cannot live on the
//! connection: it lives in the task that runs the request, where diesel reports each statement.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use diesel::connection::{Instrumentation, InstrumentationEvent};

tokio::task_local! {
    static COUNT: Statements;
}

/// The number of SQL statements that a piece of work has sent.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<AtomicU32>);

impl Statements {
    /// The number so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Runs the work and counts its statements.
    pub async fn during<F: Future>(&self, work: F) -> F::Output {
        COUNT.scope(self.clone(), work).await
    }
}

/// Diesel's hook: called in the task that sends the statement.
pub(super) struct Recorder;

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            // Work outside any request, such as a health check, is not counted.
            let _ = COUNT.try_with(|statements| statements.0.fetch_add(1, Ordering::Relaxed));
        }
    }
}
