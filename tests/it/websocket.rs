//! The graphql-transport-ws protocol, frame by frame.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    support::{app::TestApp, socket::Socket},
    token::expiring_in,
};

const TYPENAME: &str = "{ __typename }";

#[tokio::test]
async fn queries_and_mutations_are_answered_and_completed() {
    let (app, _anon) = TestApp::init().await;
    let mut socket = Socket::introduced(app.address).await;
    for (id, document, name) in
        [("1", TYPENAME, "Query"), ("2", "mutation { __typename }", "Mutation")]
    {
        socket.subscribe(id, document).await;
        let payload = json!({ "data": { "__typename": name } });
        assert_eq!(socket.hear().await, json!({ "type": "next", "id": id, "payload": payload }));
        assert_eq!(socket.hear().await, json!({ "type": "complete", "id": id }));
    }
    socket.subscribe("1", TYPENAME).await;
    assert_eq!(socket.hear().await["id"], "1", "a completed id is free again");
}

#[tokio::test]
async fn operations_that_do_not_run_are_errors() {
    let (app, _anon) = TestApp::init().await;
    let mut socket = Socket::introduced(app.address).await;
    for (document, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        socket.subscribe("1", document).await;
        let answer = socket.hear().await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("1")), "{answer}");
        assert_eq!(answer["payload"][0]["extensions"]["code"], code, "{answer}");
    }
    socket.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    let pong = json!({ "type": "pong", "payload": { "n": 1 } });
    assert_eq!(socket.hear().await, pong, "the socket is still open, and nothing was completed");
}

#[tokio::test]
async fn messages_that_the_protocol_does_not_have_close_with_4400() {
    let (app, _anon) = TestApp::init().await;
    let payload = json!({ "query": TYPENAME });
    for message in [
        "",
        "hello",
        "[]",
        "{}",
        r#"{"type":"start"}"#,
        r#"{"type":7}"#,
        &json!({ "type": "subscribe", "id": "1" }).to_string(),
        &json!({ "type": "subscribe", "payload": payload }).to_string(),
        &json!({ "type": "subscribe", "id": "", "payload": payload }).to_string(),
        &json!({ "type": "subscribe", "id": "x".repeat(129), "payload": payload }).to_string(),
        &json!({ "type": "subscribe", "id": "1", "payload": {} }).to_string(),
        &json!({ "type": "subscribe", "id": "1", "payload": { "query": 1 } }).to_string(),
        &json!({ "type": "subscribe", "id": 1, "payload": payload }).to_string(),
        &json!({ "type": "complete" }).to_string(),
        &json!({ "type": "connection_ack" }).to_string(),
        &json!({ "type": "next", "id": "1", "payload": {} }).to_string(),
    ] {
        let mut socket = Socket::introduced(app.address).await;
        socket.send(Message::text(message)).await;
        assert_eq!(socket.close_code().await, 4400, "{message}");
    }
    let mut socket = Socket::introduced(app.address).await;
    socket.send(Message::binary(b"{}".to_vec())).await;
    assert_eq!(socket.close_code().await, 4400);
    // Also from somebody who has not said who they are.
    for message in [
        json!({ "type": "start" }),
        json!({ "type": "connection_init", "payload": "Bearer" }),
        json!({ "type": "connection_init", "payload": { "Authorization": 7 } }),
    ] {
        let mut socket = Socket::open(app.address).await;
        socket.say(message.clone()).await;
        assert_eq!(socket.close_code().await, 4400, "{message}");
    }
}

#[tokio::test]
async fn an_operation_needs_an_introduction_first() {
    let (app, _anon) = TestApp::init().await;
    let mut socket = Socket::open(app.address).await;
    socket.subscribe("1", TYPENAME).await;
    assert_eq!(socket.close_code().await, 4401);
}

#[tokio::test]
async fn a_bad_credential_is_forbidden() {
    let (app, _anon) = TestApp::init().await;
    for name in ["Authorization", "authorization"] {
        let mut socket = Socket::open(app.address).await;
        let payload = json!({ name: "Bearer nonsense" });
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.close_code().await, 4403);
    }
    let refused = Socket::open_with(app.address, "authorization", "Bearer nonsense").await;
    assert_eq!(refused.err().unwrap(), 401);
}

#[tokio::test]
async fn a_credential_that_expires_on_an_open_socket_begins_nothing_more() {
    let (app, _anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let soon = expiring_in(2, &ada);
    let mut socket = Socket::of(app.address, &soon).await;
    let follow = format!("subscription {{ postChanged(postId: \"{}\") {{ score }} }}", post.id);
    socket.subscribe("live", &follow).await;
    app.until_subscriptions(1).await;
    while app.tokens().verify(&soon).is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.sql("UPDATE post_stats SET upvotes = 1").await;
    assert_eq!(socket.event("live").await["postChanged"]["score"], 1, "the session goes on");
    socket.subscribe("new", TYPENAME).await;
    assert_eq!(socket.close_code().await, 4403);
}

#[tokio::test]
async fn a_person_is_known_by_parameters_or_by_header() {
    let (app, _anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let credential = format!("Bearer {}", ada.token());
    for name in ["Authorization", "authorization"] {
        let mut socket = Socket::open(app.address).await;
        let payload = json!({ name: credential });
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_knows_ada(&mut socket).await;
    }
    let mut socket = Socket::open_with(app.address, "authorization", &credential).await.unwrap();
    socket.say(json!({ "type": "connection_init" })).await;
    assert_knows_ada(&mut socket).await;
}

async fn assert_knows_ada(socket: &mut Socket) {
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    socket.subscribe("1", "{ me { username } }").await;
    assert_eq!(socket.hear().await["payload"], json!({ "data": { "me": { "username": "ada" } } }));
}

#[tokio::test]
async fn an_answer_nobody_wants_any_more_is_not_sent() {
    let (app, _anon) = TestApp::init().await;
    let post = app.post(&app.user("ada").await).await;
    let mut socket = Socket::introduced(app.address).await;
    let table = app.lock("users").await;
    socket.subscribe("1", r#"{ user(by: { username: "nobody" }) { id } }"#).await;
    socket.subscribe("1", TYPENAME).await;
    assert_eq!(socket.close_code().await, 4409, "the id is in use");
    let mut socket = Socket::introduced(app.address).await;
    let follow = format!("subscription {{ postChanged(postId: \"{}\") {{ id }} }}", post.id);
    for _ in 0..2 {
        socket.subscribe("1", &follow).await;
    }
    assert_eq!(socket.close_code().await, 4409, "by a subscription, too");

    let mut socket = Socket::introduced(app.address).await;
    socket.subscribe("1", r#"{ user(by: { username: "nobody" }) { id } }"#).await;
    socket.say(json!({ "type": "complete", "id": "1" })).await;
    socket.subscribe("1", TYPENAME).await;
    let answer = json!({ "data": { "__typename": "Query" } });
    assert_eq!(socket.hear().await["payload"], answer, "the id is free again");
    table.release().await;
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "1" }));
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn who_says_nothing_is_closed_with_4408() {
    let (app, _anon) = TestApp::with_settings(&[("SOCKET_INIT_SECONDS", "1")]).await;
    let mut socket = Socket::open(app.address).await;
    assert_eq!(socket.close_code().await, 4408);
}

#[tokio::test]
async fn a_second_introduction_closes_with_4429() {
    let (app, _anon) = TestApp::init().await;
    let mut socket = Socket::introduced(app.address).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.close_code().await, 4429);
}

#[tokio::test]
async fn messages_are_read_up_to_their_limit() {
    let (app, _anon) = TestApp::with_settings(&[("MAX_SOCKET_MESSAGE_BYTES", "1000")]).await;
    let padded = |size: usize| format!("{:<size$}", json!({ "type": "ping" }).to_string());
    let mut socket = Socket::introduced(app.address).await;
    socket.send(Message::text(padded(1000))).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    for size in [1001, 2000, 2001, 20_000] {
        let mut socket = Socket::introduced(app.address).await;
        socket.send(Message::text(padded(size))).await;
        assert_eq!(socket.close_code().await, 1009, "{size}");
    }
}

#[tokio::test]
async fn pages_of_foreign_origins_get_no_socket() {
    let settings = [
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com"),
        // As behind a proxy that gives the server another name.
        ("PUBLIC_URL", "https://api.example.com"),
    ];
    let (app, _anon) = TestApp::with_settings(&settings).await;
    let own = format!("http://{}", app.address);
    for (origin, opens) in [
        ("https://evil.test", false),
        ("https://app.example.com", true),
        ("https://api.example.com", true),
        (own.as_str(), true),
    ] {
        let opened = Socket::open_with(app.address, "origin", origin).await;
        assert_eq!(opened.map(|_| ()), if opens { Ok(()) } else { Err(403.try_into().unwrap()) });
    }
}

#[tokio::test]
async fn who_speaks_no_protocol_is_told_by_its_code() {
    let (app, _anon) = TestApp::init().await;
    let mut socket = Socket::open_silent(app.address).await;
    assert_eq!(socket.close_code().await, 4406);
}

#[tokio::test]
async fn a_stopping_server_says_that_it_goes_away() {
    let (mut app, anon) = TestApp::init().await;
    let mut socket = Socket::introduced(app.address).await;
    let post = app.post(&app.user("ada").await).await;
    let follow = format!("subscription {{ postChanged(postId: \"{}\") {{ id }} }}", post.id);
    socket.subscribe("1", &follow).await;
    app.until_subscriptions(1).await;
    app.stop().await;
    assert_eq!(socket.close_code().await, 1001);
    assert!(anon.request(Method::GET, "/livez").send().await.is_err());
}
