//! Writes that are as large as what somebody wrote in years: deleting or hiding an account, deleting
//! a post that everybody voted on.
//!
//! They are transactions like others, so that counts are right at every moment; but they may take
//! longer than a statement may, and longer than somebody waits for an answer. So each runs in a task
//! of its own, to its end also when nobody waits any more, on one of a few connections that have
//! more time, so that however many there are, the others keep theirs.

use std::{future::Future, time::Duration};

use super::{ConnectOptions, Connection, Db, pool::Pool, statistics::Statements};
use crate::error::{Error, Result};

/// How many run at once; the next ones wait for their turn.
pub(super) const AT_ONCE: usize = 2;

/// The connections that have more time.
pub(super) fn writers(options: &ConnectOptions) -> Result<Pool> {
    let patience = Duration::from_secs(options.large_write_seconds.into());
    Pool::new(&ConnectOptions {
        endpoint: options.endpoint.with_statement_limit(options.large_write_seconds),
        pool_size: AT_ONCE,
        wait: patience.max(options.wait),
        ..options.clone()
    })
}

impl Db {
    /// Runs a write that may be large, as [`Db::retrying`] does any other. When the caller hangs up
    /// it still happens.
    ///
    /// # Errors
    /// What the write fails with.
    pub async fn finishing<T, F>(
        &self,
        write: impl Fn(Connection) -> F + Send + Sync + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let writers = self.0.large_writers.clone();
        let statements = Statements::current();
        let work = async move { statements.during(writers.retrying(write)).await };
        tokio::spawn(work).await.map_err(Error::internal)?
    }
}
