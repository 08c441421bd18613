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
    let select = |key: &'static str, table: Table| {
        move |s: Statement| {
            s.sql("SELECT ")
                .sql(COLUMNS)
                .sql(", ")
                .sql(key)
                .sql("::float8 AS key")
                .with(from(table, viewer, filter))
        }
    };
    let statement = Statement::default();
    let statement = match order {
        PostOrder::Newest | PostOrder::Oldest => {
            let window = window.keyed(|_| ());
            statement.with(window.page(by("", "posts.id"), select("0", Table::Posts)))
        }
        PostOrder::Top => {
            let window = window.keyed(|key| key as i64);
            let (key, id) = ("post_stats.score", "post_stats.post_id");
            statement.with(window.page(by(key, id), select(key, Table::PostStats)))
        }
        PostOrder::Hot => {
            let (key, id) = ("post_stats.hot", "post_stats.post_id");
            statement.with(window.page(by(key, id), select(key, Table::PostStats)))
        }
        PostOrder::Relevance => {
            let key = "ts_rank_cd(posts.search, sought)::float8";
            statement.with(window.page(by(key, "posts.id"), select(key, Table::Posts)))
        }
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
    let statement = Statement::new("SELECT count(*)").with(from(Table::Posts, viewer, filter));
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

/// Which table has the index that gives the rows in order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Posts,
    PostStats,
}

/// Where the posts of a list come from, and which they are. What is searched for is `sought`.
fn from(
    table: Table,
    viewer: Option<Uuid>,
    filter: &PostFilter,
) -> impl FnOnce(Statement) -> Statement {
    let (tables, owner_id) = match table {
        Table::Posts => (" FROM posts", "posts.owner_id"),
        Table::PostStats => {
            (" FROM post_stats JOIN posts ON posts.id = post_stats.post_id", "post_stats.owner_id")
        }
    };
    move |statement| {
        // Any text is a search: words in quotes, an "or" between them, a minus before them.
        let statement = match filter.search.clone() {
            Some(search) => statement
                .sql(tables)
                .sql(" CROSS JOIN websearch_to_tsquery('english', ")
                .bind::<sql_types::Text, _>(search)
                .sql(") AS sought WHERE posts.search @@ sought AND "),
            None => statement.sql(tables).sql(" WHERE "),
        };
        let statement = match filter.owner {
            Some(owner) => statement.sql(owner_id).sql(" = ").bind::<sql_types::Uuid, _>(owner),
            // Who opens a person's own list wants to see it, muted or not.
            None => statement.with(visibility::not_muted(viewer, owner_id)),
        };
        statement.sql(" AND ").with(visibility::post(viewer))
    }
}
