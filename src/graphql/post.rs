//! Posts: the type and the query of one.

use std::{borrow::Cow, iter, sync::Arc};

use async_graphql::{Context, Enum, Object};
use chrono::{DateTime, Utc};

use super::{
    comment::{self, Comment, CommentOrder},
    context::ContextExt,
    eager::{Eager, Quick},
    id::{Asked, Id, PostKind},
    image::{self, Image, Url},
    json::{EnumValue, Json},
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
    pub row: Arc<PostRow>,
    /// What else is known of it already.
    pub facts: Facts,
}

impl From<Arc<PostRow>> for Post {
    fn from(row: Arc<PostRow>) -> Self {
        Self { row, facts: Facts::default() }
    }
}

impl From<PostRow> for Post {
    fn from(row: PostRow) -> Self {
        Arc::new(row).into()
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
        let PostRow { image, image_alt, owner_suspended, .. } = &*self.row;
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
    fn title(&self) -> &str {
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
    fn published(&self) -> bool {
        self.row.published
    }

    /// Who may see it once it is out.
    fn visibility(&self) -> Visibility {
        self.row.visibility.into()
    }

    /// Where its picture is, in its largest size; null when it has none.
    async fn image_url(&self, ctx: &Context<'_>) -> Nullable<Url> {
        image::largest(ctx, self.picture()).await.into()
    }

    /// Its picture; null when it has none.
    async fn image(&self) -> Nullable<Image> {
        self.picture().into()
    }

    /// When it was written.
    fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When anything about it was last changed by its owner.
    fn updated_at(&self) -> DateTime<Utc> {
        self.row.updated_at
    }

    /// When it first came out; null for a draft that never did.
    fn published_at(&self) -> Option<DateTime<Utc>> {
        self.row.out_since()
    }

    /// When its title, content or picture was last changed since it came out; null when it says what it
    /// said then.
    fn edited_at(&self) -> Option<DateTime<Utc>> {
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
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
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
    /// one of a suspended person. `comments { totalCount }` counts those that the viewer sees and that
    /// answer the post itself.
    async fn comment_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.stats(ctx.loaders()).await?.comment_count)
    }

    /// The comments that answer the post itself; without those of people whom the viewer muted.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which order.", default_with = "CommentOrder::Oldest")]
        order_by: CommentOrder,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Comment>> {
        let arguments = PageArguments { first, after, last, before };
        comment::page(ctx, Thread::TopLevel, order_by, self.row.id, arguments).await
    }

    /// Whether the viewer may change it: its owner may.
    fn viewer_can_update(&self, ctx: &Context<'_>) -> bool {
        self.is_viewers_own(ctx)
    }

    /// Whether the viewer may delete it: its owner and admins may.
    async fn viewer_can_delete(&self, ctx: &Context<'_>) -> bool {
        self.is_viewers_own(ctx) || ctx.viewer_is_admin().await
    }
}

impl Eager for Post {
    fn write(&self, ctx: &Context<'_>, json: &mut Json) -> Option<()> {
        match ctx.item.node.name.node.as_str() {
            "id" => json.put(Id::<PostKind>::from(self.row.id)),
            "title" => json.put(self.title(ctx)),
            "content" => json.put(self.row.content.0.as_deref()?),
            "published" => json.put(self.published(ctx)),
            "visibility" => json.put(EnumValue(self.visibility(ctx))),
            "imageUrl" => json.put(image::largest_at_once(ctx, self.picture())?),
            "createdAt" => json.put(self.created_at(ctx)),
            "updatedAt" => json.put(self.updated_at(ctx)),
            "publishedAt" => json.put(self.published_at(ctx)),
            "editedAt" => json.put(self.edited_at(ctx)),
            "viewerCanUpdate" => json.put(self.viewer_can_update(ctx)),
            _ => self.facts.write(ctx, json),
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
            let facts = FactsOfPage::read(ctx, Selected::of_one(ctx), iter::once(&*row)).await;
            Ok(Some(Quick(facts.post(row))))
        };
        find().await.into()
    }
}
