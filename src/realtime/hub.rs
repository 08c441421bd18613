//! Leads members to the room of their topic, and what happens to the rooms that it concerns.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    GroupKey, Selection,
    member::{Hangup, Member, Subscription},
    room::{self, Door, Message},
};
use crate::{
    auth::Viewer,
    db::{
        ConnectOptions, Db, Endpoint,
        listen::{Listener, Notice},
        watch::{Happening, Topic},
    },
    error::Result,
    metrics,
};

/// How often those are looked for whose sessions have ended while nothing happened.
const LOOKS_AFTER_SESSIONS: Duration = Duration::from_secs(5);

/// What somebody subscribes to.
pub struct Wanted {
    /// What is waited for.
    pub topic: Topic,
    /// Who gets the same answers.
    pub group: GroupKey,
    /// How the answers are made.
    pub selection: Arc<dyn Selection>,
    /// Who waits; `None` is a stranger.
    pub viewer: Option<Viewer>,
    /// How to break off their connection.
    pub hangup: Hangup,
}

/// All rooms of this process. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    db: Db,
    wait: Duration,
    last_seat: AtomicU64,
    /// How many subscriptions hear what happens.
    joined: AtomicUsize,
    rooms: Mutex<Rooms>,
}

#[derive(Default)]
struct Rooms {
    open: HashMap<Topic, Open>,
    /// There is one for as long as a room is open.
    listener: Option<Listener>,
    looking_after_sessions: bool,
}

struct Open {
    door: Door,
    /// How many seats are taken, or about to be.
    seats: usize,
}

impl Hub {
    /// No room is open, and nothing listens.
    #[must_use]
    pub fn new(options: &ConnectOptions, db: &Db) -> Self {
        Self(Arc::new(Inner {
            endpoint: options.endpoint.clone(),
            db: db.clone(),
            wait: options.wait,
            last_seat: AtomicU64::default(),
            joined: AtomicUsize::default(),
            rooms: Mutex::default(),
        }))
    }

    /// Subscribes: everything that begins after this returned is told.
    ///
    /// # Errors
    /// [`crate::error::Error::ServiceUnavailable`] when the database cannot be listened to.
    pub async fn join(&self, wanted: Wanted) -> Result<Subscription> {
        let Wanted { topic, group, selection, viewer, hangup } = wanted;
        let id = self.0.last_seat.fetch_add(1, Ordering::Relaxed);
        let (watch, door) = {
            let mut rooms = self.rooms();
            if !std::mem::replace(&mut rooms.looking_after_sessions, true) {
                tokio::spawn(look_after_sessions(Arc::downgrade(&self.0)));
            }
            let listener = rooms.listener.get_or_insert_with(|| self.listener());
            let watch = listener.watch(topic);
            let open = rooms
                .open
                .entry(topic)
                .or_insert_with(|| Open { door: room::open(topic, self.0.db.clone()), seats: 0 });
            open.seats += 1;
            (watch, open.door.clone())
        };
        // From here on dropping the seat takes it all back.
        let mut seat = Seat { hub: self.clone(), topic, group, id, joined: false };
        watch.stands(self.0.wait).await?;
        let (member, queue) = Member::new(viewer, hangup);
        door.send(Message::Join { id, group, selection, member });
        seat.join();
        Ok(queue.seated(seat))
    }

    /// How many subscriptions hear what happens.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.0.joined.load(Ordering::Relaxed)
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listener(&self) -> Listener {
        let hub: Weak<Inner> = Arc::downgrade(&self.0);
        Listener::start(self.0.endpoint.clone(), move |notice| {
            if let Some(inner) = hub.upgrade() {
                Self(inner).lead(notice);
            }
        })
    }

    fn lead(&self, notice: Notice) {
        let rooms = self.rooms();
        match notice {
            Notice::Gap => rooms.open.values().for_each(|open| open.door.send(Message::Gap)),
            Notice::Happened(happening) => {
                for topic in concerned(happening).into_iter().flatten() {
                    if let Some(open) = rooms.open.get(&topic) {
                        open.door.tell(happening);
                    }
                }
            }
        }
    }

    fn leave(&self, topic: Topic, group: GroupKey, id: u64) {
        let mut rooms = self.rooms();
        let Some(open) = rooms.open.get_mut(&topic) else { return };
        open.seats -= 1;
        if open.seats > 0 {
            return open.door.send(Message::Leave { id, group });
        }
        rooms.open.remove(&topic);
        if rooms.open.is_empty() {
            rooms.listener = None;
        } else if let Some(listener) = &rooms.listener {
            listener.unwatch(topic);
        }
    }
}

/// For as long as there is a hub. All rooms ask at once, so that they ask together.
async fn look_after_sessions(hub: Weak<Inner>) {
    loop {
        tokio::time::sleep(LOOKS_AFTER_SESSIONS).await;
        let Some(inner) = hub.upgrade() else { break };
        let hub = Hub(inner);
        hub.rooms().open.values().for_each(|open| open.door.send(Message::LookAfterSessions));
    }
}

/// Whoever waits for comments hears of the post, too, since it may have been hidden from them.
fn concerned(happening: Happening) -> [Option<Topic>; 2] {
    match happening {
        Happening::Post(post) => [Some(Topic::Post(post)), Some(Topic::Comments(post))],
        Happening::Comment { post, .. } => [Some(Topic::Comments(post)), None],
        Happening::FeedPost { .. } => [Some(Topic::Feeds), None],
    }
}

/// A place in a room, left when this is dropped.
pub(super) struct Seat {
    hub: Hub,
    topic: Topic,
    group: GroupKey,
    id: u64,
    joined: bool,
}

impl Seat {
    fn join(&mut self) {
        self.joined = true;
        self.hub.0.joined.fetch_add(1, Ordering::Relaxed);
        metrics::subscriptions(1);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.joined {
            self.hub.0.joined.fetch_sub(1, Ordering::Relaxed);
            metrics::subscriptions(-1);
        }
        self.hub.leave(self.topic, self.group, self.id);
    }
}
