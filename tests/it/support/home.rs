//! Where servers of tests live, one after the other: a thread, an empty database and the connections
//! to it.
//!
//! What a test asks is cheap. Connections are not: each is a process of PostgreSQL's, which looks up
//! every table and plans every statement for itself, and that is most of what a test costs. So they
//! outlive the test. All else of a server is made anew for each, and of a database what is written in
//! it. Where a test has changed what else there is in a database, or has left very many rows, or
//! something that still runs, neither is used again.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rookery::{
    config::{Config, Source},
    db::{ConnectOptions, Db},
};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{Client, Statement, types::FromSql};

use super::db::{TestDb, connect};

/// Those where nobody lives.
static EMPTY: Mutex<Vec<Home>> = Mutex::new(Vec::new());

/// How many are kept. There are about as many as tests run at once.
const MOST_EMPTY: usize = 6;

/// How long it may take until all has ended that a server began.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many others do something in the database, or listen to it.
const UNDER_WAY: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND (state IS DISTINCT FROM 'idle' OR application_name = 'rookery listener')";

/// What there is beside rows: how much of each kind, and which transaction was the last to change it.
const BESIDE_ROWS: &str = "SELECT concat_ws(' ',
    (SELECT (count(*), max(xmin::text::bigint)) FROM pg_class WHERE oid >= 16384),
    (SELECT (count(*), max(xmin::text::bigint)) FROM pg_attribute WHERE attrelid >= 16384),
    (SELECT (count(*), max(xmin::text::bigint)) FROM pg_index WHERE indexrelid >= 16384),
    (SELECT (count(*), max(xmin::text::bigint)) FROM pg_constraint WHERE oid >= 16384),
    (SELECT (count(*), max(xmin::text::bigint)) FROM pg_trigger WHERE oid >= 16384),
    (SELECT (count(*), max(xmin::text::bigint)) FROM pg_proc WHERE oid >= 16384),
    (SELECT (count(*), max(xmin::text::bigint)) FROM pg_statistic WHERE starelid >= 16384),
    (SELECT (count(*), max(setting.xmin::text::bigint)) FROM pg_db_role_setting AS setting
     JOIN pg_database ON oid = setdatabase WHERE datname = current_database()))";

/// Rows that are deleted keep their place for a while, and are read over.
const IS_SMALL: &str = "SELECT sum(pg_relation_size(oid)) < 4 << 20 FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";

/// All tests share the connections that PostgreSQL allows.
const HAS_FEW_CONNECTIONS: &str =
    "SELECT count(*) <= 7 FROM pg_stat_activity WHERE datname = current_database()";

/// Ends whatever a test may have begun on the connection for its own statements.
const LET_GO: &str = "ROLLBACK; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL;
    UNLISTEN *; DISCARD TEMP; SELECT pg_advisory_unlock_all()";

/// The statement that tells how to empty those tables that are not. Most tests fill a few.
const EMPTYING: &str = "SELECT format('SELECT concat(%s)', string_agg(
        format('CASE WHEN EXISTS (SELECT FROM %1$I) THEN ''DELETE FROM %1$I;'' END', relname), ', '))
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '__diesel_schema_migrations'";

/// A home for one server at a time.
pub struct Home {
    runtime: Handle,
    db: Arc<TestDb>,
    ways: Db,
    past_the_server: Arc<Client>,
    under_way: Statement,
    /// Asks whether the next test finds here what the first one found.
    is_as_built: Statement,
    /// Asks how to empty the tables.
    emptying: Statement,
    /// Its thread lives for as long as this does.
    _lives: oneshot::Sender<()>,
}

impl Home {
    /// An empty one, or where there is none a new one.
    pub async fn take() -> Self {
        let empty = EMPTY.lock().unwrap().pop();
        match empty {
            Some(home) => home,
            None => Self::build().await,
        }
    }

    async fn build() -> Self {
        let (reply, built) = oneshot::channel();
        let live = move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (lives, ended) = oneshot::channel::<()>();
                // A test that gave up does not take it.
                drop(reply.send(Self::furnish(lives).await));
                let _ended = ended.await;
            });
        };
        thread::Builder::new().name("home".to_owned()).spawn(live).unwrap();
        built.await.unwrap()
    }

    async fn furnish(lives: oneshot::Sender<()>) -> Self {
        let db = Arc::new(TestDb::new().await);
        let config = Config::read(&Source::from_pairs([("DATABASE_URL", db.url())])).unwrap();
        let client = connect(db.url()).await;
        let beside_rows: String = client.query_one(BESIDE_ROWS, &[]).await.unwrap().get(0);
        let is_as_built = format!(
            "SELECT ({BESIDE_ROWS}) = '{beside_rows}' AND ({IS_SMALL}) AND ({HAS_FEW_CONNECTIONS})"
        );
        let emptying: String = client.query_one(EMPTYING, &[]).await.unwrap().get(0);
        Self {
            runtime: Handle::current(),
            ways: Db::new(&ConnectOptions::new(&config, None).unwrap()).unwrap(),
            under_way: client.prepare(UNDER_WAY).await.unwrap(),
            is_as_built: client.prepare(&is_as_built).await.unwrap(),
            emptying: client.prepare(&emptying).await.unwrap(),
            past_the_server: Arc::new(client),
            db,
            _lives: lives,
        }
    }

    pub fn runtime(&self) -> Handle {
        self.runtime.clone()
    }

    pub fn db(&self) -> Arc<TestDb> {
        self.db.clone()
    }

    /// The server's connections.
    pub fn ways(&self) -> Db {
        self.ways.clone()
    }

    /// A connection for a test's own statements.
    pub fn past_the_server(&self) -> Arc<Client> {
        self.past_the_server.clone()
    }

    /// Cleans up after the server that lived here has ended, for the next one.
    pub fn rest_after(self, serving: Option<JoinHandle<std::io::Result<()>>>) {
        self.runtime().spawn(async move {
            let clean = async {
                if let Some(serving) = serving {
                    serving.await.unwrap().unwrap();
                }
                self.past_the_server.batch_execute(LET_GO).await.unwrap();
                self.rest().await;
                let as_built = self.ask(&self.is_as_built).await;
                if as_built {
                    self.empty().await;
                }
                as_built
            };
            if timeout(PATIENCE, clean).await == Ok(true) {
                let mut empty = EMPTY.lock().unwrap();
                if empty.len() < MOST_EMPTY {
                    empty.push(self);
                }
            }
        });
    }

    /// Waits until nothing is under way, here and in the database; twice, since what the server does on
    /// its own may be between two statements.
    async fn rest(&self) {
        let (mut pause, mut quiet) = (Duration::from_millis(1), 0);
        while quiet < 2 {
            let at_rest = self.ways.pools().iter().all(|(_, pool)| pool.in_use + pool.waiting == 0);
            if at_rest && self.ask::<i64>(&self.under_way).await == 0 {
                quiet += 1;
            } else {
                quiet = 0;
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(50));
            }
        }
    }

    async fn ask<T: for<'a> FromSql<'a>>(&self, question: &Statement) -> T {
        self.past_the_server.query_one(question, &[]).await.unwrap().get(0)
    }

    /// Without triggers and checks of keys, since all goes.
    async fn empty(&self) {
        let deletions: String = self.ask(&self.emptying).await;
        let empty =
            format!("BEGIN; SET LOCAL session_replication_role = replica; {deletions} COMMIT");
        self.past_the_server.batch_execute(&empty).await.unwrap();
    }
}
