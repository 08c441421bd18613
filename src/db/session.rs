//! Sessions: a row for each that lasts.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    gather::{Found, Gathered},
    keyset::Order,
    page::{Page, Position, Window},
    refresh_token,
    schema::{sessions, users},
    statement::{Statement, interval},
    user::{self, UserRow},
};
use crate::error::Result;

/// A session as its owner sees it.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
pub struct SessionRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub user_agent: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub idle_expires_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl SessionRow {
    /// Where the row stands in its owner's list.
    #[must_use]
    pub fn position(&self) -> Position<()> {
        Position { key: (), id: self.id }
    }
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// Without being refreshed.
    pub idle: Duration,
    /// In all.
    pub whole: Duration,
    /// How long a spent refresh token is still answered.
    pub grace: Duration,
}

/// Where and with what a session is used.
#[derive(Clone, Debug)]
pub struct Use {
    /// What the client says it is.
    pub user_agent: Option<String>,
    /// A keyed hash of its address.
    pub address_hash: Vec<u8>,
}

/// A session about to begin.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: Uuid,
    pub user_id: Uuid,
    pub begun_by: Use,
    pub refresh_hash: Vec<u8>,
    pub lifetime: Lifetime,
}

/// Begins a session. Call it in the transaction that decides that it may begin.
///
/// # Errors
/// When the database fails.
pub(super) async fn insert(conn: &mut AsyncPgConnection, new: &NewSession) -> QueryResult<()> {
    Statement::new(
        "INSERT INTO sessions (idle_expires_at, expires_at, id, user_id, user_agent, address_hash) \
         VALUES (now() + ",
    )
    .with(interval(new.lifetime.idle))
    .sql(", now() + ")
    .with(interval(new.lifetime.whole))
    .sql(", ")
    .bind::<sql_types::Uuid, _>(new.id)
    .sql(", ")
    .bind::<sql_types::Uuid, _>(new.user_id)
    .sql(", ")
    .bind::<sql_types::Nullable<sql_types::Text>, _>(new.begun_by.user_agent.clone())
    .sql(", ")
    .bind::<sql_types::Bytea, _>(new.begun_by.address_hash.clone())
    .sql(")")
    .execute(conn)
    .await?;
    refresh_token::insert(conn, new.id, &new.refresh_hash).await
}

/// Begins a session of a user whose password was just verified. `None` when the password has
/// changed, or the user was suspended or deleted, in the meantime.
///
/// # Errors
/// When the database fails.
pub async fn open(
    conn: &mut AsyncPgConnection,
    new: &NewSession,
    verified: &str,
) -> Result<Option<UserRow>> {
    conn.transaction(async |conn| {
        // Shares the row until the end, so that a change of password or a suspension finds the new
        // session and ends it.
        let user = users::table
            .find(new.user_id)
            .filter(users::password_hash.eq(verified))
            .filter(users::suspended_at.is_null())
            .for_share()
            .select(UserRow::as_select())
            .get_result(conn)
            .await
            .optional()?;
        if user.is_some() {
            insert(conn, new).await?;
        }
        Ok(user)
    })
    .await
}

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = sql_types::Uuid)]
    session_id: Uuid,
    #[diesel(embed)]
    user: UserRow,
}

/// The users of sessions, by the session's key: of those that have not ended, of users who are not
/// suspended.
pub struct Standings;

impl Gathered for Standings {
    type Key = Uuid;
    type Value = Arc<UserRow>;

    async fn find(mut conn: &AsyncPgConnection, keys: &[Uuid]) -> Result<Found<Self>> {
        let rows: Vec<Standing> = Statement::new("SELECT sessions.id AS session_id, ")
            .sql(user::COLUMNS)
            .sql(
                " FROM sessions JOIN users ON users.id = sessions.user_id \
             WHERE users.suspended_at IS NULL \
             AND least(sessions.idle_expires_at, sessions.expires_at) > now() \
             AND sessions.id = ANY(",
            )
            .bind::<sql_types::Array<sql_types::Uuid>, _>(keys.to_vec())
            .sql(")")
            .load(&mut conn)
            .await?;
        Ok(rows.into_iter().map(|row| (row.session_id, Arc::new(row.user))).collect())
    }
}

fn living_of(user: Uuid) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql(" FROM sessions WHERE least(idle_expires_at, expires_at) > now() AND user_id = ")
            .bind::<sql_types::Uuid, _>(user)
    }
}

/// Those of these sessions that are the user's.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    user: Uuid,
    ids: &[Uuid],
) -> Result<Vec<SessionRow>> {
    Ok(Statement::new("SELECT *")
        .with(living_of(user))
        .sql(" AND id = ANY(")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec())
        .sql(")")
        .load(&mut conn)
        .await?)
}

/// A page of a user's sessions, the latest login first.
///
/// # Errors
/// When the database fails.
pub async fn page(
    mut conn: &AsyncPgConnection,
    user: Uuid,
    window: &Window<()>,
) -> Result<Page<SessionRow>> {
    let order = Order { key: "", id: "id", descending: true };
    let select = |s: Statement| s.sql("SELECT *").with(living_of(user));
    let statement = Statement::default().with(window.page(order, select));
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

/// How many sessions a user has.
///
/// # Errors
/// When the database fails.
pub async fn count(mut conn: &AsyncPgConnection, user: Uuid) -> Result<i64> {
    let statement = Statement::new("SELECT count(*)").with(living_of(user));
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

/// Ends one session of a user; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut AsyncPgConnection, user: Uuid, id: Uuid) -> Result<bool> {
    let session = sessions::table.find(id).filter(sessions::user_id.eq(user));
    Ok(diesel::delete(session).execute(conn).await? == 1)
}

/// Ends all sessions of a user, if the one that asks for it still stands; false when it does not.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(conn: &mut AsyncPgConnection, user: Uuid, asking: Uuid) -> Result<bool> {
    let ended = Statement::new("DELETE FROM sessions WHERE user_id = ")
        .bind::<sql_types::Uuid, _>(user)
        .sql(" AND EXISTS (SELECT")
        .with(living_of(user))
        .sql(" AND id = ")
        .bind::<sql_types::Uuid, _>(asking)
        .sql(")")
        .execute(conn)
        .await?;
    Ok(ended > 0)
}

/// Removes a batch of sessions that have ended by themselves; returns how many. They are good for
/// nothing, so this is about space only.
///
/// # Errors
/// When the database fails.
pub async fn prune(conn: &mut AsyncPgConnection) -> Result<usize> {
    Ok(Statement::new(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
         WHERE least(idle_expires_at, expires_at) < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)",
    )
    .execute(conn)
    .await?)
}
