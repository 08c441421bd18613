//! Comments: the type, its lists and its loaders.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Object};
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{
    context::ContextExt,
    eager::Eager,
    json::Json,
    loaders::{Loader, Loaders, Lookup},
    nested::{self, Counts, Nested, Pages},
    nullable::Nullable,
    page::{Connection, PageArguments},
    post::Post,
    user::User,
};
use crate::{
    db::{
        Db,
        comment::{self, CommentRow},
        comment_list::{self, Thread},
        page::{Page, Position, Window},
    },
    error::{Error, Result},
    id::{CommentKind, Id},
};

/// In which order comments are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "comment_list::CommentOrder")]
pub enum CommentOrder {
    /// The earliest first, as a conversation is read.
    Oldest,
    /// The latest first.
    Newest,
}

/// A comment by key, if the viewer may see it.
pub struct CommentsByKey;

impl Lookup for CommentsByKey {
    type Key = Uuid;
    type Value = CommentRow;
    const NAME: &'static str = "comments";

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, CommentRow>> {
        let conn = db.read().await?;
        let rows = comment::find_many(&conn, viewer, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// How many replies to a comment the viewer sees.
pub struct ReplyCounts;

impl Lookup for ReplyCounts {
    type Key = Uuid;
    type Value = i64;
    const NAME: &'static str = "reply_counts";

    async fn find(db: &Db, viewer: Option<Uuid>, keys: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
        let conn = db.read().await?;
        comment_list::counts(&conn, viewer, Thread::Replies, keys).await
    }
}

/// The comments of a thread, in an order.
pub struct Comments;

impl Nested for Comments {
    type Choice = (Thread, comment_list::CommentOrder);
    type Key = ();
    type Row = CommentRow;
    const NAME: &'static str = "comment_lists";

    async fn pages(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        (thread, order): Self::Choice,
        parents: &[Uuid],
        window: &Window<()>,
    ) -> Result<HashMap<Uuid, Page<CommentRow>>> {
        comment_list::pages(conn, viewer, thread, order, parents, window).await
    }

    async fn counts(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        (thread, _): Self::Choice,
        parents: &[Uuid],
    ) -> Result<HashMap<Uuid, i64>> {
        comment_list::counts(conn, viewer, thread, parents).await
    }

    fn position(row: &CommentRow) -> Position<()> {
        row.position()
    }

    fn loaders(all: &Loaders) -> (&Loader<Pages<Self>>, &Loader<Counts<Self>>) {
        (&all.comment_pages, &all.comment_counts)
    }
}

/// A page of a thread, as the fields of posts, comments and users show it.
///
/// # Errors
/// When the arguments are wrong or the database fails.
pub async fn page(
    ctx: &Context<'_>,
    thread: Thread,
    order: CommentOrder,
    parent: Uuid,
    arguments: PageArguments,
) -> Result<Connection<Comment>> {
    nested::page::<Comments, _>(ctx, (thread, order.into()), parent, &arguments, Comment).await
}

/// Something said under a post.
pub struct Comment(pub CommentRow);

impl Eager for Comment {
    fn write(&self, ctx: &Context<'_>, json: &mut Json) -> Option<()> {
        match ctx.item.node.name.node.as_str() {
            "id" => json.put(Id::<CommentKind>::from(self.0.id)),
            "content" => json.put(self.content(ctx)),
            "isDeleted" => json.put(self.is_deleted(ctx)),
            "createdAt" => json.put(self.created_at(ctx)),
            "editedAt" => json.put(self.edited_at(ctx)),
            _ => None,
        }
    }
}

/// Something said under a post. Where a comment was deleted that others had answered, a comment
/// without author and text is left, so that the thread stays whole.
#[Object]
impl Comment {
    /// The comment's id.
    pub async fn id(&self) -> Id<CommentKind> {
        self.0.id.into()
    }

    /// The text; empty when the comment was deleted.
    fn content(&self) -> &str {
        &self.0.content
    }

    /// Whether the comment was deleted, and only its place in the thread is left.
    fn is_deleted(&self) -> bool {
        self.0.deleted_at.is_some()
    }

    /// When it was written.
    fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its text was last changed; null when it says what it said at first.
    fn edited_at(&self) -> Option<DateTime<Utc>> {
        self.0.edited_at
    }

    /// Who wrote it; null when it was deleted.
    async fn author(&self, ctx: &Context<'_>) -> Nullable<User> {
        let Some(author) = self.0.author_id else { return Ok(None).into() };
        ctx.loaders().known_users.load(author).await.map(|row| row.map(User)).into()
    }

    /// The post that it stands under.
    async fn post(&self, ctx: &Context<'_>) -> Result<Post> {
        // Who may see a comment may see its post, both are decided in `db::visibility`: without a
        // post the comment itself went while it was being read.
        let post = ctx.loaders().posts.load(self.0.post_id).await?;
        post.map(Post::from).ok_or(Error::Gone)
    }

    /// The comment that it answers; null when it answers the post itself, or when the viewer may not
    /// see that comment.
    async fn reply_to(&self, ctx: &Context<'_>) -> Nullable<Comment> {
        let Some(parent) = self.0.reply_to else { return Ok(None).into() };
        ctx.loaders().comments.load(parent).await.map(|row| row.map(Comment)).into()
    }

    /// How many replies it has that the viewer sees.
    async fn reply_count(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(ctx.loaders().reply_counts.load(self.0.id).await?.unwrap_or_default())
    }

    /// The comments that answer it; without those of people whom the viewer muted. Where the viewer
    /// does not see a comment, its replies are out of the conversation too: each is still found by its
    /// id and under its author.
    async fn replies(
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
        page(ctx, Thread::Replies, order_by, self.0.id, arguments).await
    }

    /// Whether the viewer may change it: its author may.
    async fn viewer_can_update(&self, ctx: &Context<'_>) -> bool {
        self.0.author_id.is_some() && self.0.author_id == ctx.viewer_id()
    }

    /// Whether the viewer may delete it: its author, the owner of the post and admins may.
    async fn viewer_can_delete(&self, ctx: &Context<'_>) -> Result<bool> {
        let Some(viewer) = ctx.viewer_id() else { return Ok(false) };
        if self.0.deleted_at.is_some() {
            return Ok(false);
        }
        if self.0.author_id == Some(viewer) {
            return Ok(true);
        }
        let post = ctx.loaders().posts.load(self.0.post_id).await?;
        if post.is_some_and(|post| post.owner_id == viewer) {
            return Ok(true);
        }
        Ok(ctx.viewer_is_admin().await)
    }
}
