//! Comments deleted.
//!
//! A comment that is deleted while others answer it stays as a tombstone: no author, no text. A
//! tombstone goes when nothing hangs on it any more, by a trigger.

use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    comment::CommentRow,
    moderation::{self, Act, Action},
    schema::comments,
    statement::Statement,
    visibility,
};
use crate::{
    auth::Viewer,
    error::{Error, Result},
};

/// What became of the wish to delete a comment.
#[derive(Clone, Debug)]
pub enum Deleted {
    /// The row is gone, and so may be tombstones above it, on which nothing hangs any more.
    Gone {
        /// The comment as it was.
        row: CommentRow,
        /// The tombstones that are gone, the oldest first.
        tombstones: Vec<Uuid>,
        /// The nearest above it that is still there.
        above: Option<Uuid>,
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
        let doomed = match judge(conn, viewer, id).await? {
            Ok(doomed) => doomed,
            Err(refused) => return Ok(refused),
        };
        if doomed.is_moderated_by(viewer) {
            let (action, reason) = (Action::DeleteComment, reason.map(str::to_owned));
            let act = Act { actor: Some(viewer.user_id), action, target: id, reason, role: None };
            moderation::append(conn, act).await?;
        }
        remove(conn, doomed).await
    })
    .await
}

/// Why a comment would not be deleted, whatever else is wrong with the wish; `None` when it would.
///
/// # Errors
/// When the database fails.
pub async fn refusal(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: Uuid,
) -> Result<Option<Deleted>> {
    conn.transaction(async |conn| Ok(judge(conn, viewer, id).await?.err())).await
}

/// Finds and locks a comment that the viewer may delete, or says why they may not.
async fn judge(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: Uuid,
) -> Result<std::result::Result<Doomed, Deleted>> {
    if !lock(conn, viewer, id).await? {
        return Ok(Err(Deleted::NotFound));
    }
    let Some(doomed) = find_doomed(conn, viewer.user_id, id).await? else {
        return Ok(Err(Deleted::NotFound));
    };
    Ok(if doomed.comment.deleted_at.is_some() {
        Err(Deleted::Already)
    } else if doomed.is_moderated_by(viewer) && !doomed.viewer_is_admin {
        Err(Deleted::NotAllowed)
    } else {
        Ok(doomed)
    })
}

impl Doomed {
    /// Whether only the right of an admin lets the viewer delete it.
    fn is_moderated_by(&self, viewer: Viewer) -> bool {
        self.comment.author_id != Some(viewer.user_id) && !self.is_under_own_post
    }
}

/// Locks the comment's post, as every writer does, if the viewer may see the comment, or may delete
/// it without seeing it: who wrote it under a post that is hidden from them by now, the owner of the
/// post whom its author has blocked, and admins.
async fn lock(conn: &mut AsyncPgConnection, viewer: Viewer, id: Uuid) -> Result<bool> {
    let statement = Statement::new(
        "WITH visible AS MATERIALIZED (SELECT comments.post_id FROM comments WHERE comments.id = ",
    )
    .bind::<sql_types::Uuid, _>(id)
    .sql(" AND ")
    .with(visibility::session(viewer))
    .sql(" AND (")
    .with(visibility::comment(Some(viewer.user_id)))
    .sql(" OR comments.author_id = ")
    .bind::<sql_types::Uuid, _>(viewer.user_id)
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
    let run = tombstones_above(conn, doomed.comment.id).await?;
    diesel::delete(row).execute(conn).await?;
    let ids: Vec<Uuid> = run.iter().map(|row| row.id).collect();
    let staying: Vec<Uuid> =
        comments::table.filter(comments::id.eq_any(&ids)).select(comments::id).load(conn).await?;
    // From the lowest upwards: what stays has all that is above it stay.
    let gone: Vec<_> = run.into_iter().filter(|row| !staying.contains(&row.id)).collect();
    let above = gone.last().map_or(doomed.comment.reply_to, |highest| highest.reply_to);
    let mut tombstones: Vec<_> = gone.iter().map(|row| row.id).collect();
    tombstones.sort();
    Ok::<_, Error>(Deleted::Gone { row: doomed.comment, tombstones, above })
}

#[derive(QueryableByName)]
struct Tombstone {
    #[diesel(sql_type = sql_types::Uuid)]
    id: Uuid,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    reply_to: Option<Uuid>,
}

/// The unbroken run of tombstones above a comment, the lowest first.
async fn tombstones_above(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Vec<Tombstone>> {
    let statement = Statement::new(
        "WITH RECURSIVE above AS (SELECT 0 AS height, comments.reply_to FROM comments \
         WHERE comments.id = ",
    )
    .bind::<sql_types::Uuid, _>(id)
    .sql(
        " UNION ALL SELECT height + 1, comments.reply_to FROM above \
         JOIN comments ON comments.id = above.reply_to AND comments.deleted_at IS NOT NULL) \
         SELECT comments.id, comments.reply_to FROM above \
         JOIN comments ON comments.id = above.reply_to AND comments.deleted_at IS NOT NULL \
         ORDER BY height",
    );
    Ok(statement.load(conn).await?)
}
