//! Counters that slow guessing down, shared by all instances.
//!
//! An attempt is counted before it is made and taken back if it turns out well, so that a thousand
//! attempts at once count as a thousand. Each failure past the free ones doubles the wait.

use std::time::Duration;

use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{
    schema::throttles,
    statement::{Statement, interval},
};
use crate::error::Result;

/// How a kind of attempt is slowed down.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How many failures cost no wait.
    pub free: u32,
    /// How long it takes until one failure is forgotten.
    pub forget_one_after: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// Whether one success makes good all failures, or only itself.
    pub success_clears: bool,
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Permit {
    /// It may, and counts as failed until it is taken back.
    Granted {
        /// How many failures that makes.
        failures: i32,
    },
    /// Not before this has passed.
    Wait(Duration),
}

#[derive(QueryableByName)]
struct Granted {
    #[diesel(sql_type = sql_types::Integer)]
    failures: i32,
}

#[derive(QueryableByName)]
struct Blocked {
    #[diesel(sql_type = sql_types::Double)]
    seconds: f64,
}

/// Counts an attempt, if one may be made now.
///
/// # Errors
/// When the database fails.
pub async fn reserve(conn: &mut AsyncPgConnection, key: &str, policy: &Policy) -> Result<Permit> {
    let granted: Option<Granted> = count(key, policy).get_result(conn).await.optional()?;
    if let Some(Granted { failures }) = granted {
        return Ok(Permit::Granted { failures });
    }
    let blocked: Option<Blocked> = Statement::new(
        "SELECT greatest(extract(epoch FROM blocked_until - clock_timestamp()), 0)::float8 \
             AS seconds FROM throttles WHERE key = ",
    )
    .bind::<sql_types::Text, _>(key.to_owned())
    .get_result(conn)
    .await
    .optional()?;
    Ok(Permit::Wait(Duration::from_secs_f64(blocked.map_or(1.0, |blocked| blocked.seconds))))
}

/// One statement, so that of many at once each sees what those before it left.
fn count(key: &str, policy: &Policy) -> Statement {
    Statement::new(
        "INSERT INTO throttles AS t (key, failures, blocked_until, updated_at) \
         SELECT key, 1, clock_timestamp() + wait, clock_timestamp() FROM (SELECT ",
    )
    .bind::<sql_types::Text, _>(key.to_owned())
    .sql(" AS key, ")
    .with(wait("1", policy))
    .sql(
        " AS wait) AS first \
         ON CONFLICT (key) DO UPDATE SET (failures, blocked_until, updated_at) = \
             (SELECT n, clock_timestamp() + ",
    )
    .with(wait("n", policy))
    .sql(
        ", clock_timestamp() FROM (SELECT 1 + greatest(0, t.failures - \
             floor(greatest(0, extract(epoch FROM clock_timestamp() - t.updated_at)) / ",
    )
    .bind::<sql_types::Double, _>(policy.forget_one_after.as_secs_f64())
    .sql(
        ")::integer) AS n) AS counted) \
         WHERE t.blocked_until <= clock_timestamp() RETURNING failures",
    )
}

/// Nothing for the free failures, then 1 s, 2 s, 4 s … up to the longest.
fn wait(failures: &'static str, policy: &Policy) -> impl FnOnce(Statement) -> Statement {
    let (free, longest) = (f64::from(policy.free), policy.longest);
    move |statement| {
        statement
            .sql("CASE WHEN ")
            .sql(failures)
            .sql(" <= ")
            .bind::<sql_types::Double, _>(free)
            .sql(" THEN interval '0' ELSE least(")
            .with(interval(longest))
            .sql(", make_interval(secs => power(2, least(30, ")
            .sql(failures)
            .sql(" - 1 - ")
            .bind::<sql_types::Double, _>(free)
            .sql(")))) END")
    }
}

/// Takes an attempt back that turned out well, and its wait, unless others have failed since.
///
/// # Errors
/// When the database fails.
pub async fn release(conn: &mut AsyncPgConnection, key: &str, failures: i32) -> Result<()> {
    let first = throttles::table.find(key).filter(throttles::failures.le(1));
    if diesel::delete(first).execute(conn).await? == 1 {
        return Ok(());
    }
    Statement::new(
        "UPDATE throttles SET failures = failures - 1, \
             blocked_until = CASE WHEN failures = ",
    )
    .bind::<sql_types::Integer, _>(failures)
    .sql(" THEN clock_timestamp() ELSE blocked_until END WHERE failures > 1 AND key = ")
    .bind::<sql_types::Text, _>(key.to_owned())
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets all failures under a key.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut AsyncPgConnection, key: &str) -> Result<()> {
    diesel::delete(throttles::table.find(key)).execute(conn).await?;
    Ok(())
}

/// Removes a batch of counters that nobody has touched for a day; returns how many.
///
/// # Errors
/// When the database fails.
pub async fn prune(conn: &mut AsyncPgConnection) -> Result<usize> {
    Ok(Statement::new(
        "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles \
         WHERE updated_at < now() - interval '1 day' AND blocked_until < now() \
         LIMIT 1000 FOR UPDATE SKIP LOCKED)",
    )
    .execute(conn)
    .await?)
}
