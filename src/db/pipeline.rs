//! The shared connections that carry short reads.
//!
//! Each request takes the next one and puts its statements behind those under way, without waiting
//! for their answers. A connection that broke is replaced by whoever meets it first; while the
//! database is away everybody else fails fast instead of queueing for a connection attempt. One that
//! broke without a word, as when a firewall forgot it, is known by its silence.

use std::{
    future::Future,
    ops::Deref,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use tokio::time::timeout;

use super::{ConnectOptions, drive::Alive, endpoint::Endpoint};
use crate::{
    causes::causes,
    error::{Error, Result},
};

/// After a failed attempt to connect, how long others fail without trying again.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

struct Shared {
    connection: AsyncPgConnection,
    alive: Alive,
    /// How long it may say nothing to a statement.
    silence: Duration,
}

/// A shared connection, kept open for as long as somebody reads from it.
pub struct Reader(Arc<Shared>);

impl Deref for Reader {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.0.connection
    }
}

impl Reader {
    /// What comes of a statement on this connection. One that answers nobody for longer than any
    /// statement may take is given up, so that whoever reads next connects anew.
    pub(super) async fn unless_silent<T>(
        &self,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let Shared { alive, silence, .. } = &*self.0;
        let mut work = std::pin::pin!(work);
        loop {
            let answers = alive.answers();
            match timeout(*silence, &mut work).await {
                Ok(done) => return done,
                // It is the turn of those before.
                Err(_) if alive.answers() != answers => {}
                Err(elapsed) => {
                    if alive.give_up() {
                        tracing::warn!("a database connection that fell silent was given up");
                    }
                    return Err(Error::ServiceUnavailable(elapsed.into()));
                }
            }
        }
    }
}

struct Slot {
    current: RwLock<Option<Arc<Shared>>>,
    /// Held while connecting; remembers the last attempt, if that failed.
    failed: tokio::sync::Mutex<Option<Failed>>,
}

/// An attempt to connect that failed.
struct Failed {
    at: Instant,
    cause: String,
}

impl Slot {
    fn living(&self) -> Option<Arc<Shared>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|shared| shared.alive.is_alive()).cloned()
    }
}

/// The set of shared connections. Cloned for every loader of every request, so that costs nothing.
#[derive(Clone)]
pub(super) struct Pipeline(Arc<Slots>);

struct Slots {
    endpoint: Endpoint,
    slots: Box<[Slot]>,
    next: AtomicUsize,
    wait: Duration,
    silence: Duration,
    /// Whether the database was away when somebody last tried, so that the log tells it once.
    is_away: AtomicBool,
}

impl Pipeline {
    pub(super) fn new(options: &ConnectOptions) -> Self {
        let slots = (0..options.readers.max(1))
            .map(|_| Slot { current: RwLock::new(None), failed: tokio::sync::Mutex::new(None) })
            .collect();
        Self(Arc::new(Slots {
            endpoint: options.endpoint.for_short_reads(),
            slots,
            next: AtomicUsize::default(),
            wait: options.wait,
            silence: options.silence,
            is_away: AtomicBool::default(),
        }))
    }

    pub(super) async fn reader(&self) -> Result<Reader> {
        let turn = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.of(&self.0.slots[turn % self.0.slots.len()]).await
    }

    /// The connection that carries what is gathered, always the same: answers to several questions
    /// come together, which wakes both sides less often.
    pub(super) async fn first_reader(&self) -> Result<Reader> {
        self.of(&self.0.slots[0]).await
    }

    /// The connection that carries what is gathered and takes longer.
    pub(super) async fn last_reader(&self) -> Result<Reader> {
        self.of(&self.0.slots[self.0.slots.len() - 1]).await
    }

    async fn of(&self, slot: &Slot) -> Result<Reader> {
        if let Some(shared) = slot.living() {
            return Ok(Reader(shared));
        }
        // Boxed, since it is seldom needed and large, and every field that reads would hold one.
        let opened = Box::pin(self.reconnect(slot)).await;
        // Where PostgreSQL has no connection left, those that there are serve all.
        opened.or_else(|error| self.0.slots.iter().find_map(Slot::living).map(Reader).ok_or(error))
    }

    async fn reconnect(&self, slot: &Slot) -> Result<Reader> {
        let turn = timeout(self.0.wait, slot.failed.lock()).await;
        let mut failed = turn.map_err(|elapsed| Error::ServiceUnavailable(elapsed.into()))?;
        if let Some(shared) = slot.living() {
            return Ok(Reader(shared));
        }
        if let Some(Failed { at, cause }) = &*failed
            && at.elapsed() < RETRY_PAUSE
        {
            return Err(Error::ServiceUnavailable(cause.as_str().into()));
        }
        match self.connect().await {
            Ok((connection, alive)) => {
                let shared = Arc::new(Shared { connection, alive, silence: self.0.silence });
                *slot.current.write().unwrap_or_else(PoisonError::into_inner) =
                    Some(shared.clone());
                *failed = None;
                if self.0.is_away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the database is back");
                }
                Ok(Reader(shared))
            }
            Err(error) => {
                let cause = causes(&error);
                if !self.0.is_away.swap(true, Ordering::Relaxed) {
                    let place = self.0.endpoint.place();
                    tracing::error!(%place, cause, "the database cannot be reached");
                }
                *failed = Some(Failed { at: Instant::now(), cause });
                Err(Error::ServiceUnavailable(error.into()))
            }
        }
    }

    /// A server that takes the connection and then says nothing has failed like any other.
    async fn connect(&self) -> ConnectionResult<(AsyncPgConnection, Alive)> {
        let wait = self.0.wait;
        timeout(wait, self.0.endpoint.connect()).await.unwrap_or_else(|_elapsed| {
            let cause = format!("the server did not answer within {} s", wait.as_secs());
            Err(ConnectionError::BadConnection(cause))
        })
    }
}
