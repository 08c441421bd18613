//! Batched reads: what the rows of a list ask one by one becomes one statement for all of them.
//!
//! One set of loaders lives as long as its request (or one event of a subscription), so nothing
//! stale survives and every answer is that viewer's. A mutation reads what it returns anew: it
//! clears the keys that it touched.

use std::{
    collections::HashMap,
    fmt::{self, Debug},
    future::Future,
    hash::Hash,
    marker::PhantomData,
    sync::{Arc, OnceLock},
};

use dataloader::{BatchFn, cached};
use tokio::task::unconstrained;
use uuid::Uuid;

use crate::{
    db::Db,
    error::{Error, Result},
    metrics,
};

use super::{
    admitted::Admitted,
    comment::{Comments, CommentsByKey, ReplyCounts},
    follow::{Follows, Relations, UserStats},
    lookups::{KnownUsers, PostContents, PostStats, Posts, Users},
    moderation::ModerationEntries,
    nested::{Counts, Pages},
    post_list::PostsOfUser,
    report::Reports,
    session::{OwnSessions, StandingSessions},
    vote::{Liked, ViewerVotes, Voters},
};

/// One kind of batched read.
pub trait Lookup: Send + Sync + 'static {
    /// What is looked up.
    type Key: Clone + Debug + Eq + Hash + Send + Sync + 'static;
    /// What is found.
    type Value: Clone + Send + Sync + 'static;
    /// The lookup's name in the metrics.
    const NAME: &'static str;

    /// Finds the values of all keys with one statement; a key without a value is left out.
    fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>>> + Send;
}

/// Runs a lookup, which takes a connection only for the length of its statement.
pub struct Batch<L> {
    db: Db,
    viewer: Option<Uuid>,
    lookup: PhantomData<fn() -> L>,
}

type Found<L> = Result<Option<<L as Lookup>::Value>, Arc<Error>>;

type Cached<L> = cached::Loader<Asked<<L as Lookup>::Key>, Found<L>, Batch<L>>;

/// A key as the loader holds it. For every key it writes a message, in case there should be no value;
/// what the key is called in there would cost more than finding the value.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Asked<K>(K);

impl<K> Debug for Asked<K> {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl<L: Lookup> BatchFn<Asked<L::Key>, Found<L>> for Batch<L> {
    async fn load(&mut self, asked: &[Asked<L::Key>]) -> HashMap<Asked<L::Key>, Found<L>> {
        metrics::loader_batch(L::NAME, asked.len());
        let keys: Vec<_> = asked.iter().map(|Asked(key)| key.clone()).collect();
        // Boxed, since every field that loads a key holds room for the future of the whole batch.
        let found = Box::pin(L::find(&self.db, self.viewer, &keys)).await;
        let keys = keys.into_iter();
        // Every key must be answered: the loader panics on one that is not.
        match found {
            Ok(mut values) => keys
                .map(|key| {
                    let value = values.remove(&key);
                    (Asked(key), Ok(value))
                })
                .collect(),
            Err(error) => {
                let error = Arc::new(error);
                keys.map(|key| (Asked(key), Err(error.clone()))).collect()
            }
        }
    }
}

/// A loader of one kind. Most requests use few of the kinds, so it is made when it is first used.
pub struct Loader<L: Lookup> {
    batch: Batch<L>,
    made: OnceLock<Cached<L>>,
}

impl<L: Lookup> Loader<L> {
    fn new(db: &Db, viewer: Option<Uuid>) -> Self {
        let batch = Batch { db: db.clone(), viewer, lookup: PhantomData };
        Self { batch, made: OnceLock::new() }
    }

    fn made(&self) -> &Cached<L> {
        self.made.get_or_init(|| {
            let Batch { db, viewer, lookup } = &self.batch;
            let batch = Batch { db: db.clone(), viewer: *viewer, lookup: *lookup };
            // One pause gathers the siblings of a short list. Those of a long one are not all polled
            // in one go, and what waits for another loader comes later still. The operation's limits
            // bound a batch.
            cached::Loader::new(batch).with_yield_count(3).with_max_batch_size(usize::MAX)
        })
    }

    /// The value of one key, found together with those that its siblings ask for.
    ///
    /// # Errors
    /// When the batch failed.
    pub async fn load(&self, key: L::Key) -> Result<Option<L::Value>> {
        // Tokio makes a task pause after so many locks, which would cut the batch of a long list.
        // Boxed, since the future of any field has room for that of a field that loads.
        Box::pin(unconstrained(self.made().load(Asked(key)))).await.map_err(Error::Shared)
    }

    /// Forgets everything, after a write that may have changed any of it.
    pub async fn clear_all(&self) {
        if let Some(made) = self.made.get() {
            made.clear_all().await;
        }
    }

    /// Forgets a key, after a write that changed its value.
    pub async fn clear(&self, key: L::Key) {
        self.made().clear(Asked(key)).await;
    }
}

impl Loaders {
    /// Forgets a user, after a write that changed them.
    pub async fn forget_user(&self, id: Uuid) {
        self.users.clear(id).await;
        self.known_users.clear(id).await;
    }
}

impl Loaders {
    /// Forgets what was read of posts, comments and votes, and all lists of them, after a write that
    /// may have changed any of it.
    pub async fn forget_content(&self) {
        self.posts.clear_all().await;
        self.post_contents.clear_all().await;
        self.post_stats.clear_all().await;
        self.posts_of_user.clear_all().await;
        self.post_counts_of_user.clear_all().await;
        self.comments.clear_all().await;
        self.reply_counts.clear_all().await;
        self.comment_pages.clear_all().await;
        self.comment_counts.clear_all().await;
        self.viewer_votes.clear_all().await;
        self.voters.clear_all().await;
        self.voter_counts.clear_all().await;
        self.liked.clear_all().await;
        self.liked_counts.clear_all().await;
    }
}

macro_rules! loaders {
    ($($(#[doc = $doc:literal])+ $name:ident: $lookup:ty,)+) => {
        /// All loaders of one request.
        pub struct Loaders {
            /// Those who logged in during this request.
            pub admitted: Admitted,
            $($(#[doc = $doc])+ pub $name: Loader<$lookup>,)+
        }

        impl Loaders {
            /// Fresh loaders for this viewer.
            #[must_use]
            pub fn new(db: &Db, viewer: Option<Uuid>) -> Self {
                Self { admitted: Admitted::default(), $($name: Loader::new(db, viewer),)+ }
            }

            /// Forgets everything, after a write that changed who sees what.
            pub async fn clear(&self) {
                $(self.$name.clear_all().await;)+
            }
        }
    };
}

loaders! {
    /// Users by key.
    users: Users,
    /// Users by key whom the viewer is known to see.
    known_users: KnownUsers,
    /// Sessions that stand, with their users, by key.
    standing: StandingSessions,
    /// The viewer's own sessions by key.
    sessions: OwnSessions,
    /// The stored counts of a user's follows.
    user_stats: UserStats,
    /// Pages of those who follow a user, or whom they follow.
    follows: Pages<Follows>,
    /// How many follow a user, or whom they follow, of those whom the viewer sees.
    follow_counts: Counts<Follows>,
    /// How the viewer stands to a user.
    relations: Relations,
    /// Posts by key.
    posts: Posts,
    /// Texts of posts by the post's key.
    post_contents: PostContents,
    /// Counts of posts by the post's key.
    post_stats: PostStats,
    /// Comments by key.
    comments: CommentsByKey,
    /// How many replies to a comment the viewer sees.
    reply_counts: ReplyCounts,
    /// Pages of comments under a post or a comment, or of an author.
    comment_pages: Pages<Comments>,
    /// How many comments such lists have.
    comment_counts: Counts<Comments>,
    /// The viewer's votes by the post's key.
    viewer_votes: ViewerVotes,
    /// Pages of those who voted on a post.
    voters: Pages<Voters>,
    /// How many voted on a post.
    voter_counts: Counts<Voters>,
    /// Pages of the posts for which a user voted.
    liked: Pages<Liked>,
    /// For how many posts a user voted.
    liked_counts: Counts<Liked>,
    /// Pages of the posts of a user.
    posts_of_user: Pages<PostsOfUser>,
    /// How many posts of a user the viewer may see.
    post_counts_of_user: Counts<PostsOfUser>,
    /// Reports by key.
    reports: Reports,
    /// Entries of the moderation log by key.
    moderation_entries: ModerationEntries,
}
