//! The embedded PostgreSQL as its users meet it: starts, crashes, misuse; and the one of the tests.

use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rookery::db::embedded::{DATABASE, EmbeddedError, EmbeddedPostgres, Options};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::sync::OnceCell;

use crate::support::db::{TestDb, cache_dir, connect};
use crate::support::scratch::Scratch;

/// Tells [`holder`] what to hold, when this binary runs itself.
const HOLD: &str = "ROOKERY_TEST_HOLD";

fn options(data_dir: &Path) -> Options {
    Options {
        data_dir: data_dir.to_owned(),
        binaries: std::env::var_os("POSTGRES_BIN_DIR").map(Into::into),
        cache_dir: cache_dir(),
        make: true,
        buffers_mib: None,
        durable: true,
    }
}

/// A folder of data that a server made and left, for tests that are not about how it is made: to make
/// it takes longer than all that they do.
async fn with_data() -> Scratch {
    static MADE: OnceCell<Scratch> = OnceCell::const_new();
    let made = MADE.get_or_init(async || {
        let scratch = Scratch::new();
        let server = EmbeddedPostgres::start(options(scratch.path())).await.unwrap();
        server.stop().await.unwrap();
        scratch
    });
    let (made, copy) = (made.await, Scratch::new());
    // With owners and rights, since PostgreSQL may run as another user.
    let mut copying = Command::new("cp");
    copying.args(["-pR", "postgres"]).arg(copy.path()).current_dir(made.path());
    assert!(copying.status().unwrap().success());
    copy
}

fn server_process(home: &Path) -> Pid {
    let text = std::fs::read_to_string(home.join("data/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
}

fn lives(process: Pid) -> bool {
    test_kill_process(process) != Err(rustix::io::Errno::SRCH)
}

async fn wait_until(what: &str, seconds: u64, mut holds: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < patience, "after {seconds} s still not: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn count_rows(url: &str) -> i64 {
    connect(url).await.query_one("SELECT count(*) FROM kept", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn data_survives_a_stop_and_the_next_start_is_quick() {
    let scratch = Scratch::new();
    let began = Instant::now();
    let server = EmbeddedPostgres::start(options(scratch.path())).await.unwrap();
    println!("first start: {:?}", began.elapsed());
    let process = server_process(server.home());
    let client = connect(&server.database_url(DATABASE)).await;
    client.batch_execute("CREATE TABLE kept AS SELECT 1 AS one").await.unwrap();
    let owner = client
        .query_one(
            "SELECT pg_get_userbyid(datdba)::text, current_user::text, \
             current_setting('server_encoding'), current_setting('listen_addresses'), \
             current_setting('fsync') \
             FROM pg_database WHERE datname = current_database()",
            &[],
        )
        .await
        .unwrap();
    let facts: Vec<String> = (0..owner.len()).map(|column| owner.get(column)).collect();
    assert_eq!(facts, ["app", "app", "UTF8", "", "on"]);
    server.stop().await.unwrap();
    assert!(!lives(process), "stop returned before the server had ended");

    let began = Instant::now();
    let buffers = Options { buffers_mib: NonZeroUsize::new(20), ..options(scratch.path()) };
    let server = EmbeddedPostgres::start(buffers).await.unwrap();
    println!("warm start: {:?}", began.elapsed());
    let client = connect(&server.database_url(DATABASE)).await;
    let kept = client.query_one("SHOW shared_buffers", &[]).await.unwrap();
    assert_eq!(kept.get::<_, &str>(0), "20MB");
    assert_eq!(count_rows(&server.database_url(DATABASE)).await, 1);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_postgres_comes_back_with_its_data() {
    let scratch = with_data().await;
    let server = EmbeddedPostgres::start(options(scratch.path())).await.unwrap();
    let url = server.database_url(DATABASE);
    connect(&url).await.batch_execute("CREATE TABLE kept AS SELECT 1 AS one").await.unwrap();
    let killed = server_process(server.home());
    kill_process(killed, Signal::KILL).unwrap();
    wait_until("postgres is dead", 5, || !lives(killed)).await;

    let patience = Instant::now() + Duration::from_secs(20);
    while tokio_postgres::connect(&url, tokio_postgres::NoTls).await.is_err() {
        assert!(Instant::now() < patience, "it did not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_ne!(server_process(server.home()), killed);
    assert_eq!(count_rows(&url).await, 1);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_start_on_the_same_data_is_told_who_is_there() {
    let scratch = with_data().await;
    let server = EmbeddedPostgres::start(options(scratch.path())).await.unwrap();
    let error = EmbeddedPostgres::start(options(scratch.path())).await.unwrap_err();
    let expected = Some(std::process::id());
    assert!(
        matches!(error, EmbeddedError::InUse { holder, .. } if holder == expected),
        "{error:?}"
    );
    let message = error.to_string();
    assert!(message.contains("in use by another running server"), "{message}");
    // The first one did not suffer.
    connect(&server.database_url(DATABASE)).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_stale_pid_file_with_a_strangers_number_is_no_obstacle() {
    let scratch = with_data().await;
    let server = EmbeddedPostgres::start(options(scratch.path())).await.unwrap();
    let pid_file = server.home().join("data/postmaster.pid");
    let left = std::fs::read_to_string(&pid_file).unwrap();
    let number = server_process(server.home()).to_string();
    server.stop().await.unwrap();

    // PostgreSQL counts only processes of its own account as alive.
    let owner =
        std::os::unix::fs::MetadataExt::uid(&pid_file.parent().unwrap().metadata().unwrap());
    let mut stranger = Command::new("sleep");
    std::os::unix::process::CommandExt::uid(&mut stranger, owner);
    let mut stranger = stranger.arg("60").spawn().unwrap();
    std::fs::write(&pid_file, left.replacen(&number, &stranger.id().to_string(), 1)).unwrap();
    std::os::unix::fs::chown(&pid_file, Some(owner), None).unwrap();

    let server = EmbeddedPostgres::start(options(scratch.path())).await.unwrap();
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was ended");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_setting_that_names_no_postgres_is_told_so() {
    let scratch = Scratch::new();
    let binaries = Some(scratch.path().join("nothing"));
    let error =
        EmbeddedPostgres::start(Options { binaries, ..options(scratch.path()) }).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("POSTGRES_BIN_DIR names"), "{message}");
    assert!(message.contains("nothing/initdb"), "{message}");
}

/// No test: what this binary does when the tests below run it, to be killed.
#[tokio::test]
async fn holder() {
    let Some(held) = std::env::var_os(HOLD) else { return };
    let (_server, _db);
    if held == "test database" {
        _db = TestDb::new().await;
        println!("\nholds {}", _db.url());
    } else {
        _server = EmbeddedPostgres::start(options(&PathBuf::from(held))).await.unwrap();
        println!("\nholds {}", _server.database_url(DATABASE));
    }
    std::future::pending::<()>().await;
}

/// Runs this binary as a [`holder`]; returns it and the address of what it holds.
fn run_holder(held: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["embedded::holder", "--exact", "--nocapture", "--test-threads=1"])
        .env(HOLD, held)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .map(|line| line.unwrap())
        .find_map(|line| line.strip_prefix("holds ").map(str::to_owned))
        .expect("the holder says what it holds");
    (child, url)
}

#[tokio::test]
async fn postgres_dies_with_a_server_that_is_killed_and_nothing_committed_is_lost() {
    let scratch = with_data().await;
    let (mut child, url) = run_holder(scratch.path());
    connect(&url).await.batch_execute("CREATE TABLE kept AS SELECT 1 AS one").await.unwrap();
    let process = server_process(&scratch.path().join("postgres"));
    child.kill().unwrap();
    child.wait().unwrap();

    // At once: it may meet the old server on its way out.
    let server = EmbeddedPostgres::start(options(scratch.path())).await.unwrap();
    assert!(!lives(process), "the old server outlived its own");
    assert_eq!(count_rows(&server.database_url(DATABASE)).await, 1);
    let next = server_process(server.home());
    drop(server);
    wait_until("a server that was only dropped has ended", 10, || !lives(next)).await;
}

#[tokio::test]
async fn a_killed_test_run_leaves_nothing() {
    let (mut child, url) = run_holder(Path::new("test database"));
    let socket = connect(&url).await;
    let folder: String = socket.query_one("SHOW data_directory", &[]).await.unwrap().get(0);
    let home = Path::new(&folder).parent().unwrap();
    let process = server_process(home);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("postgres has ended", 10, || !lives(process)).await;
    let scratch = home.parent().unwrap();
    wait_until("the folder is gone", 10, || !scratch.exists()).await;
}

#[tokio::test]
async fn each_test_has_a_migrated_database_of_its_own() {
    let one = TestDb::new().await;
    let began = Instant::now();
    let two = TestDb::new().await;
    println!("a database: {:?}", began.elapsed());
    let (one, two) = (connect(one.url()).await, connect(two.url()).await);
    let users = "SELECT count(*) FROM users";
    assert_eq!(one.query_one(users, &[]).await.unwrap().get::<_, i64>(0), 0);
    one.batch_execute("CREATE TABLE mine ()").await.unwrap();
    assert!(two.batch_execute("SELECT FROM mine").await.is_err());
}
