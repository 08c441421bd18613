//! Refresh tokens: each is good for one use, and gives the next.
//!
//! Only hashes are kept. The second use of a token, after a short grace, ends the session: one of
//! the two who used it is a thief. Ending a session deletes its tokens, so that nobody may make so
//! many that it could not be ended any more.

use std::time::Duration;

use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    schema::{refresh_tokens, sessions},
    session::{Lifetime, Use},
    statement::{Statement, interval},
    user::{self, UserRow},
};
use crate::error::{Error, Result};

/// How many tokens of a session may be good at once: as many as there may be tabs of a browser that
/// refresh at the same moment. Nobody loses that many answers.
const TWINS_MAX: i64 = 16;

/// How often a session may be renewed in all: every two minutes for three months comes to a third.
const REFRESHES_MAX: i32 = 200_000;

/// Stores the hash of a new token. Call it in the transaction that decides about its session.
///
/// # Errors
/// When the database fails.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    session: Uuid,
    hash: &[u8],
) -> QueryResult<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((refresh_tokens::session_id.eq(session), refresh_tokens::hash.eq(hash)))
        .execute(conn)
        .await?;
    Ok(())
}

/// The session of a refresh token, good or spent.
///
/// # Errors
/// When the database fails.
pub async fn find_session(mut conn: &AsyncPgConnection, token: &[u8]) -> Result<Option<Uuid>> {
    let session = refresh_tokens::table.find(token).select(refresh_tokens::session_id);
    Ok(session.get_result(&mut conn).await.optional()?)
}

/// What a refresh token was good for.
#[derive(Clone, Debug)]
pub enum Refreshed {
    /// The next token, for this user in this session.
    Next {
        /// The session, which lives on.
        session_id: Uuid,
        /// Whose it is.
        user: UserRow,
    },
    /// Nothing: it is unknown, or its session has ended.
    Unknown,
    /// It was used before: its session was ended.
    Stolen {
        /// The session that was ended.
        session_id: Uuid,
    },
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(embed)]
    user: UserRow,
    #[diesel(sql_type = sql_types::Bool)]
    good: bool,
}

#[derive(QueryableByName)]
struct Spent {
    #[diesel(sql_type = sql_types::Bool)]
    spent: bool,
    #[diesel(sql_type = sql_types::Bool)]
    forgiven: bool,
}

/// Spends a refresh token of a session for the next one.
///
/// A token that was spent moments ago gets another next one: its answer may have been lost, and a
/// client may refresh twice at once. As soon as one of such twins is spent, so is the other, and a
/// thief who was quick has gained nothing. Who wants more twins than there may be is a thief.
///
/// # Errors
/// When the database fails. An end of the session that theft brings about is committed.
pub async fn refresh(
    conn: &mut AsyncPgConnection,
    session_id: Uuid,
    token: &[u8],
    next: &[u8],
    used: &Use,
    lifetime: Lifetime,
) -> Result<Refreshed> {
    conn.transaction(async |conn| {
        let Some(Locked { user, good }) = lock(conn, session_id).await? else {
            return Ok(Refreshed::Unknown);
        };
        if !good {
            diesel::delete(sessions::table.find(session_id)).execute(conn).await?;
            return Ok(Refreshed::Unknown);
        }
        let Spent { spent, forgiven } = find_spent(conn, token, lifetime.grace).await?;
        if spent && !forgiven {
            diesel::delete(sessions::table.find(session_id)).execute(conn).await?;
            return Ok(Refreshed::Stolen { session_id });
        }
        if !spent {
            spend_all(conn, session_id).await?;
        }
        insert(conn, session_id, next).await?;
        prolong(conn, session_id, used, lifetime).await?;
        Ok::<_, Error>(Refreshed::Next { session_id, user })
    })
    .await
}

/// Locks a session, so that its tokens are spent one after another.
async fn lock(conn: &mut AsyncPgConnection, session: Uuid) -> QueryResult<Option<Locked>> {
    Statement::new("SELECT ")
        .sql(user::COLUMNS)
        .sql(
            ", users.suspended_at IS NULL \
             AND least(sessions.idle_expires_at, sessions.expires_at) > now() \
             AND sessions.refreshes < ",
        )
        .bind::<sql_types::Integer, _>(REFRESHES_MAX)
        .sql(
            " AS good FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.id = ",
        )
        .bind::<sql_types::Uuid, _>(session)
        .sql(" FOR UPDATE OF sessions")
        .get_result(conn)
        .await
        .optional()
}

async fn find_spent(
    conn: &mut AsyncPgConnection,
    token: &[u8],
    grace: Duration,
) -> QueryResult<Spent> {
    Statement::new("SELECT spent_at IS NOT NULL AS spent, coalesce(spent_at > clock_timestamp() - ")
        .with(interval(grace))
        .sql(
            ", FALSE) AND (SELECT count(*) FROM refresh_tokens AS twin \
                 WHERE twin.session_id = refresh_tokens.session_id AND twin.spent_at IS NULL) < ",
        )
        .bind::<sql_types::BigInt, _>(TWINS_MAX)
        .sql(" AS forgiven FROM refresh_tokens WHERE hash = ")
        .bind::<sql_types::Bytea, _>(token.to_vec())
        .get_result(conn)
        .await
}

async fn spend_all(conn: &mut AsyncPgConnection, session: Uuid) -> QueryResult<()> {
    Statement::new("UPDATE refresh_tokens SET spent_at = clock_timestamp() WHERE session_id = ")
        .bind::<sql_types::Uuid, _>(session)
        .sql(" AND spent_at IS NULL")
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts the idle end off. Spent tokens are kept for as long as the session lives, so that a theft shows
/// however late it does.
async fn prolong(
    conn: &mut AsyncPgConnection,
    session: Uuid,
    used: &Use,
    lifetime: Lifetime,
) -> QueryResult<()> {
    Statement::new(
        "UPDATE sessions SET refreshes = refreshes + 1, last_used_at = now(), \
             idle_expires_at = now() + ",
    )
    .with(interval(lifetime.idle))
    .sql(", user_agent = ")
    .bind::<sql_types::Nullable<sql_types::Text>, _>(used.user_agent.clone())
    .sql(", address_hash = ")
    .bind::<sql_types::Bytea, _>(used.address_hash.clone())
    .sql(" WHERE id = ")
    .bind::<sql_types::Uuid, _>(session)
    .execute(conn)
    .await?;
    Ok(())
}
