//! Lists of posts: which, in which order, a page at a time.

use std::{collections::HashMap, sync::Arc};

use diesel::{QueryableByName, deserialize, pg::Pg, row::NamedRow, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    keyset::Order,
    lists,
    page::{Page, Position, Window},
    post::{PostRow, Text},
    statement::Statement,
    visibility,
};
use crate::error::Result;

/// In which order posts are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Only drafts, which nobody sees but their owner.
    pub drafts: bool,
}

impl PostFilter {
    fn whose(&self) -> Whose {
        match self.owner {
            None => Whose::Anybody,
            Some(owner) if self.drafts => Whose::DraftsOf(owner),
            Some(owner) => Whose::User(owner),
        }
    }
}

/// A post in a list.
#[derive(Clone, Debug)]
pub struct ListedPost {
    /// The post.
    pub post: Arc<PostRow>,
    /// The sort key that goes with the list's order; 0 where the id is the order.
    pub key: f64,
}

impl QueryableByName<Pg> for ListedPost {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let key = NamedRow::get::<sql_types::Double, f64>(row, "key")?;
        Ok(Self { post: PostRow::build(row)?.into(), key })
    }
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
    text: Text,
) -> Result<Page<ListedPost>> {
    let read = Read { viewer, whose: filter.whose(), search: &filter.search, order, text };
    let statement = select(Statement::default(), read, window);
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
    let posts = from(Table::Posts, viewer, filter.whose(), &filter.search);
    let statement = Statement::new("SELECT count(*)").with(posts);
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

/// A page of the posts of each of these users, as far as the viewer may see them.
///
/// # Errors
/// When the database fails.
pub async fn pages_by_owner(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    order: PostOrder,
    owners: &[Uuid],
    window: &Window<f64>,
) -> Result<HashMap<Uuid, Page<ListedPost>>> {
    let read = Read { viewer, whose: Whose::Parent, search: &None, order, text: Text::Left };
    let select = |s: Statement| select(s, read, window);
    lists::pages(conn, owners, window, select).await
}

/// How many posts each of these users has that the viewer may see.
///
/// # Errors
/// When the database fails.
pub async fn counts_by_owner(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    owners: &[Uuid],
) -> Result<HashMap<Uuid, i64>> {
    lists::counts(conn, owners, from(Table::Posts, viewer, Whose::Parent, &None)).await
}

/// Whose posts a list holds.
#[derive(Clone, Copy)]
enum Whose {
    Anybody,
    User(Uuid),
    DraftsOf(Uuid),
    /// Those of the row on which the list hangs, see [`lists`].
    Parent,
}

/// What a page is made of.
#[derive(Clone, Copy)]
struct Read<'s> {
    viewer: Option<Uuid>,
    whose: Whose,
    search: &'s Option<String>,
    order: PostOrder,
    text: Text,
}

/// The statement of a page.
fn select(s: Statement, read: Read<'_>, window: &Window<f64>) -> Statement {
    let Read { viewer, whose, search, order, text } = read;
    let by = |key, id| Order { key, id, descending: order != PostOrder::Oldest };
    let rows = |key: &'static str, table| {
        let from = from(table, viewer, whose, search);
        move |s: Statement| {
            s.sql("SELECT ")
                .sql(text.columns())
                .sql(", ")
                .sql(key)
                .sql("::float8 AS key")
                .with(from)
        }
    };
    match order {
        PostOrder::Newest | PostOrder::Oldest => {
            let window = window.keyed(|_| ());
            s.with(window.page(by("", "posts.id"), rows("0", Table::Posts)))
        }
        PostOrder::Top => {
            let window = window.keyed(|key| key as i64);
            let (key, id) = ("post_stats.score", "post_stats.post_id");
            s.with(window.page(by(key, id), rows(key, Table::PostStats)))
        }
        PostOrder::Hot => {
            let (key, id) = ("post_stats.hot", "post_stats.post_id");
            s.with(window.page(by(key, id), rows(key, Table::PostStats)))
        }
        PostOrder::Relevance => {
            let key = "ts_rank(posts.search, sought)::float8";
            s.with(window.page(by(key, "posts.id"), rows(key, Table::Posts)))
        }
    }
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
    whose: Whose,
    search: &Option<String>,
) -> impl FnOnce(Statement) -> Statement {
    let (tables, owner_id) = match table {
        Table::Posts => (" FROM posts", "posts.owner_id"),
        Table::PostStats => {
            (" FROM post_stats JOIN posts ON posts.id = post_stats.post_id", "post_stats.owner_id")
        }
    };
    let search = search.clone();
    move |statement| {
        // Any text is a search: words in quotes, an "or" between them, a minus before them.
        let statement = match search {
            Some(search) => statement
                .sql(tables)
                .sql(" CROSS JOIN websearch_to_tsquery('english', ")
                .bind::<sql_types::Text, _>(search)
                .sql(") AS sought WHERE posts.search @@ sought AND "),
            None => statement.sql(tables).sql(" WHERE "),
        };
        let statement = match whose {
            // Who opens a person's own list wants to see it, muted or not.
            Whose::User(id) => statement.sql(owner_id).sql(" = ").bind::<sql_types::Uuid, _>(id),
            Whose::DraftsOf(id) => statement
                .sql(owner_id)
                .sql(" = ")
                .bind::<sql_types::Uuid, _>(id)
                .sql(" AND NOT posts.published"),
            Whose::Parent => statement.sql(owner_id).sql(" = list.parent"),
            Whose::Anybody => statement.with(visibility::not_muted(viewer, owner_id)),
        };
        statement.sql(" AND ").with(visibility::post(viewer))
    }
}
