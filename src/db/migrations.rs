//! The migrations, embedded in the binary.
//!
//! An advisory lock lets any number of instances start at once: one migrates, the others wait and
//! find nothing left to do.

use diesel::{
    migration::{Migration, MigrationSource, MigrationVersion},
    pg::Pg,
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
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
    with_lock(endpoint, |harness| {
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
    with_lock(endpoint, move |harness| {
        let known = known()?;
        let applied = harness.applied_migrations().map_err(Error::Internal)?.len();
        let mut undone = Vec::new();
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

/// Every migration that this binary knows, oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn status(endpoint: &Endpoint) -> Result<Vec<MigrationStatus>> {
    with_lock(endpoint, |harness| {
        let pending = harness.pending_migrations(MIGRATIONS).map_err(Error::Internal)?;
        let pending: Vec<String> = pending.iter().map(|m| m.name().to_string()).collect();
        let mut names: Vec<_> = known()?.iter().map(|m| m.name().to_string()).collect();
        names.sort();
        let known = names.into_iter().map(|name| {
            let state = if pending.contains(&name) { State::Pending } else { State::Applied };
            MigrationStatus { name, state }
        });
        let unknown = unknown(harness)?.into_iter();
        let unknown = unknown.map(|name| MigrationStatus { name, state: State::Unknown });
        Ok(known.chain(unknown).collect())
    })
    .await
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
    endpoint: &Endpoint,
    work: impl FnOnce(&mut Harness) -> Result<T> + Send + 'static,
) -> Result<T> {
    // The first connection of every command: where it leads tells what is wrong with the settings.
    let (mut connection, _) = endpoint.without_limits().connect().await.map_err(|error| {
        Error::ServiceUnavailable(format!("{}: {error}", endpoint.place()).into())
    })?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK_KEY})")).await?;
    // Migrations are synchronous: they run beside the async threads. The lock ends with the connection.
    tokio::task::spawn_blocking(move || work(&mut AsyncMigrationHarness::new(connection)))
        .await
        .map_err(Error::internal)?
}
