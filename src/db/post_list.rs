//! Lists of posts: which, in which order, a page at a time.

use diesel::{QueryableByName, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    keyset::Order,
    page::{Page, Position, Window},
    post::{COLUMNS, PostRow},
    statement::Statement,
    visibility,
};
use crate::error::Result;

/// In which order posts are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostOrder {
    /// The latest first.
    Newest,
    /// The earliest first.
    Oldest,
    /// The highest score first.
    Top,
    /// Score and age together.
    Hot,
    /// The best match of the search first.
    Relevance,
}

/// Which posts a list holds, of those that the viewer may see.
#[derive(Clone, Debug, Default)]
pub struct PostFilter {
    /// Only those that match this search.
    pub search: Option<String>,
    /// Only those of this user.
    pub owner: Option<Uuid>,
}

/// A post in a list.
#[derive(Debug, QueryableByName)]
pub struct ListedPost {
    /// The post.
    #[diesel(embed)]
    pub post: PostRow,
    /// The sort key that goes with the list's order; 0 where the id is the order.
    #[diesel(sql_type = sql_types::Double)]
    pub key: f64,
}

impl ListedPost {
    /// Where the row stands in its list.
    #[must_use]
    pub fn position(&self) -> Position<f64> {
        Position { key: self.key, id: self.post.id }
    }
}

/// A page of posts that the viewer may see.
///
/// # Errors
/// When the database fails.
pub async fn page(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    filter: &PostFilter,
    order: PostOrder,
    window: &Window<f64>,
) -> Result<Page<ListedPost>> {
    let by = |key, id| Order { key, id, descending: order != PostOrder::Oldest };
    let select = |key| {
        Statement::new("SELECT ").sql(COLUMNS).sql(", ").sql(key).sql("::float8 AS key FROM posts ")
    };
    let matching = |s: Statement| s.sql("WHERE ").with(matching(viewer, filter));
    let with_stats = "JOIN post_stats ON post_stats.post_id = posts.id ";
    let statement = match order {
        PostOrder::Newest | PostOrder::Oldest => {
            select("0").with(matching).with(window.keyed(|_| ()).write(by("", "posts.id")))
        }
        PostOrder::Top => select("post_stats.score").sql(with_stats).with(matching).with(
            window.keyed(|key| key as i64).write(by("post_stats.score", "post_stats.post_id")),
        ),
        PostOrder::Hot => select("post_stats.hot")
            .sql(with_stats)
            .with(matching)
            .with(window.write(by("post_stats.hot", "post_stats.post_id"))),
        PostOrder::Relevance => select("found.rank")
            .sql("CROSS JOIN LATERAL (SELECT ts_rank_cd(posts.search, ")
            .with(query(filter.search.as_deref().unwrap_or_default()))
            .sql(")::float8 AS rank) AS found ")
            .with(matching)
            .with(window.write(by("found.rank", "posts.id"))),
    };
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

/// How many posts such a list holds.
///
/// # Errors
/// When the database fails.
pub async fn count(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    filter: &PostFilter,
) -> Result<i64> {
    let statement =
        Statement::new("SELECT count(*) FROM posts WHERE ").with(matching(viewer, filter));
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

/// The condition on `posts` that makes the list.
fn matching(viewer: Option<Uuid>, filter: &PostFilter) -> impl FnOnce(Statement) -> Statement {
    move |mut statement| {
        statement = statement.with(visibility::post(viewer));
        statement = match filter.owner {
            Some(owner) => {
                statement.sql(" AND posts.owner_id = ").bind::<sql_types::Uuid, _>(owner)
            }
            // Who opens a person's own list wants to see it, muted or not.
            None => statement.sql(" AND ").with(visibility::not_muted(viewer, "posts.owner_id")),
        };
        match &filter.search {
            Some(search) => statement.sql(" AND posts.search @@ ").with(query(search)),
            None => statement,
        }
    }
}

/// Any text is a search: what people type between quotes, after a minus, around an "or".
fn query(search: &str) -> impl FnOnce(Statement) -> Statement {
    let search = search.to_owned();
    move |statement| {
        statement
            .sql("websearch_to_tsquery('english', ")
            .bind::<sql_types::Text, _>(search)
            .sql(") ")
    }
}
