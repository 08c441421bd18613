//! Databases of tests: copies of a migrated template, in a PostgreSQL of this run.

use std::path::PathBuf;
use std::sync::{LazyLock, mpsc as blocking};
use std::thread;
use std::time::Duration;

use rookery::db::embedded::{DATABASE, EmbeddedPostgres, Options};
use rookery::db::{Endpoint, migrations};
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, NoTls};

use super::scratch::Scratch;

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// A migrated database, dropped with this.
pub struct TestDb {
    name: String,
    url: String,
}

impl TestDb {
    pub async fn new() -> Self {
        let (reply, made) = oneshot::channel();
        CLUSTER.requests.send(Request::Create(reply)).unwrap();
        made.await.unwrap()
    }

    /// One that belongs to a role of this name, which is no superuser. Nothing is in it.
    pub async fn of_role(role: &str) -> Self {
        let mut db = Self::new().await;
        let give = format!(
            "CREATE ROLE {role} LOGIN; ALTER DATABASE {} OWNER TO {role};
             DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION {role}",
            db.name
        );
        connect(&db.url).await.batch_execute(&give).await.unwrap();
        let (_, place) = db.url.split_once('@').unwrap();
        db.url = format!("postgres://{role}@{place}");
        db
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its PostgreSQL logs, which is that of all tests.
    pub fn log(&self) -> PathBuf {
        CLUSTER.scratch.path().join("postgres/server.log")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        // Where the cluster is gone, so is this; a panic here would hide the one that matters.
        let _sent = CLUSTER.requests.send(Request::Drop(self.name.clone()));
    }
}

/// Connects as a client of its own.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Ends a server's connections to this database, which it opens anew when it needs them.
pub async fn end_connections(database: &Client) {
    end(database, "application_name = 'rookery'").await;
}

/// Ends all connections to this database but this one, whoever opened them. They have told their
/// numbers and written their log then: one that rests tells only later, and one that was closed ends
/// later than its client does.
pub async fn end_all_others(database: &Client) {
    end(database, "backend_type = 'client backend' AND pid <> pg_backend_pid()").await;
}

async fn end(database: &Client, whose: &str) {
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND {whose}"
    );
    while !database.query(&end, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

enum Request {
    /// A copy of the template.
    Create(oneshot::Sender<TestDb>),
    Drop(String),
}

/// The one PostgreSQL of this process, on a thread and a runtime that outlive every test's.
struct Cluster {
    requests: mpsc::UnboundedSender<Request>,
    scratch: Scratch,
}

impl Cluster {
    fn start() -> Self {
        let scratch = Scratch::new();
        let options = Options {
            data_dir: scratch.path().to_owned(),
            binaries: std::env::var_os("POSTGRES_BIN_DIR").map(Into::into),
            cache_dir: cache_dir(),
            make: true,
            buffers_mib: None,
            durable: false,
        };
        let (requests, received) = mpsc::unbounded_channel();
        let (ready, started) = blocking::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = EmbeddedPostgres::start(options).await.unwrap();
                let template = Endpoint::parse(&server.database_url(DATABASE)).unwrap();
                migrations::up(&template).await.unwrap();
                // Leaves a file of what every connection looks up first, which the copies take over.
                connect(&server.database_url(DATABASE)).await.batch_execute("").await.unwrap();
                ready.send(()).unwrap();
                serve(&server, received).await;
            });
        });
        started.recv().expect("the test database starts");
        Self { requests, scratch }
    }
}

/// Fetched binaries are kept with what else was built.
pub fn cache_dir() -> PathBuf {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres")
}

/// Creating and dropping have a connection each, so that no test waits for another's end.
async fn serve(server: &EmbeddedPostgres, mut requests: mpsc::UnboundedReceiver<Request>) {
    let admin = server.database_url("postgres");
    let (creates, drops) = (connect(&admin).await, connect(&admin).await);
    let (spent, mut to_drop) = mpsc::unbounded_channel::<String>();
    tokio::spawn(async move {
        while let Some(name) = to_drop.recv().await {
            let statement = format!("DROP DATABASE {name} WITH (FORCE)");
            drops.batch_execute(&statement).await.unwrap();
        }
    });
    let mut count = 0;
    while let Some(request) = requests.recv().await {
        match request {
            Request::Drop(name) => spent.send(name).unwrap(),
            Request::Create(reply) => {
                count += 1;
                let name = format!("test_{count}");
                let create =
                    format!("CREATE DATABASE {name} TEMPLATE {DATABASE} STRATEGY file_copy");
                creates.batch_execute(&create).await.unwrap();
                // A test that gave up does not take it, and dropping it here drops the database.
                drop(reply.send(TestDb { url: server.database_url(&name), name }));
            }
        }
    }
}
