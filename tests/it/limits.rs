//! What a request may cost, over HTTP: each limit where it still holds, and one past it.

use std::time::Duration;

mod hostile;

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    events::{EVENT_STREAM, Events},
    socket::Socket,
};
use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use rookery::graphql::limits::MAX_VARIABLE_VALUES;
use serde_json::json;

/// Small limits keep the documents readable.
const SMALL: &[(&str, &str)] = &[
    ("MAX_OPERATION_CHARS", "200"),
    ("MAX_OPERATION_TOKENS", "30"),
    ("MAX_DEPTH", "3"),
    ("MAX_ALIASES", "2"),
    ("MAX_ROOT_FIELDS", "4"),
    ("MAX_DIRECTIVES", "2"),
    ("MAX_COMPLEXITY", "40"),
];

#[tokio::test]
async fn a_body_may_be_as_large_as_its_limit() {
    let (_app, anon) = TestApp::with_settings(&[("MAX_BODY_BYTES", "1000")]).await;
    for (bytes, status) in [(1000, StatusCode::OK), (1001, StatusCode::PAYLOAD_TOO_LARGE)] {
        let body = format!("{:<bytes$}", json!({ "query": "{ __typename }" }).to_string());
        let request = anon.request(Method::POST, "/graphql").body(body);
        let answer = anon.send(request.header(CONTENT_TYPE, "application/json")).await;
        assert_eq!(answer.status, status, "{bytes}");
    }
}

#[tokio::test]
async fn a_document_may_cost_as_much_as_its_limits() {
    let (_app, anon) = TestApp::with_settings(SMALL).await;
    let many = |count: usize, part: &str| vec![part; count].join(" ");

    let characters = |count: usize| format!("{:<count$}", "{ __typename }");
    assert_limit(&anon, &characters(200), &characters(201), "characters").await;

    let user = r#"user(by: { username: "a" })"#;
    let tokens = |count: usize| format!("{{ {user} {{ {} }} }}", many(count - 14, "id"));
    assert_limit(&anon, &tokens(30), &tokens(31), "tokens").await;

    let fields = |count: usize| format!("{{ {} }}", many(count, "__typename"));
    assert_limit(&anon, &fields(4), &fields(5), "rootFields").await;

    let aliases = |names: &[&str]| {
        let fields: Vec<_> = names.iter().map(|name| format!("{name}: __typename")).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    assert_limit(&anon, &aliases(&["a", "b"]), &aliases(&["a", "b", "c"]), "aliases").await;

    let on = |count: usize| format!("{{ {} }}", many(count, "__typename @include(if: true)"));
    assert_limit(&anon, &on(2), &on(3), "directives").await;

    let posts = |size: usize, fields: &str| format!("{{ posts(first: {size}) {{ {fields} }} }}");
    let shallow = posts(1, "nodes { id }");
    assert_limit(&anon, &shallow, &posts(1, "nodes { owner { id } }"), "depth").await;

    let large = |size: usize| posts(size, "nodes { id title }");
    assert_limit(&anon, &large(19), &large(20), "complexity").await;
}

#[tokio::test]
async fn variables_may_hold_as_much_as_their_limit() {
    let (_app, anon) = TestApp::init().await;
    let send =
        async |items: usize| anon.query("{ __typename }", json!({ "a": vec![1; items] })).await;
    // The name and the list count, too.
    let within = send(MAX_VARIABLE_VALUES - 2).await;
    assert_eq!(within.code(), None, "{}", within.text);
    let past = send(MAX_VARIABLE_VALUES - 1).await;
    assert_eq!((past.status, past.code()), (StatusCode::BAD_REQUEST, Some("QUERY_TOO_COMPLEX")));
}

async fn assert_limit(client: &Client, within: &str, past: &str, limit: &str) {
    let answer = client.query(within, json!({})).await;
    assert_eq!(answer.code(), None, "{limit}: {within} gave {}", answer.text);
    assert_too_complex(&client.query(past, json!({})).await, limit);
}

#[track_caller]
fn assert_too_complex(answer: &Answer, limit: &str) {
    assert_eq!(answer.code(), Some("QUERY_TOO_COMPLEX"), "{limit}: {}", answer.text);
    assert_eq!(answer.json["errors"][0]["extensions"]["limit"], limit, "{}", answer.text);
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_socket_runs_as_many_operations_as_its_limit() {
    let (app, _anon) = TestApp::with_settings(&[("MAX_SOCKET_OPERATIONS", "1")]).await;
    let table = app.lock("users").await;
    let mut socket = Socket::introduced(app.address).await;
    let slow = r#"{ user(by: { username: "nobody" }) { id } }"#;
    socket.subscribe("1", slow).await;
    socket.subscribe("2", slow).await;
    let refused = socket.hear().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("2")), "{refused}");
    let told = json!({ "code": "RATE_LIMITED", "retryAfter": 1 });
    assert_eq!(refused["payload"][0]["extensions"], told, "{refused}");
    table.release().await;
    assert_eq!(socket.hear().await["payload"], json!({ "data": { "user": null } }));
    assert_eq!(socket.hear().await["type"], "complete");
}

#[tokio::test]
async fn so_many_live_connections_as_their_limits() {
    let limits =
        [("MAX_LIVE_CONNECTIONS_PER_USER", "2"), ("MAX_LIVE_CONNECTIONS_PER_ADDRESS", "4")];
    let (app, anon) = TestApp::with_settings(&limits).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let feed = "subscription { feedPostAdded { id } }";
    let stream = |client: &Client| {
        client.accepting(Method::POST, "/graphql", EVENT_STREAM).json(&json!({ "query": feed }))
    };
    let first = Socket::of(app.address, ada.token()).await;
    let second = Events::open(stream(&ada)).await;
    let refused = ada.send(stream(&ada)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let told = json!({ "code": "RATE_LIMITED", "retryAfter": 1 });
    assert_eq!(refused.json["errors"][0]["extensions"], told, "{}", refused.text);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let mut third = Socket::open(app.address).await;
    let credential = format!("Bearer {}", ada.token());
    let payload = json!({ "Authorization": credential });
    third.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(third.close_code().await, 1008, "a user has two, however they come");
    drop(third);

    // A connection that is closed is noticed a moment later.
    let open = || Socket::open_with(app.address, "user-agent", "any");
    let bobs = Socket::of(app.address, bob.token()).await;
    let strangers = until_ok(open).await;
    assert_eq!(open().await.err().unwrap().as_u16(), 429);
    drop(strangers);
    let strangers = until_ok(open).await;
    assert_eq!(anon.send(stream(&anon)).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(bob.send(stream(&bob)).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(bob.query("{ me { id } }", json!({})).await.status, StatusCode::OK);
    drop((first, second, bobs, strangers));
    app.until_subscriptions(0).await;
    let _again = until_ok(open).await;
}

async fn until_ok<T, E>(attempt: impl AsyncFn() -> Result<T, E>) -> T {
    for _ in 0..2_000 {
        match attempt().await {
            Ok(done) => return done,
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
    panic!("it never succeeds");
}
