//! Accounts deleted, in two steps of which only the first can be refused.

use diesel::{dsl::exists, prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    schema::{sessions, users},
    statement::Statement,
    user,
};
use crate::error::Result;

/// What became of the wish to delete an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The account is gone, with everything that was its own.
    Yes,
    /// It is the only admin's, who must name another first.
    LastAdmin,
    /// Its password or its role have changed in the meantime.
    Changed,
}

/// Deletes an account with everything that is its own, in two transactions: the follows go first,
/// since whoever is at their other ends could not post for as long as the rest takes. There is no way
/// back from the first. Should the second fail, [`remove_leaving`] does what it was to do. Running it
/// again does no harm.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut AsyncPgConnection, id: Uuid, verified: &str) -> Result<Deleted> {
    let refused = conn.transaction(async |conn| leave(conn, id, verified).await).await?;
    if let Some(refused) = refused {
        return Ok(refused);
    }
    let leaving = users::table.find(id).filter(users::leaving_since.is_not_null());
    diesel::delete(leaving).execute(conn).await?;
    Ok(Deleted::Yes)
}

/// Ends whatever would let somebody come back to an account, and its follows; or says why not.
async fn leave(conn: &mut AsyncPgConnection, id: Uuid, verified: &str) -> Result<Option<Deleted>> {
    let role: Option<String> =
        users::table.find(id).select(users::role).get_result(conn).await.optional()?;
    // Other admins are locked only where it matters: a large account takes a while to delete.
    let admin = role.as_deref() == Some("admin");
    if admin && user::lock_admins(conn).await? == [id] {
        return Ok(Some(Deleted::LastAdmin));
    }
    let unchanged = users::table
        .find(id)
        .filter(users::password_hash.eq(verified))
        .filter(users::role.eq("admin").eq(admin));
    let nobodys = (users::leaving_since.eq(diesel::dsl::now), users::password_hash.eq(""));
    if diesel::update(unchanged).set(nobodys).execute(conn).await? == 0 {
        let stays = users::table.find(id).filter(users::leaving_since.is_null());
        let stays: bool = diesel::select(exists(stays)).get_result(conn).await?;
        return Ok(stays.then_some(Deleted::Changed));
    }
    diesel::delete(sessions::table.filter(sessions::user_id.eq(id))).execute(conn).await?;
    let statement = Statement::new("SELECT end_follows(");
    statement.bind::<sql_types::Uuid, _>(id).sql(")").execute(conn).await?;
    Ok(None)
}

/// Whether the deletion of an account was begun and has not come to its end.
///
/// # Errors
/// When the database fails.
pub async fn is_somebody_leaving(conn: &mut AsyncPgConnection) -> Result<bool> {
    let leaving = users::table.filter(users::leaving_since.is_not_null());
    Ok(diesel::select(exists(leaving)).get_result(conn).await?)
}

/// Deletes an account whose deletion was begun and that nobody is deleting; whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn remove_leaving(conn: &mut AsyncPgConnection) -> Result<bool> {
    let remove = "DELETE FROM users WHERE id = (
        SELECT id FROM users WHERE leaving_since IS NOT NULL
        ORDER BY leaving_since LIMIT 1 FOR UPDATE SKIP LOCKED)";
    Ok(Statement::new(remove).execute(conn).await? == 1)
}
