//! How one person stands to others: follows, blocks and mutes between them, in one statement.

use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::statement::Statement;
use crate::error::Result;

/// How the viewer and another person stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct RelationRow {
    /// The other person.
    #[diesel(sql_type = sql_types::Uuid)]
    pub user_id: Uuid,
    /// The viewer follows them.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_following: bool,
    /// They follow the viewer.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_followed_by: bool,
    /// The viewer blocks them.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_blocking: bool,
    /// The viewer mutes them.
    #[diesel(sql_type = sql_types::Bool)]
    pub is_muting: bool,
}

/// How the viewer stands to each of these people.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    viewer: Uuid,
    users: &[Uuid],
) -> Result<Vec<RelationRow>> {
    // Subqueries for their value, unlike EXISTS, are never turned into a read of all who follow the viewer.
    let statement = Statement::new("WITH viewer (id) AS (SELECT ")
        .bind::<sql_types::Uuid, _>(viewer)
        .sql(
            ") SELECT other AS user_id, \
             (SELECT TRUE FROM follows WHERE follower_id = viewer.id AND followee_id = other) IS TRUE AS is_following, \
             (SELECT TRUE FROM follows WHERE follower_id = other AND followee_id = viewer.id) IS TRUE AS is_followed_by, \
             (SELECT TRUE FROM blocks WHERE blocker_id = viewer.id AND blocked_id = other) IS TRUE AS is_blocking, \
             (SELECT TRUE FROM mutes WHERE muter_id = viewer.id AND muted_id = other) IS TRUE AS is_muting \
             FROM viewer, unnest(",
        )
        .bind::<sql_types::Array<sql_types::Uuid>, _>(users.to_vec())
        .sql(") AS other");
    Ok(statement.load(&mut conn).await?)
}
