//! How the program starts: what it tells meanwhile, and what it does where it cannot.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Output},
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use rookery::db::{Endpoint, migrations};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::time::sleep;
use tokio_postgres::Client as Sql;

use crate::{
    cli::{printed, rookery},
    support::{
        app::SECRET_KEY,
        client::{Client, http},
        db::{TestDb, connect},
    },
};

/// Of whoever migrates.
const LOCK: &str = "SELECT pg_advisory_lock(x'726f6f6b657279'::bigint)";

/// A program that is asked to stop, and what it had said by then.
fn stopped(process: Child, signal: Signal) -> Output {
    kill_process(Pid::from_child(&process), signal).unwrap();
    process.wait_with_output().unwrap()
}

/// A port that is free at this moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Somebody who migrates, and a server that waits for them, with its port.
async fn start_behind_another(db: &TestDb) -> (Sql, Child, u16) {
    let other = connect(db.url()).await;
    other.batch_execute(LOCK).await.unwrap();
    let port = free_port();
    let settings =
        [("DATABASE_URL", db.url()), ("PORT", &port.to_string()), ("SECRET_KEY", SECRET_KEY)];
    (other, rookery("serve", &settings).spawn().unwrap(), port)
}

#[tokio::test]
async fn a_start_that_waits_answers_probes_and_can_be_stopped() {
    let db = TestDb::new().await;
    let (other, starting, port) = start_behind_another(&db).await;
    let client = http().build().unwrap();
    let ask = async |path: &str| {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        client.get(format!("http://{address}{path}")).send().await
    };
    let begun = Instant::now();
    while ask("/livez").await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody listens");
        sleep(Duration::from_millis(10)).await;
    }
    let lives = ask("/livez").await.unwrap();
    assert_eq!((lives.status(), lives.text().await.unwrap().as_str()), (StatusCode::OK, "ok\n"));
    for path in ["/readyz", "/graphql", "/"] {
        let answer = ask(path).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.text().await.unwrap(), "starting\n");
    }
    // Looking waits for nobody.
    let status = rookery("migrate status", &[("DATABASE_URL", db.url())]).output().unwrap();
    assert!(printed(&status).lines().all(|line| line.starts_with("applied  ")), "{status:?}");

    // It listens before it has come as far as to wait, which it says first.
    let waits = "SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted";
    while other.query(waits, &[]).await.unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody waits");
        sleep(Duration::from_millis(10)).await;
    }
    let ended = stopped(starting, Signal::TERM);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert!(said.contains("another instance migrates the database"), "{said}");
    assert!(said.contains("stopped") && !said.contains("ready"), "{said}");
}

#[tokio::test]
async fn a_start_that_waited_serves_who_asked_meanwhile() {
    let db = TestDb::new().await;
    let (other, starting, port) = start_behind_another(&db).await;
    // Over one connection, which is not kept from before to after.
    let client = http().build().unwrap();
    let ready = async || {
        let sent = client.get(format!("http://127.0.0.1:{port}/readyz")).send().await;
        sent.ok().map(|answer| answer.status())
    };
    while ready().await != Some(StatusCode::SERVICE_UNAVAILABLE) {
        sleep(Duration::from_millis(10)).await;
    }
    drop(other);
    let begun = Instant::now();
    while ready().await != Some(StatusCode::OK) {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not become ready");
        sleep(Duration::from_millis(10)).await;
    }
    let anon = Client::new(([127, 0, 0, 1], port).into(), None);
    let answer = anon.query("{ __typename }", json!({})).await;
    assert_eq!(answer.data("/__typename"), "Query");
    // As when its terminal is closed.
    assert_eq!(stopped(starting, Signal::HUP).status.code(), Some(0));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("postgres://ada@127.0.0.1:{port}/rookery?connect_timeout=1");
    let settings = [("DATABASE_URL", url.as_str()), ("PORT", "0")];
    let [status, serving] =
        ["migrate status", "serve"].map(|arguments| rookery(arguments, &settings).spawn().unwrap());
    let status = status.wait_with_output().unwrap();
    assert_eq!(status.status.code(), Some(1));
    let said = String::from_utf8_lossy(&status.stderr).into_owned();
    assert!(said.starts_with("error: the database cannot be reached: "), "{said}");
    assert!(said.contains("did not answer within 5 s"), "{said}");
    // Whoever collects the log finds the reason in it.
    let served = serving.wait_with_output().unwrap();
    assert_eq!(served.status.code(), Some(1));
    let said = String::from_utf8_lossy(&served.stderr).into_owned();
    let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["level"], &last["message"]),
        (&json!("ERROR"), &json!("stopped by a failure"))
    );
    assert!(last["error"].as_str().unwrap().contains("did not answer within 5 s"), "{said}");
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let db = TestDb::new().await;
    let (name, admin) =
        (format!("{}_latin", db.url().rsplit('/').next().unwrap()), connect(db.url()).await);
    let create = format!("CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    admin.batch_execute(&create).await.unwrap();
    let url = db.url().rsplit_once('/').unwrap().0.to_owned() + "/" + &name;
    let refused = migrations::up(&Endpoint::parse(&url).unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("ENCODING 'UTF8'"), "{refused}");
    admin.batch_execute(&format!("DROP DATABASE {name}")).await.unwrap();
}

#[tokio::test]
async fn what_a_newer_version_did_is_not_undone_by_an_older_one() {
    let db = TestDb::new().await;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000001')";
    connect(db.url()).await.batch_execute(newer).await.unwrap();
    let settings = [("DATABASE_URL", db.url())];
    let up = rookery("migrate up", &settings).output().unwrap();
    assert!(
        String::from_utf8_lossy(&up.stderr).contains("a newer version migrated the database"),
        "{up:?}"
    );
    let down = rookery("migrate down --yes", &settings).output().unwrap();
    let said = String::from_utf8_lossy(&down.stderr).into_owned();
    assert!(said.contains("a newer version made the migration 20990101000001"), "{said}");
}
