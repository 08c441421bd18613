//! Comments: their rows, how they are found, and how they are written.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{page::Position, schema::comments, statement::Statement, visibility};
use crate::{
    auth::Viewer,
    error::{OnConstraint, Result},
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

/// A UUIDv7 with the fraction of its millisecond where there may be chance. It is made by PostgreSQL
/// when the post is locked: of two comments under a post the later one has the higher key, so that
/// whoever reads on from the last one they know misses none.
const KEY_OF_THIS_MOMENT: &str = "(
    SELECT encode(substring(int8send(floor(micros / 1000)::bigint) FROM 3)
        || substring(int4send(28672 + (micros % 1000 * 4.096)::integer) FROM 3)
        || substring(uuid_send(gen_random_uuid()) FROM 9), 'hex')::uuid
    FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000) AS micros OFFSET 0) AS moment
    WHERE locked.id IS NOT NULL)";

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
    .sql(KEY_OF_THIS_MOMENT)
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
