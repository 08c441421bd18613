//! The server as a process among others: how it stops, and what it does while its database is away.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use tokio::time::sleep;

use crate::support::{app::TestApp, db::connect, socket::Socket};

const TYPENAME: &str = "{ __typename }";
const SLOW: &str = r#"{ user(by: { username: "nobody" }) { id } }"#;
/// Long enough for a request to arrive, short enough for the database's patience with locks.
const MOMENT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_stopping_server_finishes_what_runs_and_says_that_it_is_not_ready() {
    let (mut app, anon) = TestApp::init().await;
    let mut socket = Socket::introduced(app.address).await;
    let table = app.lock("users").await;
    let running = tokio::spawn({
        let anon = anon.clone();
        async move { anon.query(SLOW, json!({})).await }
    });
    socket.subscribe("1", SLOW).await;
    sleep(MOMENT).await;
    app.begin_stop();
    sleep(MOMENT / 2).await;

    let ready = anon.get("/readyz").await;
    assert_eq!((ready.status, &*ready.text), (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"));
    let refused = anon.query(TYPENAME, json!({})).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.code(), Some("SERVICE_UNAVAILABLE"));
    assert_eq!(anon.get("/livez").await.status, StatusCode::OK);

    table.release().await;
    let finished = json!({ "data": { "user": null } });
    assert_eq!(running.await.unwrap().json, finished);
    assert_eq!(socket.hear().await["payload"], finished);
    assert_eq!(socket.close_code().await, 1001);
    app.stop().await;
}

#[tokio::test]
async fn a_stopping_server_does_not_wait_for_ever() {
    let settings = [("SHUTDOWN_TIMEOUT_SECONDS", "1"), ("DATABASE_LOCK_TIMEOUT_SECONDS", "60")];
    let (mut app, anon) = TestApp::with_settings(&settings).await;
    let _table = app.lock("users").await;
    let _running = tokio::spawn(async move { anon.query(SLOW, json!({})).await });
    sleep(MOMENT).await;
    let begun = Instant::now();
    app.stop().await;
    let took = begun.elapsed();
    assert!((1.0..4.0).contains(&took.as_secs_f64()), "{took:?}");
}

#[tokio::test]
async fn the_database_may_go_away_and_come_back() {
    let (app, anon) = TestApp::alone().await;
    assert_eq!(anon.query(SLOW, json!({})).await.code(), None);
    let (server, name) = app.database_url().rsplit_once('/').unwrap();
    let name = name.split('?').next().unwrap();
    let admin = connect(&app.database_url().replacen(&format!("/{name}"), "/postgres", 1)).await;
    let allow = async |allowed: bool| {
        let statement = format!(
            "ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed};
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        admin.batch_execute(&statement).await.unwrap();
    };
    assert!(server.starts_with("postgres"));

    allow(false).await;
    sleep(MOMENT).await;
    for _ in 0..3 {
        let begun = Instant::now();
        assert_eq!(anon.query(SLOW, json!({})).await.code(), Some("SERVICE_UNAVAILABLE"));
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(anon.query(TYPENAME, json!({})).await.code(), None);
    }
    assert_eq!(anon.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);

    allow(true).await;
    sleep(MOMENT * 2).await;
    assert_eq!(anon.get("/readyz").await.status, StatusCode::OK);
    assert_eq!(anon.query(SLOW, json!({})).await.code(), None);
}
