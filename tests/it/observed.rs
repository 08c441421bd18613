//! What a running server tells those who watch it: a line for every request, and figures.

use std::net::SocketAddr;

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    cli::Server,
    support::{
        client::{Answer, Client},
        db::{TestDb, connect},
        socket::Socket,
    },
};

const PASSWORD: &str = "a secret of hers";
/// What nobody finds in a log, beside tokens.
const SECRETS: [&str; 6] = [
    PASSWORD,
    "a wrong secret",
    "ada@example.com",
    "+442079460000",
    "what somebody looked for",
    "stolen",
];
const SIGN_UP: &str = "mutation SignUp($input: RegisterInput!) { register(input: $input) {
    tokens { accessToken refreshToken } user { id } userErrors { code } } }";

/// A client whose requests bear ids of their own.
struct Numbered(Client);

impl Numbered {
    async fn ask(&self, id: &str, query: &str, variables: Value) -> Answer {
        let request = self.0.request(Method::POST, "/graphql").header("x-request-id", id);
        self.0.send(request.json(&json!({ "query": query, "variables": variables }))).await
    }
}

/// Lets a few things go well and wrong; returns the secrets that only came to be thereby.
async fn use_it(address: SocketAddr) -> Vec<String> {
    let stranger = Numbered(Client::new(address, None));
    let input = json!({ "username": "ada", "email": "ada@example.com", "password": PASSWORD,
                        "phoneNumber": "+442079460000" });
    let answer = stranger.ask("sign-up", SIGN_UP, json!({ "input": input })).await;
    let token =
        |name: &str| answer.data(&format!("/register/tokens/{name}")).as_str().unwrap().to_owned();
    let (access, refresh) = (token("accessToken"), token("refreshToken"));

    let log_in =
        "mutation Enter { login(input: { identifier: \"ada\", password: \"a wrong secret\" }) {
        userErrors { code } } }";
    stranger.ask("wrong-password", log_in, json!({})).await;
    let ada = Numbered(Client::new(address, Some(access.clone())));
    ada.ask("mine", "query Mine { me { id posts { totalCount } followerCount } }", json!({})).await;
    let renew = "mutation Renew($token: String!) { refresh(input: { refreshToken: $token }) {
        userErrors { code } } }";
    stranger.ask("renewed", renew, json!({ "token": refresh })).await;
    stranger.ask("no-field", "query Wrong { nothing }", json!({})).await;
    let post =
        "mutation Post { createPost(input: { title: \"x\", content: \"x\" }) { post { id } } }";
    stranger.ask("not-logged-in", post, json!({})).await;
    let thief = Numbered(Client::new(address, Some("stolen".into())));
    thief.ask("foreign-token", "query Mine { me { id } }", json!({})).await;
    let long = format!("query {} {{ __typename }}", "q".repeat(5_000));
    stranger.ask("long-name", &long, json!({})).await;
    let search = "/graphql?query={users(search:\"what somebody looked for\"){totalCount}}";
    stranger.0.send(stranger.0.request(Method::GET, search)).await;

    let mut socket = Socket::of(address, &access).await;
    socket.subscribe("1", "query OverSocket { me { id } }").await;
    assert_eq!(socket.hear().await["type"], "next");
    assert_eq!(socket.hear().await["type"], "complete");
    vec![access, refresh]
}

/// The lines of the log, each of which is an event.
fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_tells_what_ran_and_what_it_cost_and_no_secret() {
    let db = TestDb::new().await;
    let mut server = Server::start(&[
        ("DATABASE_URL", db.url()),
        ("DATA_DIR", "observed"),
        ("LOG", "rookery=trace,info"),
    ]);
    let secrets = use_it(([127, 0, 0, 1], server.port).into()).await;
    server.signal(Signal::TERM);
    assert_eq!(server.end(), Some(0));
    let log = server.log();
    for secret in SECRETS.into_iter().chain(secrets.iter().map(String::as_str)) {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let lines = lines(&log);
    let mut ending = lines.iter().map(|line| &line["message"]).filter(|said| *said != "request");
    assert!(ending.next_back().is_some_and(|said| said == "stopped"), "{log}");
    let of = |field: &str, value: &str| {
        let mut found = lines.iter().filter(|line| line[field] == value);
        let line = found.next().unwrap_or_else(|| panic!("no {field} {value} in {log}"));
        assert_eq!(found.next(), None, "one line a request");
        assert_eq!(line["message"], "request");
        assert!(line["ms"].as_f64().is_some_and(|ms| ms > 0.0), "{line}");
        line
    };
    for (id, operation, kind, status, errors, statements) in [
        ("sign-up", json!("SignUp"), "mutation", 200, Value::Null, true),
        ("wrong-password", json!("Enter"), "mutation", 200, Value::Null, true),
        ("mine", json!("Mine"), "query", 200, Value::Null, true),
        ("renewed", json!("Renew"), "mutation", 200, Value::Null, true),
        ("no-field", Value::Null, "unknown", 400, json!("GRAPHQL_VALIDATION_FAILED"), false),
        ("not-logged-in", json!("Post"), "mutation", 200, json!("UNAUTHENTICATED"), false),
    ] {
        let line = of("request_id", id);
        let told = (&line["operation"], &line["kind"], &line["status"], &line["errors"]);
        assert_eq!(told, (&operation, &json!(kind), &json!(status), &errors), "{line}");
        assert_eq!(line["sql"].as_i64().is_some_and(|sql| sql > 0), statements, "{line}");
    }
    assert_eq!(of("request_id", "wrong-password")["user_errors"], "WRONG_CREDENTIALS");
    assert_eq!(of("request_id", "sign-up")["user_errors"], Value::Null);
    assert_eq!(of("request_id", "foreign-token")["status"], 401);
    assert_eq!(of("operation", "OverSocket")["transport"], "websocket");
    let name = of("request_id", "long-name")["operation"].as_str().unwrap();
    assert!(name.len() <= 100, "{} characters of a name", name.len());
}

/// What the metrics say of this.
fn figure(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {metrics}"));
    line.trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_tell_what_ran_and_what_it_cost() {
    let db = TestDb::new().await;
    let server = Server::start(&[("DATABASE_URL", db.url()), ("DATA_DIR", "figures")]);
    let address = ([127, 0, 0, 1], server.port).into();
    use_it(address).await;
    let metrics = Client::new(address, None).get("/metrics").await.text;
    let value = |name: &str| figure(&metrics, name);
    for (name, expected) in [
        ("rookery_requests_total{type=\"mutation\"}", 4.0),
        ("rookery_request_seconds_count{type=\"mutation\"}", 4.0),
        ("rookery_errors_total{code=\"UNAUTHENTICATED\",type=\"mutation\"}", 1.0),
        ("rookery_errors_total{code=\"GRAPHQL_VALIDATION_FAILED\",type=\"unknown\"}", 1.0),
        ("rookery_user_errors_total{code=\"WRONG_CREDENTIALS\"}", 1.0),
        ("rookery_pool_in_use{pool=\"writes\"}", 0.0),
        ("rookery_pool_waiting{pool=\"wide_reads\"}", 0.0),
        ("rookery_pool_size{pool=\"large_writes\"}", 0.0),
    ] {
        assert_eq!(value(name), expected, "{name}");
    }
    for name in [
        "rookery_requests_total{type=\"query\"}",
        "rookery_request_seconds_sum{type=\"query\"}",
        "rookery_loader_batch_size_count{loader=\"user_stats\"}",
        "rookery_sql_statements_total",
        "rookery_sql_seconds_total",
        "rookery_pool_size{pool=\"writes\"}",
    ] {
        assert!(value(name) > 0.0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stopped_or_turned_away_is_told_and_counted() {
    let db = TestDb::new().await;
    let mut server = Server::start(&[
        ("DATABASE_URL", db.url()),
        ("DATA_DIR", "stopped"),
        ("REQUEST_TIMEOUT_SECONDS", "1"),
        ("DATABASE_LOCK_TIMEOUT_SECONDS", "60"),
    ]);
    let address = ([127, 0, 0, 1], server.port).into();
    let stranger = Numbered(Client::new(address, None));
    let locks = connect(db.url()).await;
    locks.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let slow = "query Slow { user(by: { username: \"nobody\" }) { id } }";
    assert_eq!(stranger.ask("slow", slow, json!({})).await.status, 504);
    let mut socket = Socket::introduced(address).await;
    socket.subscribe("1", slow).await;
    assert_eq!(socket.hear().await["type"], "error");
    drop(locks);
    let thief = Numbered(Client::new(address, Some("stolen".into())));
    assert_eq!(thief.ask("thief", slow, json!({})).await.status, 401);
    assert_eq!(stranger.ask("large", &"x".repeat(2 << 20), json!({})).await.status, 413);

    let metrics = stranger.0.get("/metrics").await.text;
    for (name, expected) in [
        ("rookery_requests_total{type=\"query\"}", 2.0),
        ("rookery_request_seconds_count{type=\"query\"}", 2.0),
        ("rookery_errors_total{code=\"TIMEOUT\",type=\"query\"}", 2.0),
        ("rookery_errors_total{code=\"UNAUTHENTICATED\",type=\"unknown\"}", 1.0),
        ("rookery_errors_total{code=\"BAD_USER_INPUT\",type=\"unknown\"}", 1.0),
    ] {
        assert_eq!(figure(&metrics, name), expected, "{name}");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.end(), Some(0));
    let log = server.log();
    let lines = lines(&log);
    let stopped: Vec<_> = lines.iter().filter(|line| line["errors"] == "TIMEOUT").collect();
    assert_eq!(stopped.len(), 2, "{log}");
    for line in stopped {
        assert_eq!((&line["operation"], &line["kind"]), (&json!("Slow"), &json!("query")));
    }
}
