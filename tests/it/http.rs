//! The endpoint as clients meet it: what is read, what is refused, how answers look.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::{app::TestApp, client::Answer};

const TYPENAME: &str = "{ __typename }";

#[tokio::test]
async fn an_operation_is_answered() {
    let (_app, anon) = TestApp::init().await;
    let answer = anon.query(TYPENAME, json!({})).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json, json!({ "data": { "__typename": "Query" } }));
    assert_eq!(answer.statements(), 0);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn queries_may_come_by_get_and_mutations_may_not() {
    let (_app, anon) = TestApp::init().await;
    let get = |query: &str, extra: &str| {
        let path = format!("/graphql?query={}{extra}", query.replace(' ', "%20"));
        anon.send(anon.request(Method::GET, &path))
    };
    assert_eq!(get(TYPENAME, "").await.data("/__typename"), "Query");
    let both = "query A { a: __typename } query B { b: __typename }";
    assert_eq!(get(both, "&operationName=B").await.data("/b"), "Query");
    let refused = get("mutation { __typename }", "").await;
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.header("allow"), Some("POST"));
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_400() {
    let (_app, anon) = TestApp::init().await;
    for parameters in [
        json!({}),
        json!([{ "query": TYPENAME }]),
        json!("query"),
        json!({ "query": 7 }),
        json!({ "query": TYPENAME, "variables": [] }),
        json!({ "query": TYPENAME, "variables": "{}" }),
        json!({ "query": TYPENAME, "operationName": {} }),
        json!({ "query": TYPENAME, "extensions": 0 }),
    ] {
        let answer = anon.post(&parameters).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "BAD_USER_INPUT");
    }
    for body in [&b""[..], b"{", b"\xff\xfe", b"{\"query\":\"\xc3\x28\"}"] {
        let request = anon.request(Method::POST, "/graphql").body(body.to_vec());
        let answer = anon.send(request.header(CONTENT_TYPE, "application/json")).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "BAD_USER_INPUT");
    }
}

#[track_caller]
fn assert_refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, Some(code)), "{answer:?}");
    assert_eq!(answer.json.get("data"), None, "a request that never ran has no data");
}

#[tokio::test]
async fn only_json_is_read_and_only_json_is_sent() {
    let (_app, anon) = TestApp::init().await;
    let body = json!({ "query": TYPENAME }).to_string();
    for (kind, status) in [
        ("application/json", StatusCode::OK),
        ("Application/JSON; charset=UTF-8", StatusCode::OK),
        ("application/json; charset=utf-16", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/x-www-form-urlencoded", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("multipart/mixed; boundary=x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let request = anon.request(Method::POST, "/graphql").header(CONTENT_TYPE, kind);
        assert_eq!(anon.send(request.body(body.clone())).await.status, status, "{kind}");
    }
    let request = anon.request(Method::POST, "/graphql").body(body.clone());
    assert_eq!(anon.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn errors_of_a_document_say_so_as_the_media_type_wants() {
    let (_app, anon) = TestApp::init().await;
    for (document, code) in
        [("{", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED")]
    {
        let answer = anon.query(document, json!({})).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, code);
        let older = anon.accepting(Method::POST, "/graphql", "application/json");
        let answer = anon.send(older.json(&json!({ "query": document }))).await;
        assert_refused(&answer, StatusCode::OK, code);
    }
}

#[tokio::test]
async fn the_health_of_the_server_can_be_asked() {
    let (app, anon) = TestApp::init().await;
    assert_eq!(anon.get("/livez").await.status, StatusCode::OK);
    assert_eq!(anon.get("/readyz").await.status, StatusCode::OK);
    app.app.db.ping().await.unwrap();
    anon.query(TYPENAME, Value::Null).await;
    let metrics = anon.get("/metrics").await;
    assert!(metrics.text.contains("rookery_requests_total{type=\"query\"}"), "{}", metrics.text);
    let schema = anon.get("/schema.graphql").await;
    assert!(schema.text.contains("type Query"), "{}", schema.text);
}

#[tokio::test]
async fn a_stopped_server_is_gone() {
    let (mut app, anon) = TestApp::init().await;
    assert_eq!(anon.query(TYPENAME, Value::Null).await.status, StatusCode::OK);
    app.stop().await;
    assert!(anon.request(Method::GET, "/livez").send().await.is_err());
}

#[tokio::test]
async fn a_browser_gets_the_playground_where_it_is_open() {
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    let (_app, anon) = TestApp::init().await;
    let page = anon.send(anon.accepting(Method::GET, "/graphql", browser)).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (StatusCode::OK, Some("text/html; charset=utf-8"))
    );
    assert!(page.header("content-security-policy").unwrap().contains("script-src 'nonce-"));

    let (_app, anon) = TestApp::with_settings(&[("PLAYGROUND", "false")]).await;
    let refused = anon.send(anon.accepting(Method::GET, "/graphql", browser)).await;
    assert_refused(&refused, StatusCode::BAD_REQUEST, "BAD_USER_INPUT");
}
