//! What a selection asks about each post of a list beside its own row, read for the whole list
//! before its first field.
//!
//! The same loaders would gather it from the fields one by one, but a page of a hundred posts has
//! many hundred fields that wait for each other there. What is not found here, for whatever reason,
//! its field asks for itself.

use std::sync::Arc;

use async_graphql::{Context, Lookahead, SelectionField};
use futures_util::future::join3;
use uuid::Uuid;

use super::{
    context::ContextExt,
    eager::write_object,
    json::{EnumValue, Json},
    loaders::Lookup,
    lookups::{KnownUsers, PostStats},
    post::Post,
    user::User,
    vote::{ViewerVotes, VoteDirection},
};
use crate::{
    db::{
        gather::{Found, Gathered, Lane},
        post::{self, PostRow, PostStatsRow, Text},
        user::{self, UserRow},
        vote,
    },
    metrics,
};

/// What is known of one post; what was not asked for is not.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who wrote it.
    pub owner: Option<Arc<UserRow>>,
    /// What is counted for it.
    pub stats: Option<PostStatsRow>,
    /// How the viewer voted.
    pub viewer_vote: Option<vote::VoteDirection>,
}

impl Facts {
    /// Writes the field of a post that `ctx` resolves, if it is known.
    pub fn write(&self, ctx: &Context<'_>, json: &mut Json) -> Option<()> {
        let Self { owner, stats, viewer_vote } = self;
        match ctx.item.node.name.node.as_str() {
            "owner" => write_object(ctx, &User(owner.clone()?), json),
            "score" => json.put(stats.as_ref()?.score),
            "upvotes" => json.put(stats.as_ref()?.upvotes),
            "downvotes" => json.put(stats.as_ref()?.downvotes),
            "commentCount" => json.put(stats.as_ref()?.comment_count),
            "viewerVote" => json.put(EnumValue(VoteDirection::from((*viewer_vote)?))),
            _ => None,
        }
    }
}

/// What is selected of posts.
#[derive(Clone, Copy, Default)]
pub struct Selected {
    text: bool,
    owner: bool,
    stats: bool,
    viewer_vote: bool,
}

impl Selected {
    /// Of the connection that `ctx` resolves.
    #[must_use]
    pub fn of(ctx: &Context<'_>) -> Self {
        let below = ctx.look_ahead();
        let mut selected = Self::default();
        selected.add(&below.field("nodes"));
        selected.add(&below.field("edges").field("node"));
        selected
    }

    /// Of the post that `ctx` resolves.
    #[must_use]
    pub fn of_one(ctx: &Context<'_>) -> Self {
        let mut selected = Self::default();
        selected.add(&ctx.look_ahead());
        selected
    }

    fn add(&mut self, posts: &Lookahead<'_>) {
        for field in posts.selection_fields().iter().flat_map(SelectionField::selection_set) {
            match field.name() {
                "content" => self.text = true,
                "owner" => self.owner = true,
                "score" | "upvotes" | "downvotes" | "commentCount" => self.stats = true,
                "viewerVote" => self.viewer_vote = true,
                _ => {}
            }
        }
    }

    /// What is read of the posts' texts.
    #[must_use]
    pub fn text(self) -> Text {
        if self.text { Text::Whole } else { Text::Left }
    }
}

/// What is known of the posts of a page, among what was read for other requests at the same moment.
#[derive(Default)]
pub struct FactsOfPage {
    owners: Option<Arc<Found<user::Known>>>,
    stats: Option<Arc<Found<post::Counts>>>,
    viewer_votes: Option<Arc<Found<vote::Votes>>>,
    /// Whose votes these are.
    viewer: Option<Uuid>,
    /// A stranger has none, which needs no reading.
    is_stranger_with_votes: bool,
}

impl FactsOfPage {
    /// Reads what is selected of a page's posts.
    pub async fn read<'p>(
        ctx: &Context<'_>,
        selected: Selected,
        posts: impl Iterator<Item = &'p PostRow> + Clone,
    ) -> Self {
        let Selected { owner, stats, viewer_vote, .. } = selected;
        let (lanes, viewer) = (ctx.app().db.lanes(), ctx.viewer_id());
        let voter = viewer.filter(|_| viewer_vote);
        let (owners, stats, viewer_votes) = join3(
            read::<_, KnownUsers>(&lanes.users, owner.then(|| posts.clone().map(|it| it.owner_id))),
            read::<_, PostStats>(&lanes.post_stats, stats.then(|| posts.clone().map(|it| it.id))),
            read::<_, ViewerVotes>(
                &lanes.votes,
                voter.map(|voter| posts.clone().map(move |it| (voter, it.id))),
            ),
        )
        .await;
        let is_stranger_with_votes = viewer_vote && viewer.is_none();
        Self { owners, stats, viewer_votes, viewer, is_stranger_with_votes }
    }

    /// A post with what is known of it.
    #[must_use]
    pub fn post(&self, row: Arc<PostRow>) -> Post {
        let facts = Facts {
            owner: self.owners.as_ref().and_then(|owners| owners.get(&row.owner_id)).cloned(),
            stats: self.stats.as_ref().and_then(|stats| stats.get(&row.id)).copied(),
            viewer_vote: self.viewer_vote(row.id),
        };
        Post { row, facts }
    }

    fn viewer_vote(&self, post: Uuid) -> Option<vote::VoteDirection> {
        match (&self.viewer_votes, self.viewer) {
            (Some(votes), Some(viewer)) => {
                Some(votes.get(&(viewer, post)).copied().unwrap_or_default())
            }
            _ => self.is_stranger_with_votes.then_some(vote::VoteDirection::None),
        }
    }
}

/// What is found under these keys; `None` when nobody asks, or when it could not be read, which is for
/// the fields to tell. It counts as a batch of the loader that single fields ask.
async fn read<G: Gathered, L: Lookup>(
    lane: &Lane<G>,
    keys: Option<impl Iterator<Item = G::Key>>,
) -> Option<Arc<Found<G>>> {
    let keys: Vec<_> = keys?.collect();
    if keys.is_empty() {
        return None;
    }
    metrics::loader_batch(L::NAME, keys.len());
    lane.find(keys).await.ok()
}
