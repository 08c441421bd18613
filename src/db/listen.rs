//! The one connection of a process on which the database tells what happened.
//!
//! It is open while anything is watched and closed when nothing is. What it watches stands in the
//! table `watches` under its process id there (see [`super::watch`]); when it breaks it is opened
//! anew, with pauses that grow, and its watches are written again. What happened in between nobody
//! can tell, so the listener says that there was a gap.
//!
//! A transaction whose statement ran before the watch was written, and which commits after it, is
//! not told. It ran before whoever watches asked, so a client that reads after it subscribed can
//! miss no more than what is under way at that very moment.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use tokio::{
    sync::{mpsc, oneshot},
    time,
};
use tokio_postgres::{Client, Notification};

use super::{
    endpoint::Endpoint,
    watch::{self, Happening, Topic},
};
use crate::{
    causes::causes,
    error::{Error, Result},
};

/// The channel on which the triggers notify.
const CHANNEL: &str = "rookery";
/// How often a silent connection is asked whether it still is one.
const PULSE: Duration = Duration::from_secs(10);
/// How long it may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The first pause before connecting again; it doubles with every failure.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How many orders are carried out at once.
const BATCH: usize = 512;

/// What a listener tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Something happened.
    Happened(Happening),
    /// For a while nothing was heard, whatever happened.
    Gap,
}

enum Order {
    Watch(Topic, oneshot::Sender<()>),
    Unwatch(Topic),
}

/// The way to a running listener. Dropping it ends the listener.
pub struct Listener(mpsc::UnboundedSender<Order>);

/// A watch that was ordered.
pub struct Ordered(oneshot::Receiver<()>);

impl Ordered {
    /// Waits until everything that begins from now on will be told.
    ///
    /// # Errors
    /// [`Error::ServiceUnavailable`] when that takes too long.
    pub async fn stands(self, within: Duration) -> Result<()> {
        match time::timeout(within, self.0).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(ended)) => Err(Error::ServiceUnavailable(ended.into())),
            Err(elapsed) => Err(Error::ServiceUnavailable(elapsed.into())),
        }
    }
}

impl Listener {
    /// Starts a listener, which connects when there is something to watch.
    pub fn start(endpoint: Endpoint, tell: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        let (sender, orders) = mpsc::unbounded_channel();
        let work = Work { endpoint, orders, tell, watched: HashSet::new(), waiting: Vec::new() };
        tokio::spawn(work.run());
        Self(sender)
    }

    /// Asks to watch a topic. Repeating it changes nothing.
    pub fn watch(&self, topic: Topic) -> Ordered {
        let (stands, ordered) = oneshot::channel();
        let _ended = self.0.send(Order::Watch(topic, stands));
        Ordered(ordered)
    }

    /// Asks to watch a topic no longer.
    pub fn unwatch(&self, topic: Topic) {
        let _ended = self.0.send(Order::Unwatch(topic));
    }
}

/// Why a listener stopped listening.
enum Stopped {
    /// Nobody needs it any more.
    Dismissed,
    /// Its connection is gone.
    Lost,
}

struct Work<T> {
    endpoint: Endpoint,
    orders: mpsc::UnboundedReceiver<Order>,
    tell: T,
    watched: HashSet<Topic>,
    /// Those who wait for their watch to stand.
    waiting: Vec<oneshot::Sender<()>>,
}

impl<T: Fn(Notice)> Work<T> {
    async fn run(mut self) {
        let (mut pause, mut lost_something) = (FIRST_PAUSE, false);
        loop {
            match self.connect().await {
                Ok((client, notices)) => {
                    if std::mem::replace(&mut lost_something, true) {
                        (self.tell)(Notice::Gap);
                    }
                    let since = Instant::now();
                    if let Stopped::Dismissed = self.listen(client, notices).await {
                        return;
                    }
                    if since.elapsed() > LONGEST_PAUSE {
                        pause = FIRST_PAUSE;
                    }
                    tracing::warn!("the listening connection is lost; opening another");
                }
                Err(error) => {
                    tracing::warn!(error = causes(&error), "cannot listen to the database");
                }
            }
            let rested = time::sleep(pause.mul_f64(rand::random_range(0.5..1.0)));
            if let Stopped::Dismissed = self.gather_until(rested).await {
                return;
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Connects, listens, then writes what is watched: in this order, so that nothing falls between.
    async fn connect(&mut self) -> Result<(Client, mpsc::UnboundedReceiver<Notification>)> {
        let work = async {
            let (client, notices) =
                self.endpoint.open_for_notices().await.map_err(Error::internal)?;
            let prepare = format!("LISTEN {CHANNEL}; {}", watch::PRUNE);
            client.batch_execute(&prepare).await.map_err(Error::internal)?;
            // Whatever process had our number before us is gone, and its watches are litter.
            let clear = "DELETE FROM watches WHERE listener = pg_backend_pid()";
            client.batch_execute(clear).await.map_err(Error::internal)?;
            insert(&client, self.watched.iter()).await.map_err(Error::internal)?;
            Ok::<_, Error>((client, notices))
        };
        let connected = time::timeout(ANSWER_WITHIN, work).await;
        let connected =
            connected.map_err(|elapsed| Error::ServiceUnavailable(elapsed.into()))??;
        self.say_that_watches_stand();
        Ok(connected)
    }

    async fn listen(
        &mut self,
        client: Client,
        mut notices: mpsc::UnboundedReceiver<Notification>,
    ) -> Stopped {
        let mut pulse = time::interval(PULSE);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                count = self.orders.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        dismiss(&client).await;
                        return Stopped::Dismissed;
                    }
                    if self.carry_out(&client, batch.drain(..)).await.is_err() {
                        return Stopped::Lost;
                    }
                }
                notice = notices.recv() => match notice {
                    Some(notice) => self.hear(&notice),
                    None => return Stopped::Lost,
                },
                _ = pulse.tick() => {
                    if bounded(client.batch_execute("")).await.is_err() {
                        return Stopped::Lost;
                    }
                }
            }
        }
    }

    fn hear(&self, notice: &Notification) {
        match notice.payload().parse() {
            Ok(happening) => (self.tell)(Notice::Happened(happening)),
            Err(watch::Unknown) => {
                tracing::warn!(payload = notice.payload(), "an unknown notification");
            }
        }
    }

    /// Without a connection: keeps the orders for later. Lost means that the time is over.
    async fn gather_until(&mut self, rested: impl Future<Output = ()>) -> Stopped {
        tokio::pin!(rested);
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(order) => {
                        self.note(order);
                    }
                    None => return Stopped::Dismissed,
                },
                () = &mut rested => return Stopped::Lost,
            }
        }
    }

    fn note(&mut self, order: Order) -> Option<Topic> {
        match order {
            Order::Watch(topic, stands) => {
                self.waiting.push(stands);
                self.watched.insert(topic).then_some(topic)
            }
            Order::Unwatch(topic) => self.watched.remove(&topic).then_some(topic),
        }
    }

    async fn carry_out(
        &mut self,
        client: &Client,
        orders: impl Iterator<Item = Order>,
    ) -> Result<(), Lost> {
        let changed: HashSet<Topic> = orders.filter_map(|order| self.note(order)).collect();
        let (added, removed): (Vec<Topic>, Vec<Topic>) =
            changed.into_iter().partition(|topic| self.watched.contains(topic));
        bounded(delete(client, removed.iter())).await?;
        bounded(insert(client, added.iter())).await?;
        self.say_that_watches_stand();
        Ok(())
    }

    fn say_that_watches_stand(&mut self) {
        for stands in self.waiting.drain(..) {
            let _gave_up = stands.send(());
        }
    }
}

/// The connection does not do what it should.
struct Lost;

async fn bounded<T>(
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Lost> {
    match time::timeout(ANSWER_WITHIN, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            let error = causes(&error);
            tracing::warn!(error, "the listening connection fails");
            Err(Lost)
        }
        Err(_) => Err(Lost),
    }
}

async fn dismiss(client: &Client) {
    let delete = "DELETE FROM watches WHERE listener = pg_backend_pid()";
    // If it fails, others sweep it up.
    let _best_effort = bounded(client.batch_execute(delete)).await;
}

type Written = Result<(), tokio_postgres::Error>;

async fn insert(client: &Client, topics: impl ExactSizeIterator<Item = &Topic>) -> Written {
    const INSERT: &str = "INSERT INTO watches (kind, key, listener)
         SELECT kind, key, pg_backend_pid() FROM unnest($1::text[], $2::text[]::uuid[]) AS wanted (kind, key)
         ON CONFLICT DO NOTHING";
    write(client, INSERT, topics).await
}

async fn delete(client: &Client, topics: impl ExactSizeIterator<Item = &Topic>) -> Written {
    const DELETE: &str = "DELETE FROM watches WHERE listener = pg_backend_pid()
         AND (kind, key) IN (SELECT * FROM unnest($1::text[], $2::text[]::uuid[]))";
    write(client, DELETE, topics).await
}

async fn write(
    client: &Client,
    statement: &str,
    topics: impl ExactSizeIterator<Item = &Topic>,
) -> Written {
    if topics.len() == 0 {
        return Ok(());
    }
    let row = |topic: &Topic| (topic.name(), topic.key().to_string());
    let (kinds, keys): (Vec<&str>, Vec<String>) = topics.map(row).unzip();
    client.execute(statement, &[&kinds, &keys]).await?;
    Ok(())
}
