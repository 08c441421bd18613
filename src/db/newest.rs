//! Pages of the newest posts, gathered across requests: of all that strangers see, and of feeds.
//!
//! Everybody begins with these, so at any moment many are asked for, and often the same. One
//! statement answers all of them, each page by the index that holds it in order.
//!
//! A feed's page is found from what stands beside each follow ([`super::feed`] tells of the other
//! orders). The table `feed_heads` has the latest and the second latest open post of each followee.
//! A page can only hold posts of as many people as it has rows, those with the best latest posts, and
//! nothing behind the last of these: whose second latest is behind it, too, is not asked any further.
//! Who is followed too widely to keep count of, and who posted after the place where the page begins,
//! is asked for their first post instead.

use std::collections::{HashMap, HashSet};

use diesel::{QueryableByName, deserialize, pg::Pg, row::NamedRow, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    gather::{Found, Gathered},
    page::Window,
    post::{PostRow, Text},
    post_list::ListedPost,
    statement::{Statement, Term},
    visibility,
};
use crate::error::Result;

/// A page that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Whose; the nil UUID for a stranger.
    viewer: Uuid,
    /// Rows come after this one.
    after: Uuid,
    rows: i64,
    text: Text,
}

impl Asked {
    /// This part of a list, if it is one that begins somewhere and goes on: not the end of a list.
    #[must_use]
    pub fn of<K>(viewer: Option<Uuid>, window: &Window<K>, text: Text) -> Option<Self> {
        let is_forward = !window.backward && window.before.is_none();
        is_forward.then(|| Self {
            viewer: viewer.unwrap_or_default(),
            after: window.after.as_ref().map_or(Uuid::max(), |at| at.id),
            rows: window.rows_to_read(),
            text,
        })
    }

    /// Whether it is the very beginning of its list.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.after.is_max()
    }
}

/// What strangers see of everybody's posts.
pub struct Public;

impl Gathered for Public {
    type Key = Asked;
    type Value = Vec<ListedPost>;
    const IS_WIDE: bool = true;

    async fn find(conn: &AsyncPgConnection, keys: &[Asked]) -> Result<Found<Self>> {
        find(conn, keys, PUBLIC, i64::MAX).await
    }
}

/// The viewer's feed.
pub struct Feed;

impl Gathered for Feed {
    type Key = Asked;
    type Value = Vec<ListedPost>;
    const IS_WIDE: bool = true;

    /// Leaves out who follows too many of whom nobody keeps count, and so has to ask alone.
    async fn find(conn: &AsyncPgConnection, keys: &[Asked]) -> Result<Found<Self>> {
        find(conn, keys, FEED, FEW_TO_ASK).await
    }
}

/// How many people's first posts are looked up for one feed while others wait for theirs.
const FEW_TO_ASK: i64 = 200;

/// The page of a feed that is asked for alone, however many people's posts have to be looked up.
///
/// # Errors
/// When the database fails.
pub async fn feed_alone(conn: &AsyncPgConnection, asked: Asked) -> Result<Vec<ListedPost>> {
    let mut pages = find(conn, &[asked], FEED, i64::MAX).await?;
    Ok(pages.remove(&asked).unwrap_or_default())
}

type Pages = HashMap<Asked, Vec<ListedPost>, foldhash::fast::RandomState>;

/// A row of one of the pages; a page without rows has one without a post.
struct Row {
    /// Which of the pages it belongs to, counted from 1.
    asked: i64,
    /// Whether the page was read at all.
    is_read: bool,
    post: Option<PostRow>,
}

impl QueryableByName<Pg> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let id: Option<Uuid> = NamedRow::get::<sql_types::Nullable<sql_types::Uuid>, _>(row, "id")?;
        Ok(Self {
            asked: NamedRow::get::<sql_types::BigInt, _>(row, "asked")?,
            is_read: NamedRow::get::<sql_types::Bool, _>(row, "is_read")?,
            post: id.map(|_| PostRow::build(row)).transpose()?,
        })
    }
}

async fn find(
    conn: &AsyncPgConnection,
    keys: &[Asked],
    page: &'static str,
    most: i64,
) -> Result<Pages> {
    let mut pages = Pages::default();
    // Of those who ask for the same page one asks.
    let keys: HashSet<Asked> = keys.iter().copied().collect();
    for text in [Text::Whole, Text::Left] {
        let asked: Vec<Asked> = keys.iter().filter(|key| key.text == text).copied().collect();
        if !asked.is_empty() {
            read(conn, &asked, page, most, &mut pages).await?;
        }
    }
    Ok(pages)
}

/// Reads pages, all of them with their posts' texts or none.
async fn read(
    mut conn: &AsyncPgConnection,
    asked: &[Asked],
    page: &'static str,
    most: i64,
    pages: &mut Pages,
) -> Result<()> {
    for row in statement(asked, page, most).load::<Row>(&mut conn).await? {
        let asked = usize::try_from(row.asked - 1).ok().and_then(|n| asked.get(n));
        if let Some(asked) = asked.filter(|_| row.is_read) {
            let post = row.post.map(|post| ListedPost { post: post.into(), key: 0.0 });
            pages.entry(*asked).or_default().extend(post);
        }
    }
    Ok(())
}

fn statement(asked: &[Asked], page: &'static str, most: i64) -> Statement {
    type Uuids = sql_types::Array<sql_types::Uuid>;
    let uuids = |key: fn(&Asked) -> Uuid| asked.iter().map(key).collect::<Vec<_>>();
    let rows: Vec<i64> = asked.iter().map(|asked| asked.rows).collect();
    Statement::default().fill(page, |s, gap| match gap {
        "viewers" => s.bind::<Uuids, _>(uuids(|asked| asked.viewer)),
        "afters" => s.bind::<Uuids, _>(uuids(|asked| asked.after)),
        "rows" => s.bind::<sql_types::Array<sql_types::BigInt>, _>(rows.clone()),
        "columns" => s.sql(asked[0].text.columns()),
        "most" => s.bind::<sql_types::BigInt, _>(most),
        "listed" => s.with(visibility::post::<Uuid>(None)),
        "open_to_followers" => s.sql(visibility::POST_OF_FOLLOWEE),
        "not_muted" => s.with(visibility::not_muted(Some(VIEWER), "followee_id")),
        _ => s.unknown(gap),
    })
}

const VIEWER: Term = Term::Column("asked.viewer");

/// The inner limit is one that the planner sees, the most that any page reads: it would plan for a
/// tenth of the table.
const PUBLIC: &str = "
SELECT asked.n AS asked, TRUE AS is_read, page.*
FROM unnest({afters}::uuid[], {rows}::bigint[]) WITH ORDINALITY AS asked (after, rows, n)
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT {columns} FROM posts WHERE {listed} AND posts.id < asked.after
        ORDER BY posts.id DESC LIMIT 101
    ) AS page LIMIT asked.rows
) AS page ON TRUE";

/// The least and the greatest UUID stand beside whoever has no post, and whom nobody keeps count of.
const FEED: &str = "
SELECT asked.n AS asked, is_read, page.*
FROM unnest({viewers}::uuid[], {afters}::uuid[], {rows}::bigint[]) WITH ORDINALITY
    AS asked (viewer, after, rows, n)
CROSS JOIN LATERAL (
    SELECT count(*) < {most}::bigint AS is_read
    FROM (SELECT FROM feed_heads WHERE follower_id = asked.viewer AND latest >= asked.after
          LIMIT {most}::bigint) AS to_ask
) AS effort
LEFT JOIN LATERAL (
    WITH head AS MATERIALIZED (
        SELECT followee_id, latest, second
        FROM (
            (
                SELECT followee_id, latest, second FROM feed_heads
                WHERE follower_id = asked.viewer AND latest < asked.after
                  AND latest > '00000000-0000-0000-0000-000000000000'
                  AND {not_muted}
                ORDER BY latest DESC LIMIT asked.rows
            )
            UNION ALL
            (
                SELECT followee_id, first.id, first.id
                FROM feed_heads CROSS JOIN LATERAL (
                    SELECT id FROM posts
                    WHERE owner_id = followee_id AND {open_to_followers} AND id < asked.after
                    ORDER BY id DESC LIMIT 1
                ) AS first
                WHERE follower_id = asked.viewer AND latest >= asked.after
                  AND {not_muted}
                ORDER BY first.id DESC LIMIT asked.rows
            )
        ) AS head
        ORDER BY latest DESC LIMIT asked.rows
    ), least AS MATERIALIZED (
        SELECT coalesce((array_agg(latest))[asked.rows], '00000000-0000-0000-0000-000000000000') AS id
        FROM head
    ), feed AS (
        SELECT latest AS id FROM head
        UNION ALL
        SELECT theirs.id
        FROM head CROSS JOIN LATERAL (
            SELECT id FROM posts
            WHERE owner_id = head.followee_id AND {open_to_followers}
              AND id < head.latest AND id >= (SELECT id FROM least)
            ORDER BY id DESC LIMIT asked.rows
        ) AS theirs
        WHERE head.second >= (SELECT id FROM least)
        UNION ALL
        (
            SELECT id FROM posts
            WHERE owner_id = asked.viewer AND published AND id < asked.after
            ORDER BY id DESC LIMIT asked.rows
        )
    )
    SELECT {columns}
    FROM (SELECT id FROM feed ORDER BY id DESC LIMIT asked.rows) AS feed
    JOIN posts ON posts.id = feed.id
    ORDER BY feed.id DESC
) AS page ON is_read";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::statement::tests::assert_filled;

    #[test]
    fn every_gap_is_filled() {
        let asked = Asked { viewer: Uuid::nil(), after: Uuid::max(), rows: 1, text: Text::Whole };
        for page in [PUBLIC, FEED] {
            assert_filled(&statement(&[asked], page, FEW_TO_ASK));
        }
    }
}
