//! Removes what is good for nothing any more: accounts whose deletion came to no end, sessions that
//! have ended by themselves, counters of attempts that nobody has touched for a day, and watches of
//! servers that were killed. Any number of instances may do it at once.

use std::time::Duration;

use super::{Connection, Db, account_delete, session, throttle, watch};
use crate::{causes::causes, error::Result};

/// How long the server rests between two rounds.
const PAUSE: Duration = Duration::from_secs(600);

/// Sweeps now and then, for as long as it is polled.
pub async fn run(db: Db) {
    loop {
        if let Err(error) = sweep(&db).await {
            let error = causes(&error);
            tracing::warn!(error, "housekeeping is put off");
        }
        // Random, so that instances that started together do not sweep together.
        tokio::time::sleep(PAUSE.mul_f64(rand::random_range(0.5..1.5))).await;
    }
}

/// Removes everything that can go, in batches that each hold their locks for a moment only; returns
/// how many rows that were.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &Db) -> Result<usize> {
    let mut removed = 0;
    // Asked first, since removing one takes a connection of its own.
    while account_delete::is_somebody_leaving(&mut *db.write().await?).await?
        && db.finishing(remove_leaving).await?
    {
        removed += 1;
    }
    loop {
        let mut conn = db.write().await?;
        let batch = session::prune(&mut conn).await?
            + throttle::prune(&mut conn).await?
            + watch::prune(&mut conn).await?;
        if batch == 0 {
            return Ok(removed);
        }
        removed += batch;
    }
}

async fn remove_leaving(mut conn: Connection) -> Result<bool> {
    account_delete::remove_leaving(&mut conn).await
}
