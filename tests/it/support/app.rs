//! A server of a test's own, and the way to its end.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rookery::{
    app::App,
    auth::{Hasher, Tokens},
    config::{Config, Source},
    db::{ConnectOptions, Connection, Db},
};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    runtime::Handle,
    sync::{OnceCell, oneshot},
    task::JoinHandle,
};

use super::{
    client::Client,
    db::{TestDb, connect},
    home::Home,
};

/// The key that signs the test server's access tokens.
pub const SECRET_KEY: &str = "a key for tests, of enough bytes";

/// A running server. Dropping it tells the server to end.
pub struct TestApp {
    app: App,
    pub address: SocketAddr,
    /// A connection to the database that statements past the server share.
    pub(super) past_the_server: OnceCell<Arc<tokio_postgres::Client>>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<std::io::Result<()>>>,
    db: Arc<TestDb>,
    /// Where it lives, unless the test has a database of its own.
    home: Option<Home>,
    /// Where it keeps pictures.
    uploads: Arc<TempDir>,
}

impl TestApp {
    /// A server with the default settings, and a stranger's client.
    pub async fn init() -> (Self, Client) {
        Self::with_settings(&[]).await
    }

    /// A server with these settings, on an empty database whose connections are there already, unless
    /// the settings are about them.
    pub async fn with_settings(settings: &[(&str, &str)]) -> (Self, Client) {
        if settings.iter().any(|(name, _)| name.starts_with("DATABASE_")) {
            return Self::alone_with(settings).await;
        }
        let home = Home::take().await;
        Self::on(home.db(), Some(home), new_uploads(), settings).await
    }

    /// A server on a database of its own, in the test's own runtime.
    pub async fn alone() -> (Self, Client) {
        Self::alone_with(&[]).await
    }

    /// The same with these settings.
    pub async fn alone_with(settings: &[(&str, &str)]) -> (Self, Client) {
        Self::of(TestDb::new().await, settings).await
    }

    /// A server with these settings on this database, and a stranger's client.
    pub async fn of(db: TestDb, settings: &[(&str, &str)]) -> (Self, Client) {
        Self::on(Arc::new(db), None, new_uploads(), settings).await
    }

    /// Another instance of the server on the same database.
    pub async fn another(&self) -> (Self, Client) {
        self.another_with(&[]).await
    }

    /// Another instance with these settings.
    pub async fn another_with(&self, settings: &[(&str, &str)]) -> (Self, Client) {
        assert!(self.home.is_none(), "who shares a database has one of their own");
        Self::on(self.db.clone(), None, self.uploads.clone(), settings).await
    }

    async fn on(
        db: Arc<TestDb>,
        home: Option<Home>,
        uploads: Arc<TempDir>,
        settings: &[(&str, &str)],
    ) -> (Self, Client) {
        let base = [
            ("DATABASE_URL", db.url()),
            ("PORT", "0"),
            ("SECRET_KEY", SECRET_KEY),
            ("UPLOAD_DIR", uploads.path().to_str().unwrap()),
        ];
        let source = Source::from_pairs(base.into_iter().chain(settings.iter().copied()));
        let mut config = Config::read(&source).unwrap();
        if !settings.iter().any(|(name, _)| name.starts_with("PASSWORD_HASH")) {
            // Far below what the settings allow, since tests log in often.
            (config.password_hash_memory_kib, config.password_hash_passes) = (64, 1);
        }
        let ways = home.as_ref().map(Home::ways);
        let runtime = home.as_ref().map_or_else(Handle::current, Home::runtime);
        let Started { app, address, stop, serving } =
            runtime.spawn(start(config, ways)).await.unwrap();
        let past_the_server = OnceCell::new_with(home.as_ref().map(Home::past_the_server));
        let (stop, serving) = (Some(stop), Some(serving));
        let test = Self { app, address, past_the_server, stop, serving, db, home, uploads };
        let anonymous = test.client(None);
        (test, anonymous)
    }

    /// Where its database is, for what the server itself never does.
    pub fn database_url(&self) -> &str {
        self.db.url()
    }

    /// Where the server keeps pictures.
    pub fn uploads(&self) -> &Path {
        self.uploads.path()
    }

    /// Where the database logs.
    pub fn database_log(&self) -> PathBuf {
        self.db.log()
    }

    /// Locks a table, so that whoever reads it waits.
    pub async fn lock(&self, table: &str) -> Locked {
        let client = connect(self.db.url()).await;
        let statement = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        client.batch_execute(&statement).await.unwrap();
        Locked(client)
    }

    /// The parts of a server that lives in the test's own runtime, for what has no API.
    pub fn parts(&self) -> &App {
        assert!(self.home.is_none(), "a connection opened for this test would end with it");
        &self.app
    }

    /// Ways to the database that are the test's own.
    pub fn db(&self) -> Db {
        Db::new(&ConnectOptions::new(&self.app.config, None).unwrap()).unwrap()
    }

    /// What the server issues and verifies.
    pub fn tokens(&self) -> &Tokens {
        &self.app.tokens
    }

    /// What hashes the server's passwords.
    pub fn hasher(&self) -> &Hasher {
        &self.app.hasher
    }

    /// How many subscriptions hear what happens.
    pub fn subscriptions(&self) -> usize {
        self.app.hub.subscriptions()
    }

    /// Writes past the API, over a connection of the server's.
    pub(super) async fn write<T: Send + 'static, F>(
        &self,
        write: impl FnOnce(Connection) -> F + Send + 'static,
    ) -> T
    where
        F: Future<Output = T> + Send,
    {
        // It may be opened for this, and lives for as long as the runtime in which that happens.
        let runtime = self.home.as_ref().map_or_else(Handle::current, Home::runtime);
        let ways = self.app.db.clone();
        let writing = async move { write(ways.write().await.unwrap()).await };
        runtime.spawn(writing).await.unwrap()
    }

    /// A client that sends this access token, if any.
    pub fn client(&self, token: Option<String>) -> Client {
        Client::new(self.address, token)
    }

    /// Waits until so many subscriptions hear what happens.
    pub async fn until_subscriptions(&self, count: usize) {
        let there = async {
            while self.subscriptions() != count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), there).await;
        let found = self.subscriptions();
        assert!(waited.is_ok(), "{found} subscriptions instead of {count}");
    }

    /// Tells the server to stop, as SIGTERM does.
    pub fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    /// Stops the server and waits until it has.
    pub async fn stop(&mut self) {
        self.begin_stop();
        self.serving.take().unwrap().await.unwrap().unwrap();
    }
}

fn new_uploads() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

/// A server that has just started.
struct Started {
    app: App,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

/// Starts a server in the runtime that runs this, with these connections or with new ones.
async fn start(config: Config, ways: Option<Db>) -> Started {
    let options = ConnectOptions::new(&config, None).unwrap();
    let ways = ways.unwrap_or_else(|| Db::new(&options).unwrap());
    let app = App::with(config, &options, ways).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async {
        let _stopped_or_dropped = stopped.await;
    };
    let serving = tokio::spawn(rookery::http::serve(listener, app.clone(), shutdown));
    Started { app, address, stop, serving }
}

/// A table that is locked until this is released.
pub struct Locked(tokio_postgres::Client);

impl Locked {
    pub async fn release(self) {
        self.0.batch_execute("ROLLBACK").await.unwrap();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        match (self.home.take(), self.serving.take()) {
            // A test that failed may have left anything.
            (Some(home), serving) if !std::thread::panicking() => {
                drop(self.stop.take());
                home.rest_after(serving);
            }
            (_, Some(serving)) => serving.abort(),
            (_, None) => {}
        }
    }
}
