//! The room of one topic: a task that takes what happens in turn and tells its members.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{End, GroupKey, Selection, audience::Audience, member::Member};
use crate::{
    auth::Viewer,
    causes::causes,
    db::{
        Db,
        audience::Sight,
        watch::{Happening, Topic},
    },
    error::Result,
    metrics,
};

/// How many happenings may wait for a room.
const BACKLOG: usize = 1_000;
/// How many groups' answers are made at once.
const AT_ONCE: usize = 8;
/// How often an answer is made anew for what was written while it was made.
const ATTEMPTS: usize = 5;
/// How many sessions are looked up in one question.
const SESSIONS_A_QUESTION: usize = 500;
/// How often, and after which pauses, the audience is asked for again when the database fails.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

pub(super) enum Message {
    Join {
        id: u64,
        group: GroupKey,
        selection: Arc<dyn Selection>,
        member: Member,
    },
    Leave {
        id: u64,
        group: GroupKey,
    },
    Happened(Happening),
    Gap,
    /// Some members' sessions may have ended.
    LookAfterSessions,
}

/// The way into a room. The room closes when the last of its doors is dropped.
#[derive(Clone)]
pub(super) struct Door {
    messages: mpsc::UnboundedSender<Message>,
    waiting: Arc<AtomicUsize>,
}

impl Door {
    pub fn send(&self, message: Message) {
        let _closed = self.messages.send(message);
    }

    /// What the room cannot keep up with is left out, which it sees by the number.
    pub fn tell(&self, happening: Happening) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < BACKLOG {
            self.send(Message::Happened(happening));
        }
    }
}

/// Opens a room.
pub(super) fn open(topic: Topic, db: Db) -> Door {
    let (messages, inbox) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::default());
    let room = Room { topic, db, inbox, waiting: waiting.clone(), groups: HashMap::new() };
    tokio::spawn(room.run());
    Door { messages, waiting }
}

struct Group {
    selection: Arc<dyn Selection>,
    members: HashMap<u64, Member>,
}

/// A group whose answer is to be made, as this member of it.
struct Asked {
    key: GroupKey,
    selection: Arc<dyn Selection>,
    viewer: Option<Viewer>,
}

impl Asked {
    async fn answer(self, happening: Happening) -> Option<(GroupKey, Bytes)> {
        Some((self.key, self.selection.answer(happening, self.viewer).await?))
    }
}

struct Room {
    topic: Topic,
    db: Db,
    inbox: mpsc::UnboundedReceiver<Message>,
    /// How many happenings wait in the inbox, or would if there were room.
    waiting: Arc<AtomicUsize>,
    groups: HashMap<GroupKey, Group>,
}

impl Room {
    async fn run(mut self) {
        let mut batch = Vec::new();
        while self.inbox.recv_many(&mut batch, usize::MAX).await > 0 {
            // Emptied before the work begins, so that what comes meanwhile is told by the next turn.
            let missed = self.waiting.swap(0, Ordering::Relaxed) > BACKLOG;
            let (mut happened, mut is_to_look) = (Vec::new(), false);
            for message in batch.drain(..) {
                is_to_look |= matches!(message, Message::LookAfterSessions);
                self.take(message, &mut happened);
            }
            // Nobody knows whether that was before the last of them came.
            if missed {
                self.take(Message::Gap, &mut happened);
            }
            for happening in happened {
                self.tell(happening).await;
            }
            if is_to_look {
                self.look_after_sessions().await;
            }
        }
    }

    /// Gathers what is to be told. A change of the post that is told anyway is not told twice.
    fn take(&mut self, message: Message, happened: &mut Vec<Happening>) {
        match message {
            Message::Join { id, group, selection, member } => {
                let group = self.groups.entry(group);
                let group = group.or_insert_with(|| Group { selection, members: HashMap::new() });
                group.members.insert(id, member);
            }
            Message::Leave { id, group } => self.remove(group, id),
            Message::Happened(change @ Happening::Post(_)) => {
                if !happened.contains(&change) {
                    happened.push(change);
                }
            }
            Message::Happened(addition) => happened.push(addition),
            Message::Gap => match self.topic {
                Topic::Post(post) => self.take(Message::Happened(Happening::Post(post)), happened),
                Topic::Comments(_) | Topic::Feeds => {
                    happened.clear();
                    self.end_all(End::Missed);
                }
            },
            Message::LookAfterSessions => {}
        }
    }

    fn remove(&mut self, key: GroupKey, id: u64) {
        if let Some(group) = self.groups.get_mut(&key) {
            group.members.remove(&id);
            if group.members.is_empty() {
                self.groups.remove(&key);
            }
        }
    }

    fn end_all(&mut self, why: End) {
        for (_, group) in self.groups.drain() {
            group.members.values().for_each(|member| member.end(why));
        }
    }

    async fn tell(&mut self, happening: Happening) {
        if self.groups.is_empty() {
            return;
        }
        let started = Instant::now();
        match self.try_to_tell(happening).await {
            Ok(true) => metrics::happening(self.topic.name(), started.elapsed()),
            // The change that came between is told by itself.
            Ok(false) if matches!(happening, Happening::Post(_)) => {}
            Ok(false) => self.end_all(End::Missed),
            Err(error) => {
                let error = causes(&error);
                tracing::error!(error, "nobody knows who may hear of what happened");
                self.end_all(End::Missed);
            }
        }
    }

    /// Tells what happened, to nobody what was written after it was asked who may read it: an answer
    /// that one member may read is told to others, too, who may not any more what it has become.
    /// `false` when it was written anew each time.
    async fn try_to_tell(&mut self, happening: Happening) -> Result<bool> {
        for _ in 0..ATTEMPTS {
            let audience = self.audience(happening).await?;
            self.let_go(|member| match audience.sight(member.viewer) {
                None => Some(End::LoggedOut),
                Some(Sight { place: false, .. }) => Some(End::Done),
                Some(_) => None,
            });
            // Whoever waits for comments hears of the post only whether it is still there.
            let is_addition = !matches!(happening, Happening::Post(_));
            if !is_addition && !matches!(self.topic, Topic::Post(_)) {
                return Ok(true);
            }
            let asked =
                self.asked(&audience).into_iter().map(|asked| asked.answer(happening).boxed());
            let answers: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
            if answers.is_empty() {
                return Ok(true);
            }
            if self.db.edition(happening).await.is_ok_and(|now| now == audience.edition) {
                self.hand_out(answers, &audience);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where nothing happens nobody is asked who may hear of it, and a session may end all the same.
    async fn look_after_sessions(&mut self) {
        for some in self.viewers().chunks(SESSIONS_A_QUESTION) {
            let sessions = some.iter().map(|viewer| viewer.session_id).collect();
            match self.db.lanes().sessions.find(sessions).await {
                Ok(standing) => {
                    let ended: HashSet<Uuid> = some
                        .iter()
                        .map(|viewer| viewer.session_id)
                        .filter(|session| !standing.contains_key(session))
                        .collect();
                    self.let_go(|member| {
                        let session = member.viewer?.session_id;
                        ended.contains(&session).then_some(End::LoggedOut)
                    });
                }
                // Who is not asked about now will be.
                Err(error) => {
                    let error = causes(&error);
                    tracing::warn!(error, "nobody knows whose sessions have ended");
                }
            }
        }
    }

    /// Everybody who waits here and is not a stranger, once.
    fn viewers(&self) -> Vec<Viewer> {
        let mut viewers: Vec<_> = self.members().filter_map(|member| member.viewer).collect();
        viewers.sort_unstable_by_key(|viewer| viewer.session_id);
        viewers.dedup();
        viewers
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.groups.values().flat_map(|group| group.members.values())
    }

    async fn audience(&self, happening: Happening) -> Result<Audience> {
        let viewers = self.viewers();
        let has_strangers = self.members().any(|member| member.viewer.is_none());
        let mut pauses = PAUSES.iter();
        loop {
            match Audience::find(&self.db, happening, &viewers, has_strangers).await {
                Ok(audience) => return Ok(audience),
                Err(error) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(*pause).await,
                    None => return Err(error),
                },
            }
        }
    }

    /// Says goodbye to those who have no business here any more.
    fn let_go(&mut self, why: impl Fn(&Member) -> Option<End>) {
        self.groups.retain(|_, group| {
            group.members.retain(|_, member| {
                let why = why(member);
                why.inspect(|why| member.end(*why)).is_none()
            });
            !group.members.is_empty()
        });
    }

    /// Whose answers are to be made: of each group, one member who sees it.
    fn asked(&self, audience: &Audience) -> Vec<Asked> {
        let sees = |member: &&Member| audience.sight(member.viewer).is_some_and(|s| s.thing);
        let groups = self.groups.iter().filter_map(|(key, group)| {
            let viewer = group.members.values().find(sees)?.viewer;
            Some(Asked { key: *key, selection: group.selection.clone(), viewer })
        });
        groups.collect()
    }

    fn hand_out(&mut self, answers: Vec<Option<(GroupKey, Bytes)>>, audience: &Audience) {
        for (key, answer) in answers.into_iter().flatten() {
            let Some(group) = self.groups.get_mut(&key) else { continue };
            group.members.retain(|_, member| {
                let sees = audience.sight(member.viewer).is_some_and(|sight| sight.thing);
                !sees || member.tell(answer.clone())
            });
        }
        self.groups.retain(|_, group| !group.members.is_empty());
    }
}
