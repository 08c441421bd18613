//! The program itself, as a person starts it.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread::{self, JoinHandle},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::Client,
    db::{TestDb, cache_dir, connect},
    scratch::Scratch,
    user::PASSWORD,
};

/// The program with these settings and no others.
pub fn rookery(arguments: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rookery"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.args(arguments.split_whitespace()).env_clear().env("PATH", path);
    if let Some(folder) = std::env::var_os("POSTGRES_BIN_DIR") {
        command.env("POSTGRES_BIN_DIR", folder);
    }
    // Where there is no .env.
    command.envs(settings.iter().copied()).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &str, settings: &[(&str, &str)]) -> Output {
    rookery(arguments, settings).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What it printed, when all went well.
pub fn printed(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

/// What it complained about, and its exit code.
fn complaint(output: &Output) -> (&str, i32) {
    (text(&output.stderr), output.status.code().unwrap())
}

/// A server that was started as a program.
pub struct Server {
    pub process: Child,
    pub port: u16,
    /// What it has said until it was ready.
    said: String,
    /// What it has said since.
    rest: Option<JoinHandle<String>>,
}

impl Server {
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let mut process = rookery("serve", settings).env("PORT", "0").spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let port = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {said}")).unwrap();
            said.push_str(&line);
            said.push('\n');
            if let Some((_, address)) = line.split_once("http://127.0.0.1:") {
                break address.split_once("/graphql").unwrap().0.parse().unwrap();
            }
        };
        // What nobody reads must not stop it.
        let rest = thread::spawn(move || {
            lines.map_while(Result::ok).fold(String::new(), |said, line| said + &line + "\n")
        });
        Self { process, port, said, rest: Some(rest) }
    }

    async fn ask(&self, document: &str) -> Value {
        let client = Client::new(([127, 0, 0, 1], self.port).into(), None);
        client.query(document, Value::Null).await.json
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    pub fn end(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }

    /// What it said from when it was ready until its end.
    pub fn log(&mut self) -> String {
        self.rest.take().unwrap().join().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}

#[test]
fn the_schema_needs_no_settings_and_a_closed_pipe_is_no_error() {
    let output = run("schema", &[("PORT", "nonsense")]);
    assert_eq!(printed(&output), rookery::graphql::sdl());

    let mut process = rookery("schema", &[]).spawn().unwrap();
    let mut one = [0];
    // The pipe holds less than the schema, so that the rest meets its end.
    process.stdout.take().unwrap().read_exact(&mut one).unwrap();
    let output = process.wait_with_output().unwrap();
    assert_eq!(complaint(&output), ("", 0));
}

#[test]
fn wrong_settings_are_named_together_before_anything_else_happens() {
    let wrong = [("PORT", "eighty"), ("SECRET_KEY", "hunter2"), ("LOG", "rookery=loud")];
    for command in ["", "serve", "migrate up", "seed", "user promote ada"] {
        let output = run(command, &wrong);
        let (said, code) = complaint(&output);
        assert_eq!(code, 2, "{said}");
        for part in ["PORT: \"eighty\"", "SECRET_KEY: too short", "LOG: \"rookery=loud\""] {
            assert!(said.contains(part), "{part} is missing in: {said}");
        }
        assert!(!said.contains("hunter2"), "{said}");
    }
    let output = run("config", &wrong);
    assert!(text(&output.stdout).contains("PORT = eighty  [environment]"));
    assert_eq!(complaint(&output).1, 2);
}

#[tokio::test]
async fn a_server_answers_and_stops_when_it_is_asked_to() {
    let db = TestDb::new().await;
    for signal in [Signal::INT, Signal::TERM] {
        let mut server = Server::start(&[("DATABASE_URL", db.url()), ("DATA_DIR", "cli")]);
        let answer = server.ask("{ __typename }").await;
        assert_eq!(answer["data"]["__typename"], "Query");

        let port = server.port.to_string();
        let output = run("serve", &[("DATABASE_URL", db.url()), ("PORT", &port)]);
        let (said, code) = complaint(&output);
        assert!(
            code == 1 && said.contains(&format!("port {port} of 127.0.0.1 is taken")),
            "{said}"
        );

        server.signal(signal);
        assert_eq!(server.end(), Some(0));
    }
}

#[test]
fn a_database_that_is_not_there_is_said_in_one_sentence() {
    let output = run("migrate status", &[("DATABASE_URL", "postgres://me:secret@127.0.0.1:1/x")]);
    let (said, code) = complaint(&output);
    assert_eq!(code, 1);
    assert!(said.starts_with("error: the database cannot be reached: "), "{said}");
    assert!(said.lines().count() == 1 && !said.contains("secret"), "{said}");
}

#[tokio::test]
async fn commands_work_beside_a_server_with_a_database_of_its_own() {
    let scratch = Scratch::new();
    let settings = [("DATA_DIR", scratch.path().to_str().unwrap()), ("LOG_FORMAT", "pretty")];
    // Binaries that had to be fetched are kept for all tests.
    let fetched = scratch.path().join("cache");
    std::os::unix::fs::symlink(made(&cache_dir()), fetched).unwrap();
    let mut server = Server::start(&settings);
    assert!(server.said.contains("Applied the migration 2026-01-01-000001_accounts"));

    assert!(!printed(&run("migrate status", &settings)).contains("pending"));
    printed(&run("seed --users 3", &settings));
    assert_eq!(printed(&run("user promote DEMO", &settings)), "demo is an admin.\n");
    let query = r#"{ user(by: { username: "demo" }) { role } }"#;
    assert_eq!(server.ask(query).await["data"]["user"]["role"], "ADMIN");

    let output = run("serve", &[settings[0], ("PORT", "0")]);
    let (said, code) = complaint(&output);
    assert!(code == 1 && said.contains("is in use by another running server"), "{said}");

    server.signal(Signal::TERM);
    assert_eq!(server.end(), Some(0));
    // The server has taken its database along; a command alone starts it for itself.
    assert!(!scratch.path().join("postgres/data/postmaster.pid").exists());
    assert!(!printed(&run("migrate status", &settings)).contains("pending"));
    assert!(!scratch.path().join("postgres/data/postmaster.pid").exists());
}

fn made(folder: &Path) -> &Path {
    std::fs::create_dir_all(folder).unwrap();
    folder
}

#[tokio::test]
async fn accounts_are_managed_by_name() {
    let db = TestDb::new().await;
    let settings = [("DATABASE_URL", db.url())];
    printed(&run("seed --users 5", &settings));
    let name: String = connect(db.url())
        .await
        .query_one("SELECT username FROM users WHERE username <> 'demo' LIMIT 1", &[])
        .await
        .unwrap()
        .get(0);
    let limits = "CREATE FUNCTION refuse_limits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF current_setting('statement_timeout') <> '0' OR current_setting('lock_timeout') <> '0'
            THEN RAISE EXCEPTION 'a suspension of somebody who wrote much takes its time'; END IF;
            RETURN new;
        END $$;
        CREATE TRIGGER refuse_limits BEFORE UPDATE ON users
            FOR EACH ROW EXECUTE FUNCTION refuse_limits()";
    connect(db.url()).await.batch_execute(limits).await.unwrap();
    let says = |command: &str, who: &str| {
        let output = run(&format!("user {command} {who}"), &settings);
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout).to_owned()
    };
    assert_eq!(says("promote", "demo"), "demo is an admin.\n");
    assert_eq!(says("suspend", &name.to_uppercase()), format!("{name} is suspended.\n"));
    assert_eq!(says("restore", &name), format!("{name} is not suspended.\n"));

    let refused = run("user demote demo --reason unwell", &settings);
    assert_eq!(
        complaint(&refused),
        ("error: demo is the last admin; make somebody else one first\n", 1)
    );
    let unknown = run("user suspend nobody_at_all", &settings);
    assert_eq!(complaint(&unknown), ("error: nobody has the username nobody_at_all\n", 1));
}

#[tokio::test]
async fn who_forgot_their_password_gets_another() {
    let (app, anonymous) = TestApp::init().await;
    let ada = app.user("ada").await;
    let said = run("user reset-password ADA", &[("DATABASE_URL", app.database_url())]);
    let new = printed(&said).strip_prefix("The password of ada is ").unwrap();
    let new = new.strip_suffix(" now.\n").unwrap();
    assert_eq!(ada.query("{ me { id } }", json!({})).await.code(), Some("UNAUTHENTICATED"));
    let login = "mutation ($password: String!) { login(input: { identifier: \"ada\",
        password: $password }) { user { username } } }";
    let answer = anonymous.query(login, json!({ "password": new })).await;
    assert_eq!(answer.data("/login/user/username"), "ada", "{}", answer.text);
    let answer = anonymous.query(login, json!({ "password": PASSWORD })).await;
    assert!(answer.data("/login/user").is_null(), "{}", answer.text);
}

#[tokio::test]
async fn commands_about_what_is_there_make_no_database_and_ask_before_they_empty_one() {
    let scratch = Scratch::new();
    let settings = [("DATA_DIR", scratch.path().to_str().unwrap())];
    for command in ["user promote ada", "migrate status", "migrate down --yes", "media sweep"] {
        let output = run(command, &settings);
        let (said, code) = complaint(&output);
        assert!(code == 1 && said.starts_with("error: there is no database in "), "{said}");
    }
    assert!(!scratch.path().join("postgres/data").exists());

    let db = TestDb::new().await;
    let settings = [("DATABASE_URL", db.url())];
    let output = run("migrate down --all", &settings);
    let (said, code) = complaint(&output);
    assert!(code == 1 && said.contains("say --yes"), "{said}");
    assert!(!printed(&run("migrate status", &settings)).contains("pending"));
    printed(&run("migrate down --yes", &settings));
    let output = run("user promote ada", &settings);
    let (said, code) = complaint(&output);
    assert!(code == 1 && said.contains("lacks 1 of"), "{said}");
    assert!(said.contains("rookery migrate up"), "{said}");
}
