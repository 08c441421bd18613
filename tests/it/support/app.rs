//! A server of a test's own on a database of its own, and the way to its end.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rookery::{
    app::App,
    config::{Config, Source},
    db::ConnectOptions,
};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{OnceCell, oneshot},
    task::JoinHandle,
};

use super::{
    client::Client,
    db::{TestDb, connect},
};

/// The key that signs the test server's access tokens.
pub const SECRET_KEY: &str = "a key for tests, of enough bytes";

/// A running server. Dropping it ends the server, then its database.
pub struct TestApp {
    /// The parts of the server, for what has no API.
    pub app: App,
    pub address: SocketAddr,
    /// A connection to the database that statements past the server share.
    pub(super) past_the_server: OnceCell<tokio_postgres::Client>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
    db: Arc<TestDb>,
    /// Where it keeps pictures.
    uploads: Arc<TempDir>,
}

impl TestApp {
    /// A server with the default settings, and a stranger's client.
    pub async fn init() -> (Self, Client) {
        Self::with_settings(&[]).await
    }

    /// A server with these settings.
    pub async fn with_settings(settings: &[(&str, &str)]) -> (Self, Client) {
        let uploads = Arc::new(tempfile::tempdir().unwrap());
        Self::on(Arc::new(TestDb::new().await), uploads, settings).await
    }

    /// A server with these settings on this database, and a stranger's client.
    pub async fn of(db: TestDb, settings: &[(&str, &str)]) -> (Self, Client) {
        Self::on(Arc::new(db), Arc::new(tempfile::tempdir().unwrap()), settings).await
    }

    /// A server on a database of its own with what is in this one's, which must have stopped.
    pub async fn copy_with(&self, settings: &[(&str, &str)]) -> (Self, Client) {
        let uploads = Arc::new(tempfile::tempdir().unwrap());
        Self::on(Arc::new(self.db.copy().await), uploads, settings).await
    }

    /// Another instance of the server on the same database.
    pub async fn another(&self) -> (Self, Client) {
        self.another_with(&[]).await
    }

    /// Another instance with these settings.
    pub async fn another_with(&self, settings: &[(&str, &str)]) -> (Self, Client) {
        Self::on(self.db.clone(), self.uploads.clone(), settings).await
    }

    async fn on(
        db: Arc<TestDb>,
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
        let options = ConnectOptions::new(&config, None).unwrap();
        let app = App::new(config, &options).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _stopped_or_dropped = stopped.await;
        };
        let serving = tokio::spawn(rookery::http::serve(listener, app.clone(), shutdown));
        let stop = Some(stop);
        let past_the_server = OnceCell::new();
        let test = Self { app, address, past_the_server, stop, serving, db, uploads };
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

    /// A client that sends this access token, if any.
    pub fn client(&self, token: Option<String>) -> Client {
        Client::new(self.address, token)
    }

    /// Waits until so many subscriptions hear what happens.
    pub async fn subscriptions(&self, count: usize) {
        let there = async {
            while self.app.hub.subscriptions() != count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), there).await;
        let found = self.app.hub.subscriptions();
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
        (&mut self.serving).await.unwrap().unwrap();
    }
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
        self.serving.abort();
    }
}
