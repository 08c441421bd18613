//! Roles and suspensions: what admins do to accounts. Each act is noted in the moderation log, and
//! none leaves the service without an admin.

use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    moderation::{self, Act, Action},
    schema::users,
    statement::Statement,
    user::{self, Role, UserRow, lock_admins},
};
use crate::error::{Error, Result};

/// The user of this name, in any case, suspended or not: for whoever runs the server.
///
/// # Errors
/// When the database fails.
pub async fn find_by_username(
    mut conn: &AsyncPgConnection,
    username: &str,
) -> Result<Option<UserRow>> {
    let statement = Statement::new("SELECT ")
        .sql(user::COLUMNS)
        .sql(" FROM users WHERE lower(username) = lower(")
        .bind::<sql_types::Text, _>(username.to_owned())
        .sql(")");
    Ok(statement.get_result(&mut conn).await.optional()?)
}

/// What became of an act.
#[derive(Clone, Debug)]
pub enum Changed {
    /// It is done, or was so before; the user is now this.
    Done(UserRow),
    /// There is no such user.
    NotFound,
    /// It would leave no admin.
    LastAdmin,
    /// Whoever asked for it is no admin any more.
    NotAdmin,
}

/// Makes somebody an admin or a plain user. `actor` is the admin who does it; `None` is the command
/// line. Repeating it changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn set_role(
    conn: &mut AsyncPgConnection,
    actor: Option<Uuid>,
    id: Uuid,
    admin: bool,
    reason: Option<String>,
) -> Result<Changed> {
    let role = if admin { Role::Admin } else { Role::User };
    let act = Act { actor, action: Action::SetRole, target: id, reason, role: Some(role) };
    let role = role.as_str();
    conn.transaction(async |conn| {
        if let Some(refused) = refuse(conn, actor, id, !admin).await? {
            return Ok::<_, Error>(refused);
        }
        let other = users::table.find(id).filter(users::role.ne(role));
        let changed = diesel::update(other)
            .set((users::role.eq(role), users::updated_at.eq(diesel::dsl::now)))
            .execute(conn)
            .await?;
        finish(conn, id, changed, act).await
    })
    .await
}

/// Suspends somebody, which hides them and what they wrote and ends their sessions, or takes that
/// back. Repeating it changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn set_suspended(
    conn: &mut AsyncPgConnection,
    actor: Option<Uuid>,
    id: Uuid,
    suspended: bool,
    reason: Option<String>,
) -> Result<Changed> {
    let action = if suspended { Action::SuspendUser } else { Action::RestoreUser };
    let act = Act { actor, action, target: id, reason, role: None };
    conn.transaction(async |conn| {
        if let Some(refused) = refuse(conn, actor, id, suspended).await? {
            return Ok::<_, Error>(refused);
        }
        let other = users::table.find(id).filter(users::suspended_at.is_null().eq(suspended));
        let since = suspended.then_some(chrono::Utc::now());
        let changed = diesel::update(other)
            .set((users::suspended_at.eq(since), users::updated_at.eq(diesel::dsl::now)))
            .execute(conn)
            .await?;
        finish(conn, id, changed, act).await
    })
    .await
}

/// Why an act would be refused, whatever else is wrong with it; `None` when it would not.
///
/// # Errors
/// When the database fails.
pub async fn refusal(
    conn: &mut AsyncPgConnection,
    actor: Uuid,
    id: Uuid,
    takes_power: bool,
) -> Result<Option<Changed>> {
    conn.transaction(async |conn| {
        if let Some(refused) = refuse(conn, Some(actor), id, takes_power).await? {
            return Ok::<_, Error>(Some(refused));
        }
        let found: Option<Uuid> =
            users::table.find(id).select(users::id).get_result(conn).await.optional()?;
        Ok(found.is_none().then_some(Changed::NotFound))
    })
    .await
}

/// Why an act must not happen. Locks all admins, so that of two who demote each other one is late.
async fn refuse(
    conn: &mut AsyncPgConnection,
    actor: Option<Uuid>,
    id: Uuid,
    takes_power: bool,
) -> Result<Option<Changed>> {
    let admins = lock_admins(conn).await?;
    if actor.is_some_and(|actor| !admins.contains(&actor)) {
        return Ok(Some(Changed::NotAdmin));
    }
    Ok((takes_power && admins == [id]).then_some(Changed::LastAdmin))
}

async fn finish(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    changed: usize,
    act: Act,
) -> Result<Changed> {
    if changed == 1 {
        moderation::append(conn, act).await?;
    }
    let row = users::table.find(id).select(UserRow::as_select()).get_result(conn).await;
    Ok(row.optional()?.map_or(Changed::NotFound, Changed::Done))
}
