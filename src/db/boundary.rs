//! Boundaries that one person sets against another: blocks and mutes.
//!
//! A block hides both from each other and ends follows both ways (a trigger sees to that). A mute
//! hides the muted person's things from the muter's lists.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    follow::lock_pair,
    keyset::Order,
    lists,
    page::{Page, Position, Window},
    relation,
    schema::blocks,
    statement::Statement,
    user::{self, UserRow},
    visibility,
};
use crate::error::Result;

/// What kind of boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// Neither sees the other.
    Block,
    /// One does not meet the other in lists.
    Mute,
}

/// How a boundary stands in the database: both tables have one shape under different names.
struct Names {
    table: &'static str,
    setter: &'static str,
    other: &'static str,
    since: &'static str,
}

impl Boundary {
    /// What one does with it, as messages and cursors say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Mute => "mute",
        }
    }

    const fn names(self) -> Names {
        match self {
            Self::Block => Names {
                table: "blocks",
                setter: "blocker_id",
                other: "blocked_id",
                since: "blocks.created_at",
            },
            Self::Mute => Names {
                table: "mutes",
                setter: "muter_id",
                other: "muted_id",
                since: "mutes.created_at",
            },
        }
    }
}

/// Sets a boundary. Repeating it changes nothing. Returns whether there is such a person: one who
/// is blocked already can be blocked again, although they are not seen.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    kind: Boundary,
    setter: Uuid,
    other: Uuid,
) -> Result<bool> {
    let Names { table, setter: setter_column, other: other_column, .. } = kind.names();
    conn.transaction(async |conn| {
        if !lock_pair(conn, setter, other).await? {
            return Ok(false);
        }
        let visible = !user::find_many(conn, Some(setter), &[other]).await?.is_empty();
        if !visible {
            let known = relation::find_many(conn, setter, &[other]).await?;
            let blocks_already = known.iter().any(|relation| relation.is_blocking);
            return Ok(kind == Boundary::Block && blocks_already);
        }
        Statement::new("INSERT INTO ")
            .sql(table)
            .sql(" (")
            .sql(setter_column)
            .sql(", ")
            .sql(other_column)
            .sql(") VALUES (")
            .bind::<sql_types::Uuid, _>(setter)
            .sql(", ")
            .bind::<sql_types::Uuid, _>(other)
            .sql(") ON CONFLICT DO NOTHING")
            .execute(conn)
            .await?;
        Ok(true)
    })
    .await
}

/// Takes a boundary back. Repeating it changes nothing. Returns whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    kind: Boundary,
    setter: Uuid,
    other: Uuid,
) -> Result<bool> {
    let names = kind.names();
    let deleted = Statement::new("DELETE FROM ")
        .sql(names.table)
        .sql(" WHERE ")
        .sql(names.setter)
        .sql(" = ")
        .bind::<sql_types::Uuid, _>(setter)
        .sql(" AND ")
        .sql(names.other)
        .sql(" = ")
        .bind::<sql_types::Uuid, _>(other)
        .execute(conn)
        .await?;
    Ok(deleted == 1)
}

/// Whether either of the two blocks the other.
///
/// # Errors
/// When the database fails.
pub(super) async fn is_block_between(
    conn: &mut AsyncPgConnection,
    one: Uuid,
    other: Uuid,
) -> Result<bool> {
    let (there, back) = (blocks::table.find((one, other)), blocks::table.find((other, one)));
    let standing = diesel::select(diesel::dsl::exists(there).or(diesel::dsl::exists(back)));
    Ok(standing.get_result(conn).await?)
}

/// A person against whom a boundary stands.
#[derive(Debug, QueryableByName)]
pub struct BoundaryRow {
    /// The person.
    #[diesel(embed)]
    pub user: UserRow,
    /// Since when.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub since: DateTime<Utc>,
}

impl BoundaryRow {
    /// Where the row stands in its list.
    #[must_use]
    pub fn position(&self) -> Position<DateTime<Utc>> {
        Position { key: self.since, id: self.user.id }
    }
}

/// A page of those against whom this person set a boundary, newest first, as far as they see them. It
/// is the one list that shows blocked people, to the one who blocked them, since otherwise no block
/// could be undone.
///
/// # Errors
/// When the database fails.
pub async fn page(
    mut conn: &AsyncPgConnection,
    kind: Boundary,
    setter: Uuid,
    window: &Window<DateTime<Utc>>,
) -> Result<Page<BoundaryRow>> {
    let names = kind.names();
    let order = Order { key: names.since, id: names.other, descending: true };
    let select = |s: Statement| {
        s.sql("SELECT ")
            .sql(user::COLUMNS)
            .sql(", ")
            .sql(names.since)
            .sql(" AS since")
            .with(from(kind, setter))
            .sql(" AND ")
            .with(lists::at_some_time(names.since))
    };
    let statement = Statement::default().with(window.page(order, select));
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

/// How many they are.
///
/// # Errors
/// When the database fails.
pub async fn count(mut conn: &AsyncPgConnection, kind: Boundary, setter: Uuid) -> Result<i64> {
    let names = kind.names();
    // A subquery for its value is never turned into a read of all users.
    let statement = Statement::new("SELECT count(*) FROM ")
        .sql(names.table)
        .with(set_by(&names, setter))
        .sql(" AND (SELECT ")
        .with(seen(kind, setter))
        .sql(" FROM users WHERE users.id = ")
        .sql(names.other)
        .sql(")");
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

fn from(kind: Boundary, setter: Uuid) -> impl FnOnce(Statement) -> Statement {
    let names = kind.names();
    move |statement| {
        let statement = statement.sql(" FROM ").sql(names.table);
        let statement = statement.sql(" JOIN users ON users.id = ").sql(names.other);
        statement.with(set_by(&names, setter)).sql(" AND ").with(seen(kind, setter))
    }
}

fn set_by(names: &Names, setter: Uuid) -> impl FnOnce(Statement) -> Statement {
    let column = names.setter;
    move |statement| {
        statement.sql(" WHERE ").sql(column).sql(" = ").bind::<sql_types::Uuid, _>(setter)
    }
}

/// A condition on `users` against whom the boundary stands.
fn seen(kind: Boundary, setter: Uuid) -> impl FnOnce(Statement) -> Statement {
    move |statement| match kind {
        Boundary::Mute => statement.with(visibility::user(Some(setter))),
        Boundary::Block => statement.with(visibility::blocked_user(setter)),
    }
}
