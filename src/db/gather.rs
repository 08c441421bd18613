//! Gathers what many requests ask at the same moment into one statement.
//!
//! While statements of a kind are under way, what is asked meanwhile waits, and goes together in the
//! next one. Nothing ever waits for company: a server at rest sends each question at once, a busy
//! one sends fewer and larger statements, which is what keeps both sides of the connection from
//! spending their time on messages. Only what is found by keys in bounded time is gathered: no key of
//! a batch makes the others slow, or makes them fail.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Instant,
};

use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{pipeline::Pipeline, statistics};
use crate::error::{Error, Result};

/// From how many keys on a statement takes no more questions.
const MANY_KEYS: usize = 1_000;
/// How many questions one statement answers at most.
const MANY_ASKS: usize = 256;

/// How many statements of a kind are under way at the same time: while PostgreSQL works on one, what
/// the other found is handed out, and new questions come in.
const STATEMENTS_AT_ONCE: usize = 2;

/// A kind of read that finds rows by keys, whoever asks.
pub trait Gathered: Send + Sync + 'static {
    /// What is looked up. Where it matters who asks, it says so.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// What is found.
    type Value: Send + Sync + 'static;
    /// Whether it takes longer than a look at single rows: then it goes over another connection than
    /// what is gathered of these, where there are several.
    const IS_WIDE: bool = false;

    /// Finds the values of all keys with one short statement; a key without a value is left out.
    fn find(
        conn: &AsyncPgConnection,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<Found<Self>>> + Send;
}

/// What a statement found, for all who asked. Keys are UUIDs, and a batch has a bounded number of
/// them, so hashing them costs little.
pub type Found<G> =
    HashMap<<G as Gathered>::Key, <G as Gathered>::Value, foldhash::fast::RandomState>;

type Answer<G> = Result<Arc<Found<G>>, Arc<Error>>;

struct Ask<G: Gathered> {
    keys: Vec<G::Key>,
    answer: oneshot::Sender<Answer<G>>,
}

/// Where the questions of one kind meet.
pub struct Lane<G: Gathered> {
    pipeline: Pipeline,
    asks: OnceLock<mpsc::UnboundedSender<Ask<G>>>,
}

impl<G: Gathered> Lane<G> {
    pub(super) fn new(pipeline: &Pipeline) -> Self {
        Self { pipeline: pipeline.clone(), asks: OnceLock::new() }
    }

    /// Finds the values of these keys; there may be others among what is found.
    ///
    /// # Errors
    /// When the database cannot be reached or fails.
    pub async fn find(&self, keys: Vec<G::Key>) -> Result<Arc<Found<G>>> {
        let started = Instant::now();
        let (answer, answered) = oneshot::channel();
        // Each question waits in a request of its own, so their number is bounded as requests are.
        let sent = self.asks().send(Ask { keys, answer });
        let found = match sent {
            Ok(()) => answered.await.map_err(|_lost| Error::internal("a gathered read was lost")),
            Err(_) => Err(Error::internal("gathered reads have ended")),
        };
        statistics::gathered(started.elapsed());
        found?.map_err(Error::Shared)
    }

    fn asks(&self) -> &mpsc::UnboundedSender<Ask<G>> {
        self.asks.get_or_init(|| {
            let (asks, questions) = mpsc::unbounded_channel();
            tokio::spawn(answer_all(self.pipeline.clone(), questions));
            asks
        })
    }
}

/// Answers questions for as long as somebody may ask.
async fn answer_all<G: Gathered>(
    pipeline: Pipeline,
    mut questions: mpsc::UnboundedReceiver<Ask<G>>,
) {
    let places = Arc::new(Semaphore::new(STATEMENTS_AT_ONCE));
    let mut asks = Vec::new();
    // The place comes first: whoever asks before it is free asks with the others.
    while let Ok(place) = places.clone().acquire_owned().await {
        if asks.is_empty() && questions.recv_many(&mut asks, MANY_ASKS).await == 0 {
            break;
        }
        // Whatever else this thread has to do goes first, and may ask, too.
        tokio::task::yield_now().await;
        while asks.len() < MANY_ASKS
            && let Ok(ask) = questions.try_recv()
        {
            asks.push(ask);
        }
        let (keys, together) = take_together(&mut asks);
        if !together.is_empty() {
            tokio::spawn(answer::<G>(pipeline.clone(), keys, together, place));
        }
    }
}

async fn answer<G: Gathered>(
    pipeline: Pipeline,
    keys: Vec<G::Key>,
    together: Vec<oneshot::Sender<Answer<G>>>,
    place: OwnedSemaphorePermit,
) {
    let found = AssertUnwindSafe(find::<G>(&pipeline, &keys)).catch_unwind().await;
    let found = found.unwrap_or_else(|_panic| Err(Error::internal("a read panicked")));
    let found = found.map(Arc::new).map_err(Arc::new);
    drop(place);
    for answer in together {
        // Whoever does not wait any more needs no answer.
        let _gone = answer.send(found.clone());
    }
}

async fn find<G: Gathered>(pipeline: &Pipeline, keys: &[G::Key]) -> Result<Found<G>> {
    let reader = match G::IS_WIDE {
        true => pipeline.last_reader().await?,
        false => pipeline.first_reader().await?,
    };
    reader.unless_silent(G::find(&reader, keys)).await
}

/// Takes as many questions as fit into one statement, the oldest first, and forgets those that nobody
/// waits for any more.
fn take_together<G: Gathered>(
    asks: &mut Vec<Ask<G>>,
) -> (Vec<G::Key>, Vec<oneshot::Sender<Answer<G>>>) {
    let mut size = 0;
    let fits = |ask: &&Ask<G>| {
        let fits = size < MANY_KEYS;
        size += ask.keys.len();
        fits
    };
    let fitting = asks.iter().take_while(fits).count();
    let (mut keys, mut together) = (Vec::new(), Vec::new());
    for ask in asks.drain(..fitting).filter(|ask| !ask.answer.is_closed()) {
        keys.extend(ask.keys);
        together.push(ask.answer);
    }
    (keys, together)
}
