//! Operations as server-sent events, by the graphql-sse protocol's distinct-connections mode.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use crate::support::{
    app::TestApp,
    events::{EVENT_STREAM, Events, Heard},
    world::Made,
};

fn changes_of(post: &Made) -> String {
    format!("subscription {{ postChanged(postId: \"{}\") {{ score }} }}", post.id)
}

#[tokio::test]
async fn a_subscription_is_a_stream_by_post_and_by_get() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let document = changes_of(&post);
    let mut posted = Events::of(&ada, &document).await;
    let path = format!("/graphql?query={}", document.replace(' ', "%20"));
    let mut got = Events::open(anon.accepting(Method::GET, &path, EVENT_STREAM)).await;
    app.until_subscriptions(2).await;
    for (n, voter) in ["bob", "eve"].into_iter().enumerate() {
        app.voted(&app.user(voter).await, &post, 1).await;
        for events in [&mut posted, &mut got] {
            assert_eq!(events.event().await, json!({ "postChanged": { "score": n + 1 } }));
        }
    }
    drop(got);
    app.until_subscriptions(1).await;
    app.sql("DELETE FROM posts").await;
    assert_eq!(posted.hear().await, Heard::Complete);
    assert_eq!(posted.hear().await, Heard::Closed);
    app.until_subscriptions(0).await;
}

#[tokio::test]
async fn other_operations_are_one_event() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    for (document, data) in [
        ("{ me { username } }", json!({ "me": { "username": "ada" } })),
        ("mutation { __typename }", json!({ "__typename": "Mutation" })),
    ] {
        let mut events = Events::of(&ada, document).await;
        assert_eq!(events.hear().await, Heard::Next(json!({ "data": data })));
        assert_eq!(events.hear().await, Heard::Complete);
    }
    let unknown = "subscription { feedPostAdded { nothing } }";
    let stranger = "subscription { feedPostAdded { id } }";
    for (document, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        (unknown, "GRAPHQL_VALIDATION_FAILED"),
        (stranger, "UNAUTHENTICATED"),
    ] {
        let mut events = Events::of(&anon, document).await;
        let Heard::Next(answer) = events.hear().await else { panic!("{document}") };
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        assert!(answer.get("data").is_none(), "{answer}");
        assert_eq!(events.hear().await, Heard::Complete);
    }
}

#[tokio::test]
async fn the_rules_of_requests_hold_for_streams() {
    let (app, anon) = TestApp::init().await;
    let stream = |method| anon.accepting(method, "/graphql", EVENT_STREAM);
    let body = json!({ "query": "{ __typename }" });
    for (request, status) in [
        (stream(Method::POST).json(&json!({})), StatusCode::BAD_REQUEST),
        (stream(Method::POST).json(&body).bearer_auth("x"), StatusCode::UNAUTHORIZED),
        (stream(Method::POST).body(body.to_string()), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (
            stream(Method::POST).body(body.to_string()).header(CONTENT_TYPE, "text/plain"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            anon.accepting(Method::GET, "/graphql?query=mutation{__typename}", EVENT_STREAM),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (stream(Method::PUT).json(&body), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let answer = anon.send(request).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(answer.code().is_some(), "{}", answer.text);
    }
    let ada = app.user("ada").await;
    let answer = ada.query("subscription { feedPostAdded { id } }", json!({})).await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE, "{}", answer.text);
    assert_eq!(app.subscriptions(), 0);
}

#[tokio::test]
async fn a_stream_ends_with_its_session_also_where_nothing_happens() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let mut adas = Events::of(&ada, &changes_of(&post)).await;
    let mut adas_feed = Events::of(&ada, "subscription { feedPostAdded { id } }").await;
    let mut bobs = Events::of(&bob, &changes_of(&post)).await;
    let mut strangers = Events::of(&anon, &changes_of(&post)).await;
    app.until_subscriptions(4).await;
    app.sql(&format!("DELETE FROM sessions WHERE user_id = '{}'", ada.key)).await;
    for stream in [&mut adas, &mut adas_feed] {
        let Heard::Next(answer) = stream.hear().await else { panic!() };
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
        assert_eq!(stream.hear().await, Heard::Complete);
    }
    app.until_subscriptions(2).await;
    app.sql("UPDATE posts SET title = 'New'").await;
    for stream in [&mut bobs, &mut strangers] {
        assert_eq!(stream.event().await, json!({ "postChanged": { "score": 0 } }));
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_its_server() {
    let (mut app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let mut adas = Events::of(&ada, &changes_of(&post)).await;
    let mut strangers = Events::of(&anon, &changes_of(&post)).await;
    app.until_subscriptions(2).await;
    app.sql("DELETE FROM sessions; UPDATE posts SET title = 'New'").await;
    let Heard::Next(answer) = adas.hear().await else { panic!() };
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    assert_eq!(adas.hear().await, Heard::Complete);
    assert_eq!(strangers.event().await, json!({ "postChanged": { "score": 0 } }));
    app.stop().await;
    assert_eq!(strangers.hear().await, Heard::Closed, "so that the client comes back");
}
