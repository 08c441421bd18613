//! Runs a write again when it lost to a concurrent one.
//!
//! Writers lock rows in one order (see [`crate::db`]), so that a deadlock is not expected; but
//! whoever writes to the database by other ways may cause one, and PostgreSQL may refuse a
//! transaction that it cannot serialise. Nothing of such a write happened, so it is run anew, on
//! whatever connection is free by then. This is the only place that does so.

use std::{future::Future, time::Duration};

use super::{Connection, pool::Pool};
use crate::error::{Error, Result};

/// How often a write is tried in all.
const ATTEMPTS: u32 = 5;
/// The longest pause before the second attempt; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

impl Pool {
    /// Runs a write that is one statement or one transaction, or that may begin anew after the first of
    /// several, up to five times.
    ///
    /// # Errors
    /// What the write fails with, and [`Error::ServiceUnavailable`] when no connection is free.
    pub(super) async fn retrying<T, F>(&self, write: impl Fn(Connection) -> F + Send) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        let mut attempt = 1;
        loop {
            // Boxed, since a transaction's future is large, and every mutation would hold it.
            match Box::pin(write(self.get().await?)).await {
                Err(Error::Contended(cause)) if attempt < ATTEMPTS => {
                    tracing::warn!(attempt, cause, "a write lost to a concurrent one");
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }
}

/// Random, so that those who met do not meet again.
fn pause(attempt: u32) -> Duration {
    longest_pause(attempt).mul_f64(rand::random_range(0.1..1.0))
}

fn longest_pause(attempt: u32) -> Duration {
    FIRST_PAUSE * 2_u32.pow(attempt - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_short() {
        let longest: Vec<_> = (1..ATTEMPTS).map(|it| longest_pause(it).as_millis()).collect();
        assert_eq!(longest, [20, 40, 80, 160]);
        for attempt in 1..ATTEMPTS {
            let pauses: Vec<_> = (0..100).map(|_| pause(attempt)).collect();
            assert!(pauses.iter().all(|pause| *pause < longest_pause(attempt)));
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "they meet again");
        }
    }
}
