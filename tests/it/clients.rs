//! Other people's clients against this server, where Node is there to run them.

use std::{
    io::{Write, stderr},
    path::PathBuf,
    process::Stdio,
};

use tokio::{process::Command, sync::OnceCell};

use crate::support::app::{SECRET_KEY, TestApp};

/// Whether Node is there and the clients' packages are installed.
static INSTALLED: OnceCell<bool> = OnceCell::const_new();

#[tokio::test]
async fn the_graphql_http_audits_pass() {
    run("graphql-http.test.mjs").await;
}

#[tokio::test]
async fn the_apollo_client_works() {
    run("apollo.test.mjs").await;
}

#[tokio::test]
async fn the_urql_client_works() {
    run("urql.test.mjs").await;
}

#[tokio::test]
async fn the_graphql_ws_client_works() {
    run("graphql-ws.test.mjs").await;
}

#[tokio::test]
async fn the_graphql_sse_client_works() {
    run("graphql-sse.test.mjs").await;
}

/// Runs one of the files in `tests/clients` against a server of its own.
async fn run(file: &str) {
    if !*INSTALLED.get_or_init(install).await {
        // Past the test harness, which shows nothing of a test that passes.
        let _unread = writeln!(stderr(), "NOT RUN, since there is no Node: tests/clients/{file}");
        return;
    }
    let (app, _anon) = TestApp::init().await;
    let ran = command("node")
        .args(["--test", file])
        .env("ROOKERY_URL", format!("http://{}", app.address))
        .env("ROOKERY_SECRET_KEY", SECRET_KEY)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
}

async fn install() -> bool {
    let there = command("node").arg("--version").stdout(Stdio::null()).status().await;
    if !there.is_ok_and(|status| status.success()) {
        return false;
    }
    let installed = command("npm").args(["ci", "--no-audit", "--no-fund"]).output().await.unwrap();
    let why = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "npm ci in tests/clients failed: {why}");
    true
}

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "clients"].iter().collect();
    command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    command
}
