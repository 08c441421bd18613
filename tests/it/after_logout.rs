//! What a session that has ended is still good for: nothing that its owner would miss.

use std::time::Duration;

use futures_util::future::join;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    events::{Events, Heard},
    socket::Socket,
    user::{PASSWORD, TestUser},
};

const FOLLOW: &str = "mutation ($id: ID!) { follow(input: { userId: $id }) { user { id } } }";
const FEED: &str = "subscription { feedPostAdded { id } }";

/// A device of somebody's whose session has ended, and its token lives on.
async fn ended_device(app: &TestApp, anon: &Client, user: &TestUser) -> Client {
    let device = app.log_in(anon, &user.username, PASSWORD).await;
    let logout = "mutation { logout(input: { everywhere: false }) { endedSessionId } }";
    assert_eq!(device.query(logout, json!({})).await.code(), None);
    device
}

async fn introduce(app: &TestApp, client: &Client) -> Socket {
    let mut socket = Socket::open(app.address).await;
    let payload = json!({ "Authorization": format!("Bearer {}", client.token()) });
    socket.say(json!({ "type": "connection_init", "payload": payload })).await;
    socket
}

#[tokio::test]
async fn it_takes_no_live_connection_from_its_owner() {
    let (app, anon) = TestApp::with_settings(&[("MAX_LIVE_CONNECTIONS_PER_USER", "1")]).await;
    let ada = app.user("ada").await;
    let device = ended_device(&app, &anon, &ada).await;
    let mut refused = introduce(&app, &device).await;
    assert_eq!(refused.close_code().await, 4403);
    let mut refused = Events::of(&device, FEED).await;
    let Heard::Next(answer) = refused.hear().await else { panic!("no answer") };
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    // Both are held open, and the owner's place is free all the same.
    let _socket = Socket::of(app.address, ada.token()).await;
}

/// Neither says a word meanwhile. Such connections are looked at every 20 s.
#[tokio::test]
async fn it_loses_the_live_connections_that_it_has() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let device = app.log_in(&anon, "ada", PASSWORD).await;
    let follow = format!("subscription {{ postChanged(postId: \"{}\") {{ id }} }}", post.id);
    let (mut socket, mut events) =
        (Socket::of(app.address, device.token()).await, Events::of(&device, &follow).await);
    let (mut own, mut own_events) =
        (Socket::of(app.address, ada.token()).await, Events::of(&ada, &follow).await);
    app.until_subscriptions(2).await;
    let logout = "mutation { logout(input: {}) { endedSessionId } }";
    assert_eq!(device.query(logout, json!({})).await.code(), None);
    let over = async {
        tokio::time::sleep(Duration::from_secs(18)).await;
        let told = async {
            loop {
                match events.hear().await {
                    Heard::Alive => {}
                    other => return other,
                }
            }
        };
        join(socket.close_code(), told).await
    };
    // Who does not read does not answer either, and is taken for gone on a machine that is slow.
    let (code, told) = tokio::select! {
        over = over => over,
        never = own.stay() => match never {},
    };
    assert_eq!(code, 4403);
    let Heard::Next(answer) = told else { panic!("{told:?}") };
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    assert_eq!(events.hear().await, Heard::Complete);
    own.say(json!({ "type": "ping" })).await;
    assert_eq!(own.hear().await, json!({ "type": "pong" }), "the owner's lives on");
    assert_eq!(own_events.hear().await, Heard::Alive);
}

#[tokio::test]
async fn it_takes_no_upload_from_its_owner() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let device = ended_device(&app, &anon, &ada).await;
    let document = "mutation ($file: Upload) {
        updateProfile(input: { avatar: $file }) { user { id } } }";
    let files = [("variables.file", vec![0; 100])];
    let answer = device.upload(document, json!({ "file": null }), &files).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"));
    let answer = ada.upload(document, json!({ "file": null }), &files).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// How much is left of the rate that a write was counted in.
fn left(answer: &Answer) -> u32 {
    let rate = answer.header("ratelimit").unwrap().strip_prefix("\"writes\";r=").unwrap();
    rate.split_once(';').unwrap().0.parse().unwrap()
}

#[tokio::test]
async fn it_uses_up_no_writes_of_its_owner() {
    let (app, anon) = TestApp::with_settings(&[("WRITES_PER_MINUTE", "5")]).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&bob).await;
    let device = ended_device(&app, &anon, &ada).await;
    let vote = "mutation ($id: ID!) {
        vote(input: { postId: $id, direction: UP }) { post { id } userErrors { code } } }";
    let login = "mutation ($id: String!) {
        login(input: { identifier: $id, password: \"wrong\" }) { user { id } } }";
    for (document, id) in [(FOLLOW, &bob.id), (vote, &post.id), (login, &bob.username)] {
        let mut codes = Vec::new();
        for _ in 0..12 {
            let answer = device.query(document, json!({ "id": id })).await;
            codes.extend(answer.code().map(ToOwned::to_owned));
        }
        // There is little time in which the address might get another write.
        assert!(codes.iter().any(|code| code == "RATE_LIMITED"), "by its address: {codes:?}");
    }
    let write = ada.query(FOLLOW, json!({ "id": bob.id })).await;
    assert_eq!((write.code(), left(&write)), (None, 4));
    let cast = ada.query(vote, json!({ "id": post.id })).await;
    assert_eq!((cast.code(), left(&cast)), (None, 3));
}

#[tokio::test]
async fn it_ends_no_others() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let device = ended_device(&app, &anon, &ada).await;
    let everywhere = "mutation { logout(input: { everywhere: true }) { endedSessionId } }";
    let answer = device.query(everywhere, json!({})).await;
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"), "{}", answer.text);
    assert_eq!(ada.query("{ me { id } }", json!({})).await.code(), None);
}
