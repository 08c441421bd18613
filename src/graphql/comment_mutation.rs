//! Writing, changing and deleting comments.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::{
    comment::Comment,
    context::ContextExt,
    error::{Problems, UserError, UserErrorCode},
    moderation,
    post::Post,
};
use crate::{
    db::{
        Connection,
        comment::{self, NewComment},
        comment_delete::{self, Deleted},
    },
    error::{Error, Result},
    id::{CommentKind, Id, PostKind},
    text::Rule,
};

const CONTENT: Rule = Rule { name: "The comment", max: 10_000, multiline: true };

/// Mutations of comments.
#[derive(Default)]
pub struct CommentMutation;

#[Object]
impl CommentMutation {
    /// Comments on a post, or answers a comment under it.
    async fn comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to say, and where.")] input: CommentInput,
    ) -> Result<CommentPayload> {
        ctx.begin_write().await?;
        let viewer = ctx.require_viewer()?;
        let mut problems = Problems::default();
        let content = problems.check("content", CONTENT.check(&input.content));
        let (post, reply_to) = (input.post_id.uuid(), input.reply_to.map(|id| id.uuid()));
        let Some(content) = content else {
            note_place(ctx, &mut problems, post, reply_to).await?;
            return Ok(CommentPayload::refused(problems));
        };
        let new = &NewComment { post, reply_to, content };
        let db = &ctx.app().db;
        let written = db
            .retrying(|mut conn| async move { comment::insert(&mut conn, viewer, new).await })
            .await?;
        let Some(row) = written else {
            note_place(ctx, &mut problems, post, reply_to).await?;
            if problems.is_empty() {
                require_session_still(ctx).await?;
                // It was there when it was looked for and not when it was written to.
                problems.push(no_post());
            }
            return Ok(CommentPayload::refused(problems));
        };
        ctx.loaders().forget_content().await;
        let post = ctx.loaders().posts.load(post).await?.map(Post::from);
        Ok(CommentPayload { comment: Some(Comment(row)), post, user_errors: Vec::new() })
    }

    /// Changes what the viewer's own comment says.
    async fn update_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment, and what it is to say.")] input: UpdateCommentInput,
    ) -> Result<UpdateCommentPayload> {
        ctx.begin_write().await?;
        let viewer = ctx.require_viewer()?;
        let id = input.comment_id.uuid();
        let mut problems = Problems::default();
        let content = problems.check("content", CONTENT.check(&input.content));
        let updated = match content.as_deref() {
            Some(content) => {
                let db = &ctx.app().db;
                db.retrying(|mut conn| async move {
                    comment::update(&mut conn, viewer, id, content).await
                })
                .await?
            }
            None => None,
        };
        let Some(row) = updated else {
            let others = ctx.loaders().comments.load(id).await?;
            match others {
                None => problems.push(no_comment()),
                Some(row) if row.deleted_at.is_some() => problems.push(already_deleted()),
                Some(row) if row.author_id != Some(viewer.user_id) => problems.push(not_yours()),
                Some(_) => {}
            }
            if problems.is_empty() {
                require_session_still(ctx).await?;
                // It could not be written to, and can be now: asked again, the answer is a clear one.
                return Err(Error::Gone);
            }
            return Ok(UpdateCommentPayload { comment: None, user_errors: problems.into_vec() });
        };
        ctx.loaders().forget_content().await;
        Ok(UpdateCommentPayload { comment: Some(Comment(row)), user_errors: Vec::new() })
    }

    /// Deletes a comment: one's own, one under one's own post, or as an admin any. When others
    /// answered it, a comment without author and text stays in its place.
    async fn delete_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment.")] input: DeleteCommentInput,
    ) -> Result<DeleteCommentPayload> {
        ctx.begin_write().await?;
        let viewer = ctx.require_viewer()?;
        let id = input.comment_id.uuid();
        let mut problems = Problems::default();
        let reason = moderation::reason(&mut problems, input.reason);
        let (db, reason) = (&ctx.app().db, reason.as_deref());
        let deleted = if problems.is_empty() {
            let delete = |mut conn: Connection| async move {
                comment_delete::delete(&mut conn, viewer, id, reason).await
            };
            Some(db.retrying(delete).await?)
        } else {
            comment_delete::refusal(&mut *db.write().await?, viewer, id).await?
        };
        match deleted {
            Some(Deleted::Gone { row, tombstones, above }) => {
                ctx.loaders().forget_content().await;
                return Ok(DeleteCommentPayload {
                    deleted_comment_id: Some(row.id.into()),
                    deleted_tombstone_ids: tombstones.into_iter().map(Id::from).collect(),
                    ..DeleteCommentPayload::around(ctx, row.post_id, above).await?
                });
            }
            Some(Deleted::Tombstone { row }) => {
                ctx.loaders().forget_content().await;
                return Ok(DeleteCommentPayload {
                    comment: ctx.loaders().comments.load(row.id).await?.map(Comment),
                    ..DeleteCommentPayload::around(ctx, row.post_id, row.reply_to).await?
                });
            }
            Some(Deleted::Already) => problems.push(already_deleted()),
            Some(Deleted::NotAllowed) => problems.push(not_yours()),
            Some(Deleted::NotFound) => problems.push(no_comment()),
            None => {}
        }
        Ok(DeleteCommentPayload { user_errors: problems.into_vec(), ..Default::default() })
    }
}

/// Asks again whether the session stands, where nothing else tells why nothing was written: a statement
/// that writes looks at the session once more.
async fn require_session_still(ctx: &Context<'_>) -> Result<()> {
    ctx.loaders().standing.clear(ctx.require_viewer()?.session_id).await;
    ctx.require_session().await.map(|_user| ())
}

/// Notes what is wrong with the place of a comment that was not written.
async fn note_place(
    ctx: &Context<'_>,
    problems: &mut Problems,
    post: Uuid,
    reply_to: Option<Uuid>,
) -> Result<()> {
    let loaders = ctx.loaders();
    if loaders.posts.load(post).await?.is_none() {
        problems.push(no_post());
    }
    let Some(reply_to) = reply_to else { return Ok(()) };
    let (code, message) = match loaders.comments.load(reply_to).await? {
        None => (UserErrorCode::NotFound, "There is no such comment."),
        Some(row) if row.deleted_at.is_some() => {
            (UserErrorCode::NotAllowed, "That comment was deleted.")
        }
        Some(row) if row.post_id != post => {
            (UserErrorCode::Invalid, "That comment stands under another post.")
        }
        Some(_) => return Ok(()),
    };
    problems.push(UserError::field("replyTo", code, message));
    Ok(())
}

fn no_post() -> UserError {
    UserError::field("postId", UserErrorCode::NotFound, "There is no such post.")
}

fn no_comment() -> UserError {
    UserError::field("commentId", UserErrorCode::NotFound, "There is no such comment.")
}

fn not_yours() -> UserError {
    UserError::field("commentId", UserErrorCode::NotAllowed, "This comment is not yours.")
}

fn already_deleted() -> UserError {
    UserError::field("commentId", UserErrorCode::AlreadyDone, "This comment was deleted before.")
}

impl CommentPayload {
    fn refused(problems: Problems) -> Self {
        Self { comment: None, post: None, user_errors: problems.into_vec() }
    }
}

impl DeleteCommentPayload {
    /// What else a deletion changed: the post, and the comment above.
    async fn around(ctx: &Context<'_>, post: Uuid, above: Option<Uuid>) -> Result<Self> {
        let loaders = ctx.loaders();
        let reply_to = match above {
            Some(above) => loaders.comments.load(above).await?.map(Comment),
            None => None,
        };
        let post = loaders.posts.load(post).await?.map(Post::from);
        Ok(Self { reply_to, post, ..Self::default() })
    }
}

/// What to say, and where.
#[derive(InputObject)]
pub struct CommentInput {
    /// The post to comment on.
    pub post_id: Id<PostKind>,
    /// The text: up to 10,000 characters.
    pub content: String,
    /// The comment under the same post to answer; without it the comment answers the post.
    pub reply_to: Option<Id<CommentKind>>,
}

/// Which comment, and what it is to say.
#[derive(InputObject)]
pub struct UpdateCommentInput {
    /// The comment to change.
    pub comment_id: Id<CommentKind>,
    /// The new text: up to 10,000 characters.
    pub content: String,
}

/// Which comment to delete.
#[derive(InputObject)]
pub struct DeleteCommentInput {
    /// The comment to delete.
    pub comment_id: Id<CommentKind>,
    /// Why, for the moderation log: up to 2,000 characters; of use only to an admin who deletes what
    /// others wrote.
    pub reason: Option<String>,
}

/// What `comment` changed.
#[derive(SimpleObject)]
pub struct CommentPayload {
    /// The new comment; null when there are errors.
    pub comment: Option<Comment>,
    /// The post with its new count of comments; null when there are errors.
    pub post: Option<Post>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

/// What `updateComment` changed.
#[derive(SimpleObject)]
pub struct UpdateCommentPayload {
    /// The comment as it is now; null when there are errors.
    pub comment: Option<Comment>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

/// What `deleteComment` changed.
#[derive(Default, SimpleObject)]
pub struct DeleteCommentPayload {
    /// The comment that is gone; null when others had answered it, so that its place is kept.
    pub deleted_comment_id: Option<Id<CommentKind>>,
    /// The comment that keeps the place, without author and text; null when it is gone altogether.
    pub comment: Option<Comment>,
    /// Comments deleted earlier that are gone now too, since no reply hangs on them any more.
    pub deleted_tombstone_ids: Vec<Id<CommentKind>>,
    /// The nearest comment above the deleted one that is still there, with its new count of replies:
    /// the one that was answered, or where that is among `deletedTombstoneIds`, what stood above it.
    /// Null when there is none.
    pub reply_to: Option<Comment>,
    /// The post with its new count of comments.
    pub post: Option<Post>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
