//! Follows: who reads whom.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    keyset::Order,
    page::{Page, Position, Window},
    statement::Statement,
    user::UserRow,
    visibility,
};
use crate::error::Result;

/// Which end of a follow a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Debug, QueryableByName)]
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

/// A page of one side of a user's follows, newest first, without those whom the viewer may not see.
///
/// # Errors
/// When the database fails.
pub async fn page(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    user: Uuid,
    side: Side,
    window: &Window<DateTime<Utc>>,
) -> Result<Page<FollowRow>> {
    let order = Order { key: "follows.created_at", id: side.listed(), descending: true };
    let statement = Statement::new("SELECT users.*, follows.created_at AS followed_at")
        .with(listed(viewer, user, side))
        .with(window.write(order));
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

/// How many users such a list holds.
///
/// # Errors
/// When the database fails.
pub async fn count(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    user: Uuid,
    side: Side,
) -> Result<i64> {
    let statement = Statement::new("SELECT count(*)").with(listed(viewer, user, side));
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

fn listed(viewer: Option<Uuid>, user: Uuid, side: Side) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql(" FROM follows JOIN users ON users.id = ")
            .sql(side.listed())
            .sql(" WHERE ")
            .sql(side.fixed())
            .sql(" = ")
            .bind::<sql_types::Uuid, _>(user)
            .sql(" AND ")
            .with(visibility::user(viewer))
    }
}
