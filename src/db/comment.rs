//! Comments: their rows, how they are found, and how they are written.
//!
//! A comment that is deleted while others answer it stays as a tombstone: no author, no text. A
//! tombstone goes when nothing hangs on it any more, by a trigger.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    moderation::{self, Act, Action},
    page::Position,
    schema::comments,
    statement::Statement,
    visibility,
};
use crate::{
    auth::Viewer,
    error::{Error, OnConstraint, Result},
};

/// A comment as stored.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = comments, check_for_backend(diesel::pg::Pg))]
pub struct CommentRow {
    pub id: Uuid,
    pub post_id: Uuid,
    /// `None` on a tombstone.
    pub author_id: Option<Uuid>,
    pub reply_to: Option<Uuid>,
    pub content: String,
    pub created_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub deleted_at: Option<DateTime<Utc>>,
}

impl CommentRow {
    /// Where the row stands in its list.
    #[must_use]
    pub fn position(&self) -> Position<()> {
        Position { key: (), id: self.id }
    }
}

/// The comments with these keys that the viewer may see, in no order.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    ids: &[Uuid],
) -> Result<Vec<CommentRow>> {
    let statement = Statement::new("SELECT * FROM comments WHERE comments.id = ANY(")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec())
        .sql(") AND ")
        .with(visibility::comment(viewer));
    Ok(statement.load(&mut conn).await?)
}

/// A comment about to be written.
#[derive(Clone, Debug)]
pub struct NewComment {
    /// Under which post.
    pub post: Uuid,
    /// Which comment it answers, if any.
    pub reply_to: Option<Uuid>,
    /// What it says.
    pub content: String,
}

/// Writes a comment, in one statement. `None` when the viewer's session has ended, when there is no
/// such post that they may see, or no such comment under it that stands and that they may see.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    new: &NewComment,
) -> Result<Option<CommentRow>> {
    let author = viewer.user_id;
    let statement = Statement::new(
        "WITH visible AS MATERIALIZED (SELECT posts.id FROM posts WHERE posts.id = ",
    )
    .bind::<sql_types::Uuid, _>(new.post)
    .sql(" AND ")
    .with(visibility::session(viewer))
    .sql(" AND ")
    .with(visibility::post(Some(author)))
    .with(answerable(author, new.reply_to))
    .sql("), locked AS MATERIALIZED (SELECT id FROM visible WHERE lock_post(")
    .bind::<sql_types::Uuid, _>(author)
    .sql(", id)) INSERT INTO comments (id, post_id, author_id, reply_to, content) SELECT ")
    .bind::<sql_types::Uuid, _>(Uuid::now_v7())
    .sql(", id, ")
    .bind::<sql_types::Uuid, _>(author)
    .sql(", ")
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(new.reply_to)
    .sql(", ")
    .bind::<sql_types::Text, _>(new.content.clone())
    .sql(" FROM locked RETURNING *");
    // A post, a comment or an account that is deleted at this very moment.
    let gone = |constraint: &str| constraint.ends_with("_fkey").then_some(None);
    statement.get_result(conn).await.optional().on_constraint(gone)
}

/// A condition on `posts`: the comment to answer stands under the post, and the author sees it.
fn answerable(author: Uuid, reply_to: Option<Uuid>) -> impl FnOnce(Statement) -> Statement {
    move |statement| match reply_to {
        None => statement,
        Some(reply_to) => statement
            .sql(
                " AND EXISTS (SELECT FROM comments WHERE comments.post_id = posts.id \
                 AND comments.deleted_at IS NULL AND comments.id = ",
            )
            .bind::<sql_types::Uuid, _>(reply_to)
            .sql(" AND ")
            .with(visibility::comment_of_visible_post(Some(author)))
            .sql(")"),
    }
}

/// Changes what the viewer's own comment says. `None` when the session has ended, or when there is
/// no such comment of theirs that they may see.
///
/// # Errors
/// When the database fails.
pub async fn update(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: Uuid,
    content: &str,
) -> Result<Option<CommentRow>> {
    let statement = Statement::new("UPDATE comments SET content = ")
        .bind::<sql_types::Text, _>(content.to_owned())
        .sql(", edited_at = CASE WHEN content = ")
        .bind::<sql_types::Text, _>(content.to_owned())
        .sql(" THEN edited_at ELSE now() END WHERE comments.deleted_at IS NULL AND comments.id = ")
        .bind::<sql_types::Uuid, _>(id)
        .sql(" AND comments.author_id = ")
        .bind::<sql_types::Uuid, _>(viewer.user_id)
        .sql(" AND ")
        .with(visibility::session(viewer))
        .sql(" AND ")
        .with(visibility::comment(Some(viewer.user_id)))
        .sql(" RETURNING *");
    Ok(statement.get_result(conn).await.optional()?)
}

/// What became of the wish to delete a comment.
#[derive(Clone, Debug)]
pub enum Deleted {
    /// The row is gone, and so are these tombstones above it, on which nothing hangs any more, the
    /// oldest first.
    Gone {
        /// The comment as it was.
        row: CommentRow,
        /// The tombstones.
        tombstones: Vec<Uuid>,
    },
    /// Others answered it: a tombstone stays.
    Tombstone {
        /// The comment as it was.
        row: CommentRow,
    },
    /// It was deleted before.
    Already,
    /// It is neither the viewer's own nor under their post, and they are no admin.
    NotAllowed,
    /// The session has ended, or there is no such comment that the viewer may see or delete.
    NotFound,
}

#[derive(QueryableByName)]
struct Doomed {
    #[diesel(embed)]
    comment: CommentRow,
    #[diesel(sql_type = sql_types::Bool)]
    is_answered: bool,
    #[diesel(sql_type = sql_types::Bool)]
    is_under_own_post: bool,
    #[diesel(sql_type = sql_types::Bool)]
    viewer_is_admin: bool,
}

/// Deletes a comment: its author may, the owner of the post may, and an admin may, which is noted
/// with the reason.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: Uuid,
    reason: Option<&str>,
) -> Result<Deleted> {
    conn.transaction(async |conn| {
        if !lock(conn, viewer, id).await? {
            return Ok(Deleted::NotFound);
        }
        let Some(doomed) = find_doomed(conn, viewer.user_id, id).await? else {
            return Ok(Deleted::NotFound);
        };
        let is_own = doomed.comment.author_id == Some(viewer.user_id);
        let moderates = !is_own && !doomed.is_under_own_post;
        if doomed.comment.deleted_at.is_some() {
            return Ok(Deleted::Already);
        }
        if moderates && !doomed.viewer_is_admin {
            return Ok(Deleted::NotAllowed);
        }
        if moderates {
            let (action, reason) = (Action::DeleteComment, reason.map(str::to_owned));
            let act = Act { actor: Some(viewer.user_id), action, target: id, reason };
            moderation::append(conn, act).await?;
        }
        remove(conn, doomed).await
    })
    .await
}

/// Locks the comment's post, as every writer does, if the viewer may see the comment, or may delete
/// it without seeing it: the owner of the post whom its author has blocked, and admins.
async fn lock(conn: &mut AsyncPgConnection, viewer: Viewer, id: Uuid) -> Result<bool> {
    let statement = Statement::new(
        "WITH visible AS MATERIALIZED (SELECT comments.post_id FROM comments WHERE comments.id = ",
    )
    .bind::<sql_types::Uuid, _>(id)
    .sql(" AND ")
    .with(visibility::session(viewer))
    .sql(" AND (")
    .with(visibility::comment(Some(viewer.user_id)))
    .sql(" OR EXISTS (SELECT FROM posts WHERE posts.id = comments.post_id AND posts.owner_id = ")
    .bind::<sql_types::Uuid, _>(viewer.user_id)
    .sql(") OR ")
    .with(visibility::viewer_is_admin(viewer.user_id))
    .sql(")) SELECT FROM visible WHERE lock_post(")
    .bind::<sql_types::Uuid, _>(viewer.user_id)
    .sql(", post_id)");
    Ok(statement.execute(conn).await? == 1)
}

/// What decides the comment's end, as it is now that nobody else can change it.
async fn find_doomed(
    conn: &mut AsyncPgConnection,
    viewer: Uuid,
    id: Uuid,
) -> Result<Option<Doomed>> {
    let statement = Statement::new(
        "SELECT comments.*, \
         EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = comments.id) AS is_answered, \
         EXISTS (SELECT FROM posts WHERE posts.id = comments.post_id AND posts.owner_id = ",
    )
    .bind::<sql_types::Uuid, _>(viewer)
    .sql(") AS is_under_own_post, ")
    .with(visibility::viewer_is_admin(viewer))
    .sql(" AS viewer_is_admin FROM comments WHERE comments.id = ")
    .bind::<sql_types::Uuid, _>(id);
    Ok(statement.get_result(conn).await.optional()?)
}

async fn remove(conn: &mut AsyncPgConnection, doomed: Doomed) -> Result<Deleted> {
    let row = comments::table.find(doomed.comment.id);
    if doomed.is_answered {
        diesel::update(row)
            .set((
                comments::author_id.eq(None::<Uuid>),
                comments::content.eq(""),
                comments::deleted_at.eq(diesel::dsl::now),
            ))
            .execute(conn)
            .await?;
        return Ok(Deleted::Tombstone { row: doomed.comment });
    }
    let above = tombstones_above(conn, doomed.comment.id).await?;
    diesel::delete(row).execute(conn).await?;
    let staying: Vec<Uuid> =
        comments::table.filter(comments::id.eq_any(&above)).select(comments::id).load(conn).await?;
    let mut tombstones: Vec<_> = above.into_iter().filter(|id| !staying.contains(id)).collect();
    tombstones.sort();
    Ok::<_, Error>(Deleted::Gone { row: doomed.comment, tombstones })
}

#[derive(QueryableByName)]
struct Tombstone {
    #[diesel(sql_type = sql_types::Uuid)]
    id: Uuid,
}

/// The unbroken run of tombstones above a comment.
async fn tombstones_above(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Vec<Uuid>> {
    let statement = Statement::new(
        "WITH RECURSIVE above AS (SELECT comments.reply_to FROM comments WHERE comments.id = ",
    )
    .bind::<sql_types::Uuid, _>(id)
    .sql(
        " UNION ALL SELECT comments.reply_to FROM above \
         JOIN comments ON comments.id = above.reply_to AND comments.deleted_at IS NOT NULL) \
         SELECT comments.id FROM above \
         JOIN comments ON comments.id = above.reply_to AND comments.deleted_at IS NOT NULL",
    );
    let rows: Vec<Tombstone> = statement.load(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
