//! A connection of one's own, for the length of a borrow.
//!
//! Whoever hangs up, or runs out of time, drops what works for them, in the middle of a statement
//! too. That statement is cancelled then, and its connection is closed rather than lent to the next,
//! who would have to wait for its end.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, TransactionManager,
    pooled_connection::deadpool::Object,
};

use super::{endpoint::Endpoint, statistics::Recorder};

/// A connection that goes back when it is dropped.
pub struct Connection {
    object: Object<AsyncPgConnection>,
    /// How many statements have not ended.
    underway: Arc<AtomicUsize>,
    endpoint: Arc<Endpoint>,
}

impl Connection {
    pub(super) fn new(mut object: Object<AsyncPgConnection>, endpoint: &Arc<Endpoint>) -> Self {
        use diesel_async::AsyncConnection;

        let underway = Arc::<AtomicUsize>::default();
        object.set_instrumentation(Recorder::watching(&underway));
        Self { object, underway, endpoint: endpoint.clone() }
    }
}

impl Deref for Connection {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.object
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.object
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.underway.load(Ordering::Relaxed) == 0 {
            return;
        }
        // What is in error is not lent again.
        AnsiTransactionManager::transaction_manager_status_mut(&mut *self.object).set_in_error();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (endpoint, statement) = (self.endpoint.clone(), self.object.cancel_token());
        runtime.spawn(async move {
            if let Err(error) = endpoint.cancel(statement).await {
                tracing::warn!(%error, "a statement that nobody waits for could not be cancelled");
            }
        });
    }
}
