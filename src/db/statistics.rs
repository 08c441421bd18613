//! Counts and times the SQL statements of a request, for the log, the metrics and the tests.
//!
//! A shared connection carries the statements of many requests, so the count cannot live on the
//! connection: it lives in the task that runs the request, where diesel reports each statement.

use std::{
    future::Future,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::connection::{Instrumentation, InstrumentationEvent};

use super::drive::Alive;

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

tokio::task_local! {
    static CURRENT: Statements;
}

/// The SQL statements that a piece of work has sent.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    started: AtomicU32,
    finished: AtomicU32,
    /// The moments at which statements ended less those at which they began: once none is under
    /// way, the sum of their times. No pairing is needed, so they may overlap.
    nanoseconds: AtomicI64,
}

impl Statements {
    /// The number so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0.started.load(Ordering::Relaxed)
    }

    /// The time that they took together; `None` while one is under way or if one was abandoned.
    #[must_use]
    pub fn time(&self) -> Option<Duration> {
        let all_done = self.count() == self.0.finished.load(Ordering::Relaxed);
        let nanoseconds = u64::try_from(self.0.nanoseconds.load(Ordering::Relaxed)).ok()?;
        all_done.then(|| Duration::from_nanos(nanoseconds))
    }

    /// Those of the work that asks, to count on in another task.
    pub(super) fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_default()
    }

    /// Runs the work and counts its statements.
    pub async fn during<F: Future>(&self, work: F) -> F::Output {
        CURRENT.scope(self.clone(), work).await
    }
}

/// Counts a statement that a request shared with others: one for each of them, since it takes one
/// however many others there are.
pub(super) fn gathered(took: Duration) {
    let took = i64::try_from(took.as_nanos()).unwrap_or(i64::MAX);
    let _ = CURRENT.try_with(|Statements(counts)| {
        counts.started.fetch_add(1, Ordering::Relaxed);
        counts.finished.fetch_add(1, Ordering::Relaxed);
        counts.nanoseconds.fetch_add(took, Ordering::Relaxed);
    });
}

/// Diesel's hook: called in the task that sends the statement.
#[derive(Default)]
pub(super) struct Recorder {
    /// Counts the statements of one borrow that have not ended.
    underway: Option<Arc<AtomicUsize>>,
    /// Is told of every answer.
    alive: Option<Alive>,
}

impl Recorder {
    pub(super) fn telling(alive: &Alive) -> Self {
        Self { underway: None, alive: Some(alive.clone()) }
    }

    pub(super) fn watching(underway: &Arc<AtomicUsize>) -> Self {
        Self { underway: Some(underway.clone()), alive: None }
    }
}

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let starts = match event {
            InstrumentationEvent::StartQuery { .. } => true,
            InstrumentationEvent::FinishQuery { .. } => false,
            _ => return,
        };
        match &self.underway {
            Some(underway) if starts => {
                underway.fetch_add(1, Ordering::Relaxed);
            }
            Some(underway) => {
                underway.fetch_sub(1, Ordering::Relaxed);
            }
            None => {}
        }
        if let Some(alive) = &self.alive
            && !starts
        {
            alive.answered();
        }
        let now = i64::try_from(EPOCH.elapsed().as_nanos()).unwrap_or(i64::MAX);
        // Work outside any request, such as a health check, is not counted.
        let _ = CURRENT.try_with(|Statements(counts)| {
            if starts {
                counts.started.fetch_add(1, Ordering::Relaxed);
                counts.nanoseconds.fetch_sub(now, Ordering::Relaxed);
            } else {
                counts.finished.fetch_add(1, Ordering::Relaxed);
                counts.nanoseconds.fetch_add(now, Ordering::Relaxed);
            }
        });
    }
}
