//! What a selection asks about each post of a list beside its own row, read for the whole list
//! before its first field.
//!
//! The same loaders would gather it from the fields one by one, but a page of a hundred posts has
//! many hundred fields that wait for each other there. What is not found here, for whatever reason,
//! its field asks for itself.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Lookahead, SelectionField};
use futures_util::future::join3;
use uuid::Uuid;

use super::{
    context::ContextExt,
    loaders::{Loader, Lookup},
    post::Post,
};
use crate::db::{
    post::{PostRow, PostStatsRow, Text},
    user::UserRow,
    vote::VoteDirection,
};

/// What is known of one post; what was not asked for is not.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who wrote it.
    pub owner: Option<Arc<UserRow>>,
    /// What is counted for it.
    pub stats: Option<PostStatsRow>,
    /// How the viewer voted.
    pub viewer_vote: Option<VoteDirection>,
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

/// What is known of the posts of a page.
#[derive(Default)]
pub struct FactsOfPage {
    owners: HashMap<Uuid, Arc<UserRow>>,
    stats: HashMap<Uuid, PostStatsRow>,
    /// `None`: nobody asks for votes.
    viewer_votes: Option<HashMap<Uuid, VoteDirection>>,
}

impl FactsOfPage {
    /// Reads what is selected of a page's posts.
    pub async fn read<'p>(
        ctx: &Context<'_>,
        selected: Selected,
        posts: impl Iterator<Item = &'p PostRow> + Clone,
    ) -> Self {
        let keys = |wanted: bool, key: fn(&PostRow) -> Uuid| {
            if wanted { posts.clone().map(key).collect() } else { Vec::new() }
        };
        let Selected { owner, stats, viewer_vote, .. } = selected;
        let loaders = ctx.loaders();
        let (owners, stats, viewer_votes) = join3(
            read(&loaders.known_users, keys(owner, |post| post.owner_id)),
            read(&loaders.post_stats, keys(stats, |post| post.id)),
            read(&loaders.viewer_votes, keys(viewer_vote, |post| post.id)),
        )
        .await;
        let viewer_votes = viewer_votes.filter(|_| viewer_vote);
        Self { owners: owners.unwrap_or_default(), stats: stats.unwrap_or_default(), viewer_votes }
    }

    /// A post with what is known of it.
    #[must_use]
    pub fn post(&self, row: PostRow) -> Post {
        let vote = |votes: &HashMap<_, _>| votes.get(&row.id).copied();
        let facts = Facts {
            owner: self.owners.get(&row.owner_id).cloned(),
            stats: self.stats.get(&row.id).copied(),
            viewer_vote: self.viewer_votes.as_ref().map(vote).map(Option::unwrap_or_default),
        };
        Post { row, facts }
    }
}

/// The values of these keys; `None` when they could not be read, which is for the fields to tell.
async fn read<L: Lookup>(
    loader: &Loader<L>,
    keys: Vec<L::Key>,
) -> Option<HashMap<L::Key, L::Value>> {
    if keys.is_empty() {
        return None;
    }
    loader.load_many(keys).await.ok()
}
