//! Votes: at most one a person and post, for it or against it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    keyset::Order,
    lists,
    page::{Page, Position, Window},
    post::{self, PostRow, PostStatsRow},
    schema::votes,
    statement::Statement,
    user::UserRow,
    visibility,
};
use crate::{
    auth::Viewer,
    error::{OnConstraint, Result},
};

/// How a person stands to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VoteDirection {
    /// For it.
    Up,
    /// Against it.
    Down,
    /// Without a vote.
    None,
}

impl VoteDirection {
    const fn value(self) -> i16 {
        match self {
            Self::Up => 1,
            Self::Down => -1,
            Self::None => 0,
        }
    }

    const fn from_value(value: i16) -> Self {
        match value {
            1.. => Self::Up,
            0 => Self::None,
            _ => Self::Down,
        }
    }
}

/// A vote that was cast, changed or taken back.
#[derive(Debug)]
pub struct Cast {
    /// The post.
    pub post: PostRow,
    /// What the post counts with this vote.
    pub stats: PostStatsRow,
    /// What the vote was before.
    pub previous: VoteDirection,
}

#[derive(QueryableByName)]
struct CastRow {
    #[diesel(embed)]
    post: PostRow,
    #[diesel(sql_type = sql_types::Integer)]
    upvotes: i32,
    #[diesel(sql_type = sql_types::Integer)]
    downvotes: i32,
    #[diesel(sql_type = sql_types::Integer)]
    comment_count: i32,
    #[diesel(sql_type = sql_types::Integer)]
    score: i32,
    #[diesel(sql_type = sql_types::SmallInt)]
    previous: i16,
}

/// Casts, changes or takes back the viewer's vote, in one statement. `None` when the viewer's
/// session has ended, or when there is no such post that they may see.
///
/// # Errors
/// When the database fails.
pub async fn cast(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    post: Uuid,
    direction: VoteDirection,
) -> Result<Option<Cast>> {
    let statement = Statement::new("WITH visible AS MATERIALIZED (SELECT ")
        .sql(post::COLUMNS)
        .sql(" FROM posts WHERE posts.id = ")
        .bind::<sql_types::Uuid, _>(post)
        .sql(" AND ")
        .with(visibility::session(viewer))
        .sql(" AND ")
        .with(visibility::post(Some(viewer.user_id)))
        .sql(") SELECT visible.*, counted.* FROM visible CROSS JOIN LATERAL cast_vote(")
        .bind::<sql_types::Uuid, _>(viewer.user_id)
        .sql(", visible.id, ")
        .bind::<sql_types::SmallInt, _>(direction.value())
        .sql(") AS counted");
    // An account or a post that is deleted at this very moment.
    let gone = |constraint: &str| constraint.starts_with("votes_").then_some(None);
    let row: Option<CastRow> = statement.get_result(conn).await.optional().on_constraint(gone)?;
    Ok(row.map(|row| Cast {
        stats: PostStatsRow {
            post_id: row.post.id,
            upvotes: row.upvotes,
            downvotes: row.downvotes,
            comment_count: row.comment_count,
            score: row.score,
        },
        post: row.post,
        previous: VoteDirection::from_value(row.previous),
    }))
}

/// How this user voted on these posts; a post without their vote is left out.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    voter: Uuid,
    posts: &[Uuid],
) -> Result<HashMap<Uuid, VoteDirection>> {
    let rows: Vec<(Uuid, i16)> = votes::table
        .filter(votes::user_id.eq(voter).and(votes::post_id.eq_any(posts)))
        .select((votes::post_id, votes::value))
        .load(&mut conn)
        .await?;
    Ok(rows.into_iter().map(|(post, value)| (post, VoteDirection::from_value(value))).collect())
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
            .with(visibility::user(viewer))
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
        s.sql("SELECT users.*, votes.created_at AS voted_at").with(voters(viewer, direction))
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
            .sql(post::COLUMNS)
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
