//! Whether PostgreSQL has as many connections for this server as it may open.

use diesel::{QueryableByName, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{ConnectOptions, Db, large, statement::Statement};
use crate::error::Result;

/// The one that listens to what happens.
const LISTENERS: usize = 1;

#[derive(QueryableByName)]
struct Allowed {
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
}

/// The least of what the server, the role and the database allow; -1 stands for any number there.
const ALLOWED: &str = "SELECT least(
    current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint,
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
    (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())) AS count";

/// How many connections this server may open, and how many PostgreSQL allows, where these are fewer.
///
/// # Errors
/// When the database fails.
pub async fn shortage(db: &Db, options: &ConnectOptions) -> Result<Option<(usize, i64)>> {
    let own = [options.readers, options.pool_size, options.wide_reads, large::AT_ONCE, LISTENERS];
    let wanted = own.iter().sum();
    let reader = db.read().await?;
    let mut conn: &AsyncPgConnection = &reader;
    let allowed: Allowed = Statement::new(ALLOWED).get_result(&mut conn).await?;
    let is_short = i64::try_from(wanted).is_ok_and(|wanted| wanted > allowed.count);
    Ok(is_short.then_some((wanted, allowed.count)))
}
