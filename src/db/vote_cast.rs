//! How votes are cast: one statement for one vote or for many.

use std::collections::HashMap;

use diesel::{QueryableByName, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    post::PostStatsRow,
    statement::{Statement, Term},
    visibility,
    vote::VoteDirection,
};
use crate::{
    auth::Viewer,
    error::{OnConstraint, Result},
};

/// A vote that was cast, changed or taken back.
#[derive(Debug)]
pub struct Cast {
    /// What the post counts with this vote.
    pub stats: PostStatsRow,
    /// What the vote was before.
    pub previous: VoteDirection,
    /// Whether it may have been cast before, by the very same wish: the answer to that was lost.
    pub perhaps_before: bool,
}

#[derive(QueryableByName)]
struct CastRow {
    #[diesel(sql_type = sql_types::Uuid)]
    voter: Uuid,
    #[diesel(sql_type = sql_types::Uuid)]
    target: Uuid,
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

impl From<CastRow> for Cast {
    fn from(row: CastRow) -> Self {
        let CastRow { target, upvotes, downvotes, comment_count, score, .. } = row;
        Self {
            stats: PostStatsRow { post_id: target, upvotes, downvotes, comment_count, score },
            previous: VoteDirection::from_value(row.previous),
            perhaps_before: false,
        }
    }
}

/// What somebody wants to vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Who.
    pub viewer: Viewer,
    /// On which post.
    pub post: Uuid,
    /// How; `None` takes a vote back.
    pub direction: VoteDirection,
}

impl Ballot {
    /// What there is one vote for.
    pub(super) fn place(&self) -> (Uuid, Uuid) {
        (self.viewer.user_id, self.post)
    }
}

/// Which function of the database casts votes.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// The one for many votes, which does not wait long for locks.
    Together,
    /// The one for a single vote.
    Alone,
}

/// Casts votes in one statement, at most one of a person on a post, and tells what became of each. A
/// vote is not cast when the viewer's session has ended, or when there is no such post that they may
/// see. When the statement fails none is cast.
///
/// # Errors
/// When the database fails.
pub(super) async fn cast(
    conn: &mut AsyncPgConnection,
    ballots: &[Ballot],
    how: How,
) -> Result<HashMap<(Uuid, Uuid), Cast>> {
    // An account or a post that is deleted at this very moment.
    let gone = |constraint: &str| {
        (matches!(how, How::Alone) && constraint.starts_with("votes_")).then(Vec::new)
    };
    let rows: Vec<CastRow> = statement(ballots, how).load(conn).await.on_constraint(gone)?;
    Ok(rows.into_iter().map(|row| ((row.voter, row.target), row.into())).collect())
}

fn statement(ballots: &[Ballot], how: How) -> Statement {
    let uuids = |key: fn(&Ballot) -> Uuid| ballots.iter().map(key).collect::<Vec<_>>();
    let wanted: Vec<_> = ballots.iter().map(|ballot| ballot.direction.value()).collect();
    Statement::default().fill(CAST, |s, gap| match gap {
        "viewers" => s.bind::<UuidArray, _>(uuids(|ballot| ballot.viewer.user_id)),
        "sessions" => s.bind::<UuidArray, _>(uuids(|ballot| ballot.viewer.session_id)),
        "posts" => s.bind::<UuidArray, _>(uuids(|ballot| ballot.post)),
        "wanted" => s.bind::<sql_types::Array<sql_types::SmallInt>, _>(wanted.clone()),
        "standing" => s.with(visibility::session_of(VOTER, Term::Column("ballot.session"))),
        "visible" => s.with(visibility::counted_post(VOTER)),
        "cast" => s.sql(match how {
            How::Together => CAST_TOGETHER,
            How::Alone => CAST_ALONE,
        }),
        _ => s.unknown(gap),
    })
}

type UuidArray = sql_types::Array<sql_types::Uuid>;

const VOTER: Term = Term::Column("ballot.viewer");

/// Of the post nothing is read but its counts, and what stands beside them of who sees it.
const CAST: &str = "WITH ballot AS MATERIALIZED (
    SELECT * FROM unnest({viewers}::uuid[], {sessions}::uuid[], {posts}::uuid[], {wanted}::smallint[])
        AS ballot (viewer, session, post, wanted)
), visible AS MATERIALIZED (
    SELECT viewer, post, wanted FROM ballot JOIN post_stats AS posts ON posts.post_id = ballot.post
    WHERE {standing} AND {visible}
)
SELECT counted.* FROM {cast}";

const CAST_TOGETHER: &str = "(
    SELECT array_agg(viewer) AS viewers, array_agg(post) AS posts, array_agg(wanted) AS wanted FROM visible
) AS cast_now
CROSS JOIN LATERAL cast_votes(cast_now.viewers, cast_now.posts, cast_now.wanted) AS counted";

const CAST_ALONE: &str = "visible CROSS JOIN LATERAL (
    SELECT visible.viewer AS voter, visible.post AS target, counted.*
    FROM cast_vote(visible.viewer, visible.post, visible.wanted) AS counted
) AS counted";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::statement::tests::assert_filled;

    #[test]
    fn every_gap_is_filled() {
        for how in [How::Together, How::Alone] {
            assert_filled(&statement(&[], how));
        }
    }
}
