//! Collects the votes of many people and casts them together: one statement and one commit for all
//! that came while others were being cast.
//!
//! Nobody waits for company: a vote that comes alone is cast alone. Each is answered only after its
//! commit. When a batch fails, for whatever reason, each of its votes is cast by itself, so that one
//! that cannot be cast fails alone.

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Instant,
};

use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{
    Connection,
    pool::Pool,
    statistics,
    vote_cast::{Ballot, Cast, How, cast},
};
use crate::error::{Error, Result};

/// How many votes are cast together at most.
const MANY: usize = 128;
/// How many batches are cast at the same time: while PostgreSQL works on one, the votes of the other
/// are answered and new ones come in.
const BATCHES_AT_ONCE: usize = 2;
/// How many are cast at the same time when each is cast by itself.
const ALONE_AT_ONCE: usize = 4;

type Answer = Result<Option<Cast>>;

struct Ask {
    ballot: Ballot,
    answer: oneshot::Sender<Answer>,
}

/// Where votes are cast.
pub(super) struct BallotBox {
    writers: Pool,
    asks: OnceLock<mpsc::UnboundedSender<Ask>>,
}

impl BallotBox {
    pub(super) fn new(writers: &Pool) -> Self {
        Self { writers: writers.clone(), asks: OnceLock::new() }
    }

    /// Casts, changes or takes back a vote. `None` when the viewer's session has ended, or when
    /// there is no such post that they may see.
    pub(super) async fn cast(&self, ballot: Ballot) -> Answer {
        let started = Instant::now();
        let (answer, answered) = oneshot::channel();
        let asks = self.asks.get_or_init(|| {
            let (asks, ballots) = mpsc::unbounded_channel();
            tokio::spawn(count(self.writers.clone(), ballots));
            asks
        });
        // Each vote waits in a request of its own, so their number is bounded as requests are.
        let sent = asks.send(Ask { ballot, answer });
        sent.map_err(|_ended| Error::internal("no votes are cast any more"))?;
        let cast = answered.await.map_err(|_lost| Error::internal("a vote was lost"));
        statistics::gathered(started.elapsed());
        cast?
    }
}

/// Casts votes for as long as somebody may vote.
async fn count(writers: Pool, mut ballots: mpsc::UnboundedReceiver<Ask>) {
    let places = Arc::new(Semaphore::new(BATCHES_AT_ONCE));
    let mut waiting = Vec::new();
    // The place comes first: whoever votes before it is free votes with the others.
    while let Ok(place) = places.clone().acquire_owned().await {
        if waiting.is_empty() && ballots.recv_many(&mut waiting, MANY).await == 0 {
            break;
        }
        // Whatever else this thread has to do goes first, and may vote, too.
        tokio::task::yield_now().await;
        while waiting.len() < MANY
            && let Ok(ask) = ballots.try_recv()
        {
            waiting.push(ask);
        }
        let batch = take_batch(&mut waiting);
        if !batch.is_empty() {
            tokio::spawn(cast_all(writers.clone(), batch, place));
        }
    }
}

/// Casts votes together, or else each by itself.
async fn cast_all(writers: Pool, batch: Vec<Ask>, place: OwnedSemaphorePermit) {
    let failed = match writers.get().await {
        Ok(conn) => cast_batch(conn, batch).await,
        Err(_) => Some(Failed { batch, unknown: false }),
    };
    // What is in somebody's way for long is not in the way of those who come later.
    drop(place);
    if let Some(failed) = failed {
        cast_each(writers, failed).await;
    }
}

/// Takes the first vote of each person on each post: who votes twice in a moment gets their votes
/// cast one after the other, and who hung up meanwhile gets none cast.
fn take_batch(waiting: &mut Vec<Ask>) -> Vec<Ask> {
    waiting.retain(|ask| !ask.answer.is_closed());
    let mut places = HashSet::new();
    let (batch, rest) = waiting.drain(..).partition(|ask: &Ask| places.insert(ask.ballot.place()));
    *waiting = rest;
    batch
}

/// Votes that could not be cast together.
struct Failed {
    batch: Vec<Ask>,
    /// Whether they may have been cast nevertheless: the connection was lost before it said so.
    unknown: bool,
}

/// Casts votes together; gives them back when that fails.
async fn cast_batch(mut conn: Connection, batch: Vec<Ask>) -> Option<Failed> {
    let ballots: Vec<_> = batch.iter().map(|ask| ask.ballot).collect();
    let work = async { cast(&mut conn, &ballots, How::Together).await };
    let done = AssertUnwindSafe(work).catch_unwind().await;
    match done.unwrap_or_else(|_panic| Err(Error::internal("casting votes panicked"))) {
        Ok(mut cast) => {
            for ask in batch {
                // Whoever does not wait any more needs no answer.
                let _gone = ask.answer.send(Ok(cast.remove(&ask.ballot.place())));
            }
            None
        }
        Err(error) => {
            tracing::debug!(%error, votes = batch.len(), "votes are cast one by one");
            Some(Failed { batch, unknown: matches!(error, Error::ServiceUnavailable(_)) })
        }
    }
}

/// Casts each vote by itself.
async fn cast_each(writers: Pool, Failed { batch, unknown }: Failed) {
    let alone = |Ask { ballot, answer }| {
        let writers = &writers;
        async move {
            let write =
                |mut conn: Connection| async move { cast(&mut conn, &[ballot], How::Alone).await };
            let cast = writers.retrying(write).await;
            let mark = |cast: Cast| Cast { perhaps_before: unknown, ..cast };
            let _gone = answer.send(cast.map(|mut cast| cast.remove(&ballot.place()).map(mark)));
        }
    };
    stream::iter(batch).for_each_concurrent(ALONE_AT_ONCE, alone).await;
}
