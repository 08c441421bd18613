//! The migrations, embedded in the binary.
//!
//! An advisory lock lets any number of instances start at once: one migrates, the others wait and
//! find nothing left to do.

use diesel::{
    QueryableByName,
    migration::{Migration, MigrationSource, MigrationVersion},
    pg::Pg,
    sql_types,
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::endpoint::Endpoint;
use crate::error::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Any number that no other program on the same database takes: "rookery" in ASCII.
const LOCK_KEY: i64 = 0x72_6f_6f_6b_65_72_79;

/// A migration and whether it has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its folder's name; of one that is unknown its version alone.
    pub name: String,
    /// Whether the database has it.
    pub state: State,
}

/// Whether a database has a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has.
    Applied,
    /// Not yet.
    Pending,
    /// It has, and this binary does not know it: a newer one was here.
    Unknown,
}

/// Runs all migrations that the database lacks; returns their names.
///
/// # Errors
/// When one fails; it is then undone as a whole.
pub async fn up(endpoint: &Endpoint) -> Result<Vec<String>> {
    let mut connection = connect(endpoint).await?;
    check_fitness(endpoint, &mut connection).await?;
    with_lock(connection, |harness| {
        let mut ran = Vec::new();
        for migration in harness.pending_migrations(MIGRATIONS).map_err(Error::Internal)? {
            harness.run_migration(migration.as_ref()).map_err(Error::Internal)?;
            ran.push(migration.name().to_string());
        }
        let unknown = unknown(harness)?;
        if !unknown.is_empty() {
            let versions = unknown.join(", ");
            tracing::warn!(
                versions,
                "a newer version migrated the database; this one may fail on it"
            );
        }
        Ok(ran)
    })
    .await
}

/// Undoes the latest `count` migrations; returns their names, in the order in which they went.
///
/// # Errors
/// When one fails; it is then left in place as a whole.
pub async fn down(endpoint: &Endpoint, count: usize) -> Result<Vec<String>> {
    with_lock(connect(endpoint).await?, move |harness| {
        let known = known()?;
        let applied = harness.applied_migrations().map_err(Error::Internal)?.len();
        let mut undone = Vec::new();
        let unknown = unknown(harness)?;
        if let Some(latest) = unknown.last().filter(|_| count > 0) {
            return Err(Error::internal(format!(
                "a newer version made the migration {latest}, and only that version can undo it"
            )));
        }
        for _ in 0..count.min(applied) {
            let version = harness.revert_last_migration(MIGRATIONS).map_err(Error::Internal)?;
            let named = known.iter().find(|migration| migration.name().version() == version);
            undone
                .push(named.map_or(version.to_string(), |migration| migration.name().to_string()));
        }
        Ok(undone)
    })
    .await
}

/// Every migration that this binary knows, oldest first, then those that it does not. Waits for nobody
/// and writes nothing.
///
/// # Errors
/// When the database cannot be asked.
pub async fn status(endpoint: &Endpoint) -> Result<Vec<MigrationStatus>> {
    let mut connection = connect(endpoint).await?;
    let table =
        diesel::sql_query("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS yes");
    let mut applied: Vec<Version> = Vec::new();
    if table.get_result::<Answer>(&mut connection).await?.yes {
        let versions = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
        applied = diesel::sql_query(versions).load(&mut connection).await?;
    }
    let mut known: Vec<_> = known()?
        .iter()
        .map(|migration| (migration.name().to_string(), migration.name().version().to_string()))
        .collect();
    known.sort();
    let is_known = |version: &str| known.iter().any(|(_, known)| known == version);
    let unknown: Vec<_> = applied.iter().filter(|row| !is_known(&row.version)).collect();
    let unknown = unknown
        .into_iter()
        .map(|row| MigrationStatus { name: row.version.clone(), state: State::Unknown });
    let known = known.iter().map(|(name, version)| {
        let is_applied = applied.iter().any(|row| row.version == *version);
        let state = if is_applied { State::Applied } else { State::Pending };
        MigrationStatus { name: name.clone(), state }
    });
    Ok(known.chain(unknown).collect())
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = sql_types::Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = sql_types::Bool)]
    yes: bool,
}

/// The versions that the database has and this binary does not know, the oldest first.
fn unknown(harness: &mut Harness) -> Result<Vec<String>> {
    let known = known()?;
    let is_known = |version: &MigrationVersion<'_>| {
        known.iter().any(|migration| migration.name().version() == *version)
    };
    let applied = harness.applied_migrations().map_err(Error::Internal)?;
    let unknown = applied.iter().rev().filter(|version| !is_known(version));
    Ok(unknown.map(ToString::to_string).collect())
}

fn known() -> Result<Vec<Box<dyn Migration<Pg>>>> {
    MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(Error::Internal)
}

type Harness = AsyncMigrationHarness<AsyncPgConnection>;

async fn with_lock<T: Send + 'static>(
    mut connection: AsyncPgConnection,
    work: impl FnOnce(&mut Harness) -> Result<T> + Send + 'static,
) -> Result<T> {
    let free = diesel::sql_query(format!("SELECT pg_try_advisory_lock({LOCK_KEY}) AS yes"));
    if !free.get_result::<Answer>(&mut connection).await?.yes {
        tracing::info!("another instance migrates the database; waiting until it is done");
        connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK_KEY})")).await?;
    }
    // Migrations are synchronous: they run beside the async threads. The lock ends with the connection.
    tokio::task::spawn_blocking(move || work(&mut AsyncMigrationHarness::new(connection)))
        .await
        .map_err(Error::internal)?
}

/// The first connection of every command: where it leads tells what is wrong with the settings.
async fn connect(endpoint: &Endpoint) -> Result<AsyncPgConnection> {
    let (connection, _) = endpoint.without_limits().connect().await.map_err(|error| {
        Error::ServiceUnavailable(format!("{}: {error}", endpoint.place()).into())
    })?;
    Ok(connection)
}

/// Refuses a database in which names would not be unique in any case, or that cannot hold every text.
///
/// # Errors
/// When it is such a database, or cannot be asked.
async fn check_fitness(endpoint: &Endpoint, connection: &mut AsyncPgConnection) -> Result<()> {
    let fit = "SELECT current_setting('server_encoding') = 'UTF8' AND lower('I') = 'i' AS yes";
    if diesel::sql_query(fit).get_result::<Answer>(connection).await?.yes {
        return Ok(());
    }
    Err(Error::internal(format!(
        "{} does not hold every text, or makes letters small as Turkish does, so that names would not be \
         unique; make the database anew with ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0",
        endpoint.place()
    )))
}
