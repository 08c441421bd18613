//! Posts: the type and the query of one.

use std::{borrow::Cow, iter};

use async_graphql::{Context, ContextSelectionSet, Enum, Object, parser::types::Field};
use chrono::{DateTime, Utc};

use super::{
    comment::{self, Comment, CommentOrder},
    context::ContextExt,
    eager::{Eager, Quick, all_ready},
    id::{Asked, Id, PostKind},
    image::{Image, Url},
    loaders::Loaders,
    nested,
    nullable::Nullable,
    page::{Connection, PageArguments},
    post_facts::{Facts, FactsOfPage, Selected},
    user::User,
    vote::{VoteDirection, Voters},
};
use crate::{
    db::{
        comment_list::Thread,
        post::{self, PostRow, PostStatsRow},
        vote::VoterRow,
    },
    error::{Error, Result},
};

/// Who may see a published post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "post::Visibility")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// The owner and those who follow them.
    Followers,
    /// The owner alone.
    Private,
}

/// Something that a person wrote for others to read.
pub struct Post {
    /// The post itself.
    pub row: PostRow,
    /// What else is known of it already.
    pub facts: Facts,
}

impl From<PostRow> for Post {
    fn from(row: PostRow) -> Self {
        Self { row, facts: Facts::default() }
    }
}

impl Post {
    /// The post's counts: read for all posts of a list at once.
    async fn stats(&self, loaders: &Loaders) -> Result<PostStatsRow> {
        if let Some(stats) = self.facts.stats {
            return Ok(stats);
        }
        // A post that was deleted since its row was read has no counts any more.
        let stats = loaders.post_stats.load(self.row.id).await?;
        Ok(stats.unwrap_or_else(|| PostStatsRow::zero(self.row.id)))
    }

    fn picture(&self) -> Result<Option<Image>> {
        let PostRow { image, image_alt, owner_suspended, .. } = &self.row;
        Image::read(image.as_ref(), image_alt.as_deref(), *owner_suspended)
    }

    fn is_viewers_own(&self, ctx: &Context<'_>) -> bool {
        ctx.viewer_id() == Some(self.row.owner_id)
    }
}

/// Something that a person wrote for others to read.
#[Object]
impl Post {
    /// The post's id.
    pub async fn id(&self) -> Id<PostKind> {
        self.row.id.into()
    }

    /// What it is about, in one line.
    async fn title(&self) -> &str {
        &self.row.title
    }

    /// The text.
    async fn content(&self, ctx: &Context<'_>) -> Result<Cow<'_, str>> {
        // Lists read it where they see that it is selected.
        if let Some(text) = &self.row.content.0 {
            return Ok(text.into());
        }
        let text = ctx.loaders().post_contents.load(self.row.id).await?;
        text.map(Into::into).ok_or(Error::Gone)
    }

    /// Whether it is out. A draft is seen by its owner alone.
    async fn published(&self) -> bool {
        self.row.published
    }

    /// Who may see it once it is out.
    async fn visibility(&self) -> Visibility {
        self.row.visibility.into()
    }

    /// Where its picture is, in its largest size; null when it has none.
    async fn image_url(&self, ctx: &Context<'_>) -> Nullable<Url> {
        self.picture().and_then(|image| image.map(|image| image.large(ctx)).transpose()).into()
    }

    /// Its picture; null when it has none.
    async fn image(&self) -> Nullable<Image> {
        self.picture().into()
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When anything about it was last changed by its owner.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.row.updated_at
    }

    /// When its title, content or picture was last changed; null when it says what it said at first.
    async fn edited_at(&self) -> Option<DateTime<Utc>> {
        self.row.edited_at
    }

    /// Who wrote it.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Quick<User>> {
        if let Some(owner) = &self.facts.owner {
            return Ok(Quick(User(owner.clone())));
        }
        // Who may see a post may see its owner, both are decided in `db::visibility`: without an
        // owner the post itself went while it was being read.
        let owner = ctx.loaders().known_users.load(self.row.owner_id).await?;
        owner.map(|owner| Quick(User(owner))).ok_or(Error::Gone)
    }

    /// Votes for it less votes against it: the same number for everybody, counting also people whom the
    /// viewer does not see.
    async fn score(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.stats(ctx.loaders()).await?.score)
    }

    /// How many people voted for it: the same number for everybody, counting also people whom the viewer
    /// does not see. `voters { totalCount }` counts what the viewer sees.
    async fn upvotes(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.stats(ctx.loaders()).await?.upvotes)
    }

    /// How many people voted against it: the same number for everybody, counting also people whom the
    /// viewer does not see. `voters(direction: DOWN) { totalCount }` counts what the viewer sees.
    async fn downvotes(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.stats(ctx.loaders()).await?.downvotes)
    }

    /// How the viewer voted; `NONE` for a stranger.
    async fn viewer_vote(&self, ctx: &Context<'_>) -> Result<VoteDirection> {
        if let Some(vote) = self.facts.viewer_vote {
            return Ok(vote.into());
        }
        let vote = ctx.loaders().viewer_votes.load(self.row.id).await?;
        Ok(vote.map_or(VoteDirection::None, Into::into))
    }

    /// Those who voted, the newest vote first.
    async fn voters(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Those who voted `UP`, or those who voted `DOWN`.",
            default_with = "VoteDirection::Up"
        )]
        direction: VoteDirection,
        #[graphql(desc = "At most so many rows, from the start of the range.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many rows, from the end of the range.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        if direction == VoteDirection::None {
            return Err(Error::bad_input("`direction` must be `UP` or `DOWN`."));
        }
        let arguments = PageArguments { first, after, last, before };
        let node = |row: VoterRow| User::from(row.user);
        nested::page::<Voters, _>(ctx, direction.into(), self.row.id, &arguments, node).await
    }

    /// How many comments stand under it, replies included: the same number for everybody, whatever
    /// single comments the viewer does not see. A comment that was deleted does not count, nor does
    /// one of a suspended person. `comments { totalCount }` counts what the viewer sees.
    async fn comment_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.stats(ctx.loaders()).await?.comment_count)
    }

    /// The comments that answer the post itself; without those of people whom the viewer muted.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which order.", default_with = "CommentOrder::Oldest")]
        order_by: CommentOrder,
        #[graphql(desc = "At most so many rows, from the start of the range.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many rows, from the end of the range.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Comment>> {
        let arguments = PageArguments { first, after, last, before };
        comment::page(ctx, Thread::TopLevel, order_by, self.row.id, arguments).await
    }

    /// Whether the viewer may change it: its owner may.
    async fn viewer_can_update(&self, ctx: &Context<'_>) -> bool {
        self.is_viewers_own(ctx)
    }

    /// Whether the viewer may delete it: its owner and admins may.
    async fn viewer_can_delete(&self, ctx: &Context<'_>) -> bool {
        // With a session that has ended one can do nothing, and that is no error here.
        self.is_viewers_own(ctx)
            || matches!(ctx.session_user().await, Ok(Some(viewer)) if viewer.is_admin())
    }
}

impl Eager for Post {
    const READY: &[&str] = &[
        "id",
        "title",
        "published",
        "visibility",
        "imageUrl",
        "createdAt",
        "updatedAt",
        "editedAt",
        "viewerCanUpdate",
    ];

    fn is_ready(&self, ctx: &ContextSelectionSet<'_>, field: &Field) -> bool {
        match field.name.node.as_str() {
            "content" => self.row.content.0.is_some(),
            "score" | "upvotes" | "downvotes" | "commentCount" => self.facts.stats.is_some(),
            "viewerVote" => self.facts.viewer_vote.is_some(),
            "owner" => {
                let owner = self.facts.owner.as_ref();
                owner.is_some_and(|owner| all_ready(ctx, &User(owner.clone()), field))
            }
            name => Self::READY.contains(&name),
        }
    }
}

/// Queries about a post.
#[derive(Default)]
pub struct PostQuery;

#[Object]
impl PostQuery {
    /// A post; null when there is none, or when the viewer may not see it.
    async fn post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which post.")] id: Asked<Id<PostKind>>,
    ) -> Nullable<Quick<Post>> {
        let find = async || {
            let row = ctx.loaders().posts.load(id.get()?.uuid()).await?;
            let Some(row) = row else { return Ok(None) };
            let facts = FactsOfPage::read(ctx, Selected::of_one(ctx), iter::once(&row)).await;
            Ok(Some(Quick(facts.post(row))))
        };
        find().await.into()
    }
}
