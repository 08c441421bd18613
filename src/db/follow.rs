//! Follows: who reads whom.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    boundary,
    keyset::Order,
    lists,
    page::{Page, Position, Window},
    schema::{follows, user_stats, users},
    statement::Statement,
    user::{self, UserRow},
    visibility,
};
use crate::error::Result;

/// Which end of a follow a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Those who follow the user.
    Followers,
    /// Those whom the user follows.
    Following,
}

impl Side {
    const fn fixed(self) -> &'static str {
        match self {
            Self::Followers => "follows.followee_id",
            Self::Following => "follows.follower_id",
        }
    }

    const fn listed(self) -> &'static str {
        match self {
            Self::Followers => "follows.follower_id",
            Self::Following => "follows.followee_id",
        }
    }
}

/// A user in a list of follows.
#[derive(Clone, Debug, QueryableByName)]
pub struct FollowRow {
    /// Who is listed.
    #[diesel(embed)]
    pub user: UserRow,
    /// Since when.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub followed_at: DateTime<Utc>,
}

impl FollowRow {
    /// Where the row stands in its list.
    #[must_use]
    pub fn position(&self) -> Position<DateTime<Utc>> {
        Position { key: self.followed_at, id: self.user.id }
    }
}

/// A page of one side of the follows of each of these users, newest first, without those whom the
/// viewer may not see.
///
/// # Errors
/// When the database fails.
pub async fn pages(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    side: Side,
    users: &[Uuid],
    window: &Window<DateTime<Utc>>,
) -> Result<HashMap<Uuid, Page<FollowRow>>> {
    let order = Order { key: "follows.created_at", id: side.listed(), descending: true };
    let select = |s: Statement| {
        s.sql("SELECT ")
            .sql(user::COLUMNS)
            .sql(", follows.created_at AS followed_at")
            .with(listed(viewer, side))
            .sql(" AND ")
            .with(lists::at_some_time("follows.created_at"))
    };
    lists::pages(conn, users, window, window.page(order, select)).await
}

/// How many users each of such lists holds.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    side: Side,
    users: &[Uuid],
) -> Result<HashMap<Uuid, i64>> {
    lists::counts(conn, users, listed(viewer, side)).await
}

fn listed(viewer: Option<Uuid>, side: Side) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql(" FROM follows JOIN users ON users.id = ")
            .sql(side.listed())
            .sql(" WHERE ")
            .sql(side.fixed())
            .sql(" = list.parent AND ")
            .with(visibility::listed_user(viewer))
    }
}

/// What became of a wish to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// The follow stands, whether it stood before or not.
    Yes,
    /// There is nobody to follow whom the viewer may see.
    NotFound,
    /// One of the two blocks the other. Only an admin, who sees everybody, gets to know.
    Blocked,
}

/// Lets one user follow another. Repeating it changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    follower: Uuid,
    followee: Uuid,
) -> Result<Followed> {
    conn.transaction(async |conn| {
        if !lock_pair(conn, follower, followee).await? {
            return Ok(Followed::NotFound);
        }
        if user::find_many(conn, Some(follower), &[followee]).await?.is_empty() {
            return Ok(Followed::NotFound);
        }
        if boundary::is_block_between(conn, follower, followee).await? {
            return Ok(Followed::Blocked);
        }
        diesel::insert_into(follows::table)
            .values((follows::follower_id.eq(follower), follows::followee_id.eq(followee)))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        Ok(Followed::Yes)
    })
    .await
}

/// Ends a follow. Repeating it changes nothing. Returns whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut AsyncPgConnection, follower: Uuid, followee: Uuid) -> Result<bool> {
    conn.transaction(async |conn| {
        lock_pair(conn, follower, followee).await?;
        let follow = follows::table.find((follower, followee));
        Ok(diesel::delete(follow).execute(conn).await? == 1)
    })
    .await
}

/// Locks two users and then what they have between them, each in the order of keys, as every writer
/// does: a follow and a block of the same two people come one after the other, so that no follow
/// outlives a block, and an account that is being deleted is met before its counts. False when one of
/// the two is gone.
///
/// # Errors
/// When the database fails.
pub async fn lock_pair(conn: &mut AsyncPgConnection, one: Uuid, other: Uuid) -> Result<bool> {
    let found = users::table
        .filter(users::id.eq_any([one, other]))
        .order(users::id)
        .for_key_share()
        .select(users::id)
        .load::<Uuid>(conn)
        .await?;
    user_stats::table
        .filter(user_stats::user_id.eq_any([one, other]))
        .order(user_stats::user_id)
        .for_no_key_update()
        .select(user_stats::user_id)
        .load::<Uuid>(conn)
        .await?;
    Ok(found.len() == 2)
}

/// The stored counts of a user's follows.
#[derive(Clone, Copy, Debug, Default, Queryable, Selectable)]
#[diesel(table_name = user_stats, check_for_backend(diesel::pg::Pg))]
pub struct UserStatsRow {
    pub user_id: Uuid,
    pub follower_count: i32,
    pub following_count: i32,
}

/// The counts of these users, in no order.
///
/// # Errors
/// When the database fails.
pub async fn find_stats(mut conn: &AsyncPgConnection, users: &[Uuid]) -> Result<Vec<UserStatsRow>> {
    Ok(user_stats::table
        .filter(user_stats::user_id.eq_any(users))
        .select(UserStatsRow::as_select())
        .load(&mut conn)
        .await?)
}
