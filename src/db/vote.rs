//! Votes: at most one a person and post, for it or against it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    gather::{Found, Gathered},
    keyset::Order,
    lists,
    page::{Page, Position, Window},
    post::{self, PostRow},
    schema::votes,
    statement::Statement,
    user::{self, UserRow},
    visibility,
};
use crate::error::Result;

/// How a person stands to a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VoteDirection {
    /// For it.
    Up,
    /// Against it.
    Down,
    /// Without a vote.
    #[default]
    None,
}

impl VoteDirection {
    pub(super) const fn value(self) -> i16 {
        match self {
            Self::Up => 1,
            Self::Down => -1,
            Self::None => 0,
        }
    }

    pub(super) const fn from_value(value: i16) -> Self {
        match value {
            1.. => Self::Up,
            0 => Self::None,
            _ => Self::Down,
        }
    }
}

#[derive(QueryableByName)]
#[diesel(table_name = votes)]
struct VoteRow {
    user_id: Uuid,
    post_id: Uuid,
    value: i16,
}

/// Votes by person and post; where there is none, nothing.
pub struct Votes;

impl Gathered for Votes {
    type Key = (Uuid, Uuid);
    type Value = VoteDirection;

    async fn find(mut conn: &AsyncPgConnection, keys: &[Self::Key]) -> Result<Found<Self>> {
        let (voters, posts): (Vec<Uuid>, Vec<Uuid>) = keys.iter().copied().unzip();
        let rows: Vec<VoteRow> =
            Statement::new("SELECT votes.user_id, votes.post_id, votes.value FROM unnest(")
                .bind::<sql_types::Array<sql_types::Uuid>, _>(voters)
                .sql("::uuid[], ")
                .bind::<sql_types::Array<sql_types::Uuid>, _>(posts)
                .sql("::uuid[]) AS asked (user_id, post_id) JOIN votes USING (user_id, post_id)")
                .load(&mut conn)
                .await?;
        let vote =
            |row: VoteRow| ((row.user_id, row.post_id), VoteDirection::from_value(row.value));
        Ok(rows.into_iter().map(vote).collect())
    }
}

/// Somebody who voted, in a list of them.
#[derive(Clone, Debug, QueryableByName)]
pub struct VoterRow {
    /// Who.
    #[diesel(embed)]
    pub user: UserRow,
    /// When.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub voted_at: DateTime<Utc>,
}

impl VoterRow {
    /// Where the row stands in its list.
    #[must_use]
    pub fn position(&self) -> Position<DateTime<Utc>> {
        Position { key: self.voted_at, id: self.user.id }
    }
}

fn voters(viewer: Option<Uuid>, direction: VoteDirection) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql(
                " FROM votes JOIN users ON users.id = votes.user_id \
                 WHERE votes.post_id = list.parent AND votes.value = ",
            )
            .bind::<sql_types::SmallInt, _>(direction.value())
            .sql(" AND ")
            .with(visibility::listed_user(viewer))
    }
}

/// A page of those who voted so on each of these posts, which the viewer is known to see: the
/// newest vote first, without people whom the viewer may not see.
///
/// # Errors
/// When the database fails.
pub async fn page_voters(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    direction: VoteDirection,
    posts: &[Uuid],
    window: &Window<DateTime<Utc>>,
) -> Result<HashMap<Uuid, Page<VoterRow>>> {
    let order = Order { key: "votes.created_at", id: "votes.user_id", descending: true };
    let select = |s: Statement| {
        s.sql("SELECT ")
            .sql(user::COLUMNS)
            .sql(", votes.created_at AS voted_at")
            .with(voters(viewer, direction))
    };
    lists::pages(conn, posts, window, window.page(order, select)).await
}

/// How many rows such lists of voters have.
///
/// # Errors
/// When the database fails.
pub async fn count_voters(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    direction: VoteDirection,
    posts: &[Uuid],
) -> Result<HashMap<Uuid, i64>> {
    lists::counts(conn, posts, voters(viewer, direction)).await
}

/// A post in the list of what somebody voted for.
#[derive(Clone, Debug, QueryableByName)]
pub struct LikedRow {
    /// The post.
    #[diesel(embed)]
    pub post: PostRow,
    /// When they voted.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub voted_at: DateTime<Utc>,
}

impl LikedRow {
    /// Where the row stands in its list.
    #[must_use]
    pub fn position(&self) -> Position<DateTime<Utc>> {
        Position { key: self.voted_at, id: self.post.id }
    }
}

fn liked(viewer: Option<Uuid>) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql(
                " FROM votes JOIN posts ON posts.id = votes.post_id \
                 WHERE votes.user_id = list.parent AND votes.value = 1 AND ",
            )
            .with(visibility::post(viewer))
            .sql(" AND ")
            .with(visibility::not_muted(viewer, "posts.owner_id"))
    }
}

/// A page of the posts for which each of these users voted and which the viewer may see: the newest
/// vote first, without posts of people whom the viewer muted.
///
/// # Errors
/// When the database fails.
pub async fn page_liked(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    users: &[Uuid],
    window: &Window<DateTime<Utc>>,
) -> Result<HashMap<Uuid, Page<LikedRow>>> {
    let order = Order { key: "votes.created_at", id: "votes.post_id", descending: true };
    let select = |s: Statement| {
        s.sql("SELECT ")
            .sql(post::Text::Left.columns())
            .sql(", votes.created_at AS voted_at")
            .with(liked(viewer))
    };
    lists::pages(conn, users, window, window.page(order, select)).await
}

/// How many rows such lists of posts have.
///
/// # Errors
/// When the database fails.
pub async fn count_liked(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    users: &[Uuid],
) -> Result<HashMap<Uuid, i64>> {
    lists::counts(conn, users, liked(viewer)).await
}
