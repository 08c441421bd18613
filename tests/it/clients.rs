//! The audits of GraphQL over HTTP against this server, where Node is there to run them. Other people's
//! clients are tried against the release binary, by `.ci/run`.

use std::{
    fs,
    io::{Write, stderr},
    path::PathBuf,
    process::Stdio,
};

use tokio::process::Command;

use crate::support::app::{SECRET_KEY, TestApp};

const AUDITS: &str = "graphql-http.test.mjs";

/// The lock file by which the packages were installed, kept beside them.
const INSTALLED_LOCK: &str = "node_modules/.installed-lock.json";

#[tokio::test]
async fn the_graphql_http_audits_pass() {
    if !install().await {
        // Past the test harness, which shows nothing of a test that passes.
        let _unread = writeln!(stderr(), "NOT RUN, since there is no Node: tests/clients/{AUDITS}");
        return;
    }
    let (app, _anon) = TestApp::init().await;
    let mut node = command("node");
    node.args(["--test", AUDITS])
        .env("ROOKERY_URL", format!("http://{}", app.address))
        .env("ROOKERY_SECRET_KEY", SECRET_KEY);
    let ran = node.output().await.unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
}

/// Installs the packages of the clients, unless they are there; `false` where there is no Node.
async fn install() -> bool {
    let there = command("node").arg("--version").stdout(Stdio::null()).status().await;
    if !there.is_ok_and(|status| status.success()) {
        return false;
    }
    // Installing takes longer than the tests, so only once for each lock file.
    let (wanted, done) = (folder().join("package-lock.json"), folder().join(INSTALLED_LOCK));
    let wanted = fs::read(wanted).unwrap();
    if fs::read(&done).is_ok_and(|lock| lock == wanted) {
        return true;
    }
    let installed = command("npm").args(["ci", "--no-audit", "--no-fund"]).output().await.unwrap();
    let why = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "npm ci in tests/clients failed: {why}");
    fs::write(done, wanted).unwrap();
    true
}

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "clients"].iter().collect()
}
