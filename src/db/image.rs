//! Pictures' names: which may be written, are shown, or wait to be removed.
//!
//! A name is announced before its files are written. The row that shows it takes it, and lets go of
//! it, by triggers, so that no way of writing a row can forget to. What nobody shows by the time it is
//! due is condemned first, so that no row can take it any more, then its files are removed, and only
//! then its name: whatever is broken off in between is taken up again by the next who cleans.

use std::time::Duration;

use diesel::{
    deserialize::{self, FromSql, FromSqlRow, QueryableByName},
    pg::{Pg, PgValue},
    prelude::*,
    result::Error as DieselError,
    sql_types,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    schema::images,
    statement::{Statement, interval},
};
use crate::error::{Error, Result, violated_constraint};

/// How long one who removes files has before another takes over.
const REMOVED_WITHIN: Duration = Duration::from_secs(60);

/// A picture as it stands in its row, as [`crate::media::StoredImage`] is written.
#[derive(Clone, Debug, PartialEq, Eq, FromSqlRow)]
pub struct ImageText(Box<str>);

impl ImageText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromSql<sql_types::Text, Pg> for ImageText {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(std::str::from_utf8(value.as_bytes())?.into()))
    }
}

/// Says that files are about to be written under this name.
///
/// # Errors
/// When the database fails.
pub async fn announce(conn: &mut AsyncPgConnection, name: &str, owner: Uuid) -> Result<()> {
    let new = (images::name.eq(name), images::owner_id.eq(owner));
    diesel::insert_into(images::table).values(new).execute(conn).await?;
    Ok(())
}

/// Lets pictures wait for a day for the rows that will show them.
///
/// # Errors
/// When the database fails.
pub async fn hold_back(conn: &mut AsyncPgConnection, names: &[String]) -> Result<()> {
    let statement = Statement::new(
        "UPDATE images SET due_at = now() + interval '1 day' WHERE due_at IS NOT NULL AND name = ANY(",
    );
    let names = names.to_vec();
    let statement = statement.bind::<sql_types::Array<sql_types::Text>, _>(names).sql(")");
    statement.execute(conn).await?;
    Ok(())
}

/// Makes a picture due at once that no row has taken.
///
/// # Errors
/// When the database fails.
pub async fn give_up(conn: &mut AsyncPgConnection, name: &str) -> Result<()> {
    let statement = Statement::new("UPDATE images SET due_at = now() WHERE name = ")
        .bind::<sql_types::Text, _>(name.to_owned())
        .sql(" AND due_at IS NOT NULL");
    statement.execute(conn).await?;
    Ok(())
}

/// What a write fails with that wanted to show a picture. Whoever takes so long that the picture is
/// given up has to send it again.
pub(super) fn late(error: DieselError) -> Error {
    match violated_constraint(&error) {
        Some("images_held_once") => Error::StoreUnavailable("the picture was given up".into()),
        _ => error.into(),
    }
}

/// Who wants to see a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Anybody. What a suspended person showed is hidden from them like what they wrote.
    Everybody,
    /// Those who see suspended people, too.
    Moderators,
}

/// Whether a post or a person shows the picture.
///
/// # Errors
/// When the database fails.
pub async fn is_shown(
    mut conn: &AsyncPgConnection,
    name: &str,
    audience: Audience,
) -> Result<bool> {
    let statement =
        Statement::new("SELECT FROM images JOIN users ON users.id = owner_id WHERE name = ")
            .bind::<sql_types::Text, _>(name.to_owned())
            .sql(" AND due_at IS NULL")
            .sql(match audience {
                Audience::Everybody => " AND suspended_at IS NULL",
                Audience::Moderators => "",
            });
    Ok(statement.execute(&mut conn).await? == 1)
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
}

const CONDEMN: &str = "
UPDATE images SET condemned = true, due_at = now() + {lease}
WHERE name = ANY (ARRAY(SELECT name FROM images WHERE due_at <= now() ORDER BY due_at LIMIT {most}
                        FOR UPDATE SKIP LOCKED))
RETURNING name";

/// Names whose files may go, at most so many, for the caller alone to remove.
///
/// # Errors
/// When the database fails.
pub async fn condemn(conn: &mut AsyncPgConnection, most: i64) -> Result<Vec<String>> {
    let rows: Vec<Named> = condemning(most).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

fn condemning(most: i64) -> Statement {
    Statement::default().fill(CONDEMN, |s, gap| match gap {
        "lease" => s.with(interval(REMOVED_WITHIN)),
        "most" => s.bind::<sql_types::BigInt, _>(most),
        _ => s.unknown(gap),
    })
}

/// Names that no row shows, and whether somebody has begun to remove their files.
///
/// # Errors
/// When the database fails.
pub async fn waiting(conn: &mut AsyncPgConnection) -> Result<Vec<(String, bool)>> {
    let waiting = images::table.filter(images::due_at.is_not_null());
    Ok(waiting.select((images::name, images::condemned)).load(conn).await?)
}

/// Condemns those of these names that no row has taken by now.
///
/// # Errors
/// When the database fails.
pub async fn condemn_these(conn: &mut AsyncPgConnection, names: &[String]) -> Result<Vec<String>> {
    let waiting =
        images::table.filter(images::name.eq_any(names)).filter(images::due_at.is_not_null());
    let condemned = diesel::update(waiting).set(images::condemned.eq(true)).returning(images::name);
    Ok(condemned.get_results(conn).await?)
}

/// Forgets names whose files are gone.
///
/// # Errors
/// When the database fails.
pub async fn forget(conn: &mut AsyncPgConnection, names: &[String]) -> Result<usize> {
    let gone = images::table.filter(images::name.eq_any(names)).filter(images::condemned);
    Ok(diesel::delete(gone).execute(conn).await?)
}

/// Which of these names are known.
///
/// # Errors
/// When the database fails.
pub async fn known(conn: &mut AsyncPgConnection, names: &[String]) -> Result<Vec<String>> {
    let known = images::table.filter(images::name.eq_any(names)).select(images::name);
    Ok(known.load(conn).await?)
}

/// The pictures that rows show, as they describe them.
///
/// # Errors
/// When the database fails.
pub async fn shown(conn: &mut AsyncPgConnection) -> Result<Vec<String>> {
    let statement = Statement::new(
        "SELECT image AS name FROM posts WHERE image IS NOT NULL \
         UNION ALL SELECT avatar FROM users WHERE avatar IS NOT NULL",
    );
    let rows: Vec<Named> = statement.load(conn).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::statement::tests::assert_filled;

    #[test]
    fn every_gap_is_filled() {
        assert_filled(&condemning(1));
    }
}
