//! Other people's clients against this server, where Node is there to run them. What needs a browser
//! or takes long is only run in CI: `.ci/run`.

use std::{
    fs,
    io::{Write, stderr},
    path::PathBuf,
    process::Stdio,
};

use tokio::{process::Command, sync::OnceCell};

use crate::support::app::{SECRET_KEY, TestApp};

/// Enough for every kind of change; many more are judged in CI, against the same rules.
const VALIDATION_DOCUMENTS: &str = "200";

/// The lock file by which the packages were installed, kept beside them.
const INSTALLED_LOCK: &str = "node_modules/.installed-lock.json";

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
async fn documents_are_judged_as_graphql_js_judges_them() {
    run("validation.test.mjs").await;
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
    if !is_there(file).await {
        return;
    }
    let (app, _anon) = TestApp::init().await;
    let mut node = command("node");
    node.args(["--test", file])
        .env("ROOKERY_URL", format!("http://{}", app.address))
        .env("ROOKERY_SECRET_KEY", SECRET_KEY)
        .env("VALIDATION_DOCUMENTS", VALIDATION_DOCUMENTS);
    succeed(&mut node).await;
}

async fn succeed(command: &mut Command) {
    let ran = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
}

/// Whether the file can be run; says so where it cannot.
async fn is_there(file: &str) -> bool {
    let installed = *INSTALLED.get_or_init(install).await;
    if !installed {
        // Past the test harness, which shows nothing of a test that passes.
        let _unread = writeln!(stderr(), "NOT RUN, since there is no Node: tests/clients/{file}");
    }
    installed
}

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
