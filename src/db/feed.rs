//! The feed: what the viewer published, and what the people whom they follow show them.
//!
//! A page costs what the page holds and how many people the viewer follows, never how much was
//! posted. The newest posts, from wherever a page begins, are found by what is kept for them
//! ([`super::newest`]). For the other orders, and for the ends of lists, there are two ways, and one
//! statement that takes the shorter:
//!
//! * Who follows few people asks each for their first post in the order. The page can only hold
//!   posts of the people with the best firsts, as many people as it has rows, and nothing behind
//!   the last of these firsts: a second look reads just that.
//! * Who follows many finds them among the first posts of everybody. If as many posts as the viewer
//!   follows people do not fill the page, the other way does.

use diesel::sql_types;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted, Db,
    keyset::{Order, SqlKey},
    newest::{self, Asked},
    page::{Page, Window},
    post::Text,
    post_list::{ListedPost, PostOrder},
    statement::Statement,
    visibility,
};
use crate::error::Result;

/// The statement. What stands in braces is filled in for the order, the viewer and the window.
const FEED: &str = "
WITH near AS MATERIALIZED (
    SELECT key, id
    FROM (
        SELECT {key} AS key, {id} AS id, owner_id FROM {table}
        WHERE {open_to_followers} {window} ORDER BY {key} {direction}, {id} {direction}
        LIMIT coalesce((SELECT following_count FROM user_stats
                        WHERE user_id = {viewer} AND following_count >= 300), 0)
    ) AS anybodys
    WHERE (SELECT TRUE FROM follows WHERE follower_id = {viewer} AND followee_id = anybodys.owner_id)
      AND {owner_not_muted}
    LIMIT {rows}
), firsts AS MATERIALIZED (
    SELECT followee_id, first.key
    FROM follows CROSS JOIN LATERAL (
        SELECT {key} AS key, {id} AS id FROM {table}
        WHERE owner_id = followee_id AND {open_to_followers} {window}
        ORDER BY {key} {direction}, {id} {direction} LIMIT 1
    ) AS first
    WHERE follower_id = {viewer} AND (SELECT count(*) FROM near) < {rows}
      AND {followee_not_muted}
    ORDER BY first.key {direction}, first.id {direction} LIMIT {rows}
), feed AS (
    SELECT key, id
    FROM (
        SELECT key, id FROM near WHERE (SELECT count(*) FROM near) = {rows}
        UNION ALL
        SELECT theirs.key, theirs.id
        FROM firsts CROSS JOIN LATERAL (
            SELECT {key} AS key, {id} AS id FROM {table}
            WHERE owner_id = firsts.followee_id AND {open_to_followers} {window}
              AND {key} {not_beyond} coalesce((SELECT (array_agg(key))[{rows}] FROM firsts), {end})
            ORDER BY {key} {direction}, {id} {direction} LIMIT {rows}
        ) AS theirs
        UNION ALL
        (
            SELECT {key}, {id} FROM {table}
            WHERE owner_id = {viewer} AND {published} {window}
            ORDER BY {key} {direction}, {id} {direction} LIMIT {rows}
        )
    ) AS candidate
    ORDER BY key {direction}, id {direction} LIMIT {rows}
)
SELECT {columns}, {cursor_key}::float8 AS key
FROM feed JOIN posts ON posts.id = feed.id
ORDER BY feed.key {direction}, feed.id {direction}";

/// How many posts a feed holds.
const COUNT: &str = "
SELECT (
    SELECT count(*) FROM posts WHERE owner_id = {viewer} AND published
) + (
    SELECT count(*) FROM follows JOIN posts ON owner_id = followee_id AND {open_to_followers}
    WHERE follower_id = {viewer}
      AND followee_id NOT IN (SELECT muted_id FROM mutes WHERE muter_id = {viewer})
) AS count";

/// Where an order finds its rows: in a table with an index by key and id, and one by owner, key and
/// id.
struct Ranking {
    table: &'static str,
    order: Order,
    /// The sort key; the id where that is the whole order.
    key: &'static str,
    /// The sort key as cursors hold it.
    cursor_key: &'static str,
    /// The least and the greatest that a key can be.
    ends: (&'static str, &'static str),
    published: &'static str,
}

const BY_ID: Ranking = Ranking {
    table: "posts",
    order: Order { key: "", id: "id", descending: true },
    key: "id",
    cursor_key: "0",
    ends: ("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
    published: "published",
};

const BY_SCORE: Ranking = Ranking {
    table: "post_stats",
    order: Order { key: "score", id: "post_id", descending: true },
    key: "score",
    cursor_key: "feed.key",
    ends: ("-2147483648", "2147483647"),
    published: "(SELECT published FROM posts WHERE posts.id = post_stats.post_id)",
};

const BY_HOT: Ranking = Ranking {
    order: Order { key: "hot", ..BY_SCORE.order },
    key: "hot",
    ends: ("'-infinity'", "'infinity'"),
    ..BY_SCORE
};

/// A page of the viewer's feed. It has no search, so by relevance it is as by date.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &Db,
    viewer: Uuid,
    order: PostOrder,
    window: &Window<f64>,
    text: Text,
) -> Result<Page<ListedPost>> {
    if matches!(order, PostOrder::Newest | PostOrder::Relevance)
        && let Some(asked) = Asked::of(Some(viewer), window, text)
    {
        return newest_page(db, asked, window).await;
    }
    let reader = db.read().await?;
    let mut conn: &AsyncPgConnection = &reader;
    let by_id = |descending| Ranking { order: Order { descending, ..BY_ID.order }, ..BY_ID };
    let statement = match order {
        PostOrder::Newest | PostOrder::Relevance => {
            statement(viewer, &by_id(true), &window.keyed(|_| ()), text)
        }
        PostOrder::Oldest => statement(viewer, &by_id(false), &window.keyed(|_| ()), text),
        PostOrder::Top => statement(viewer, &BY_SCORE, &window.keyed(|key| key as i64), text),
        PostOrder::Hot => statement(viewer, &BY_HOT, window, text),
    };
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

async fn newest_page(db: &Db, asked: Asked, window: &Window<f64>) -> Result<Page<ListedPost>> {
    // Further down most of whom the viewer follows have to be asked, so nobody waits for that.
    let gathered = match asked.is_first() {
        true => db.lanes().newest_feed.find(vec![asked]).await?.get(&asked).cloned(),
        false => None,
    };
    let rows = match gathered {
        Some(rows) => rows,
        None => newest::feed_alone(&*db.read().await?, asked).await?,
    };
    Ok(Page::from_read(rows, window))
}

/// How many posts the viewer's feed holds.
///
/// # Errors
/// When the database fails.
pub async fn count(mut conn: &AsyncPgConnection, viewer: Uuid) -> Result<i64> {
    Ok(counting(viewer).get_result::<Counted>(&mut conn).await?.count)
}

fn counting(viewer: Uuid) -> Statement {
    Statement::default().fill(COUNT, |s, gap| match gap {
        "viewer" => s.bind::<sql_types::Uuid, _>(viewer),
        "open_to_followers" => s.sql(visibility::POST_OF_FOLLOWEE),
        _ => s.unknown(gap),
    })
}

fn statement<K: SqlKey>(
    viewer: Uuid,
    ranking: &Ranking,
    window: &Window<K>,
    text: Text,
) -> Statement {
    let (direction, not_beyond, end) = match ranking.order.descending != window.backward {
        true => ("DESC", ">=", ranking.ends.0),
        false => ("ASC", "<=", ranking.ends.1),
    };
    Statement::default().fill(FEED, |s, gap| match gap {
        "table" => s.sql(ranking.table),
        "key" => s.sql(ranking.key),
        "id" => s.sql(ranking.order.id),
        "published" => s.sql(ranking.published),
        "cursor_key" => s.sql(ranking.cursor_key),
        "direction" => s.sql(direction),
        "not_beyond" => s.sql(not_beyond),
        "end" => s.sql(end),
        "columns" => s.sql(text.columns()),
        "viewer" => s.bind::<sql_types::Uuid, _>(viewer),
        "rows" => s.bind::<sql_types::BigInt, _>(window.rows_to_read()),
        "window" => s.with(window.range(ranking.order)),
        "owner_not_muted" => s.with(visibility::not_muted(Some(viewer), "anybodys.owner_id")),
        "followee_not_muted" => s.with(visibility::not_muted(Some(viewer), "followee_id")),
        "open_to_followers" => s.sql(visibility::POST_OF_FOLLOWEE),
        _ => s.unknown(gap),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::statement::tests::assert_filled;

    #[test]
    fn every_gap_is_filled() {
        let viewer = Uuid::now_v7();
        let window = Window { after: None, before: None, limit: 1, backward: false };
        assert_filled(&statement::<()>(viewer, &BY_ID, &window, Text::Whole));
        assert_filled(&counting(viewer));
    }
}
