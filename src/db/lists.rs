//! Lists that hang on the rows of another list: pages and counts of many of them in one statement.
//!
//! `posts { nodes { comments(first: 3) { … } } }` asks for a page under each post. What is listed is
//! written once, as a subquery about `list.parent`; it is run for every parent.

use std::collections::HashMap;

use diesel::{QueryableByName, pg::Pg, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    page::{Page, Window},
    statement::Statement,
};
use crate::error::Result;

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct Child<R: QueryableByName<Pg>> {
    #[diesel(sql_type = sql_types::Uuid)]
    parent: Uuid,
    #[diesel(embed)]
    row: R,
}

#[derive(QueryableByName)]
struct ChildCount {
    #[diesel(sql_type = sql_types::Uuid)]
    parent: Uuid,
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
}

/// What is true of every row, by the column of its time, and is said by lists alone: the indexes of lists
/// ask for it, so that PostgreSQL does not look up a pair in them. Its other half stands last there, so
/// that all in between would be read.
pub(super) fn at_some_time(column: &'static str) -> impl FnOnce(Statement) -> Statement {
    move |statement| statement.sql(" ").sql(column).sql(" > '-infinity' ")
}

fn parents(ids: &[Uuid]) -> impl FnOnce(Statement) -> Statement {
    let ids = ids.to_vec();
    move |statement| {
        statement
            .sql(" FROM unnest(")
            .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
            .sql(") AS list (parent) ")
    }
}

/// The page of each parent's list. `select` writes the statement of one parent's page, as
/// [`Window::page`] does; a parent with an empty list may be missing from the result.
///
/// # Errors
/// When the database fails.
pub async fn pages<R, K>(
    mut conn: &AsyncPgConnection,
    ids: &[Uuid],
    window: &Window<K>,
    select: impl FnOnce(Statement) -> Statement,
) -> Result<HashMap<Uuid, Page<R>>>
where
    R: QueryableByName<Pg> + Send + 'static,
{
    let statement = Statement::new("SELECT list.parent, page.*")
        .with(parents(ids))
        .sql("CROSS JOIN LATERAL (")
        .with(select)
        .sql(") AS page");
    let mut rows: HashMap<Uuid, Vec<R>> = HashMap::new();
    // Rows of one parent come in the order of its subquery, which is run for one after the other.
    for child in statement.load::<Child<R>>(&mut conn).await? {
        rows.entry(child.parent).or_default().push(child.row);
    }
    Ok(rows.into_iter().map(|(id, rows)| (id, Page::from_read(rows, window))).collect())
}

/// How many rows each parent's list has. `listed` writes what follows `SELECT count(*)`.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    mut conn: &AsyncPgConnection,
    ids: &[Uuid],
    listed: impl FnOnce(Statement) -> Statement,
) -> Result<HashMap<Uuid, i64>> {
    let statement = Statement::new("SELECT list.parent, (SELECT count(*)")
        .with(listed)
        .sql(") AS count")
        .with(parents(ids));
    let rows = statement.load::<ChildCount>(&mut conn).await?;
    Ok(rows.into_iter().map(|row| (row.parent, row.count)).collect())
}
