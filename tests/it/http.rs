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
    let (_app, anon) = TestApp::init().await;
    assert_eq!(anon.get("/livez").await.status, StatusCode::OK);
    assert_eq!(anon.get("/readyz").await.status, StatusCode::OK);
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

#[tokio::test]
async fn null_characters_are_refused_wherever_they_stand() {
    let (_app, anon) = TestApp::init().await;
    let document = "query ($name: String!) { user(by: { username: $name }) { id } }";
    let answer = anon.query(document, json!({ "name": "a\0b" })).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "BAD_USER_INPUT");
    let inline = "{ user(by: { username: \"a\\u0000b\" }) { id } }";
    let answer = anon.query(inline, json!({})).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "BAD_USER_INPUT");
}

#[tokio::test]
async fn deep_json_is_refused() {
    let (_app, anon) = TestApp::init().await;
    for (depth, status) in [(50, StatusCode::OK), (5_000, StatusCode::BAD_REQUEST)] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = format!(r#"{{"query":"{TYPENAME}","variables":{{"deep":{deep}}}}}"#);
        let request = anon.request(Method::POST, "/graphql").body(body);
        let answer = anon.send(request.header(CONTENT_TYPE, "application/json")).await;
        assert_eq!(answer.status, status, "{depth}");
    }
}

#[tokio::test]
async fn the_playgrounds_page_answers_head_as_it_does_get() {
    let (_app, anon) = TestApp::init().await;
    for method in [Method::GET, Method::HEAD] {
        let request = anon.accepting(method.clone(), "/graphql", "text/html");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{method}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{method}");
        assert_eq!(answer.text().await.unwrap().is_empty(), method == Method::HEAD);
    }
}

#[tokio::test]
async fn a_body_comes_as_it_is() {
    let (_app, anon) = TestApp::init().await;
    for (encoding, status) in
        [("identity", StatusCode::OK), ("gzip", StatusCode::UNSUPPORTED_MEDIA_TYPE)]
    {
        let request = anon.request(Method::POST, "/graphql").header("content-encoding", encoding);
        let answer = anon.send(request.json(&json!({ "query": TYPENAME }))).await;
        assert_eq!(answer.status, status, "{encoding}");
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_and_never_anonymous() {
    let (app, anon) = TestApp::init().await;
    let answer = app.client(Some("nonsense".into())).query(TYPENAME, json!({})).await;
    assert_refused(&answer, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge, Some(r#"Bearer error="invalid_token""#));
    for (credential, status) in [
        ("", StatusCode::OK),
        ("Basic YTpi", StatusCode::UNAUTHORIZED),
        ("Bearer", StatusCode::UNAUTHORIZED),
    ] {
        let request = anon.request(Method::POST, "/graphql").header("authorization", credential);
        let answer = anon.send(request.json(&json!({ "query": TYPENAME }))).await;
        assert_eq!(answer.status, status, "{credential:?}");
    }
}

#[tokio::test]
async fn a_request_has_an_id_that_can_be_chosen_within_reason() {
    let (_app, anon) = TestApp::init().await;
    let id_for = async |given: &str| {
        let request = anon.request(Method::GET, "/livez").header("x-request-id", given);
        anon.send(request).await.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id_for("trace-1.2_3").await, "trace-1.2_3");
    for foolish in ["", "a b", "<script>", &"x".repeat(65)] {
        let made = id_for(foolish).await;
        assert!(made.len() == 32 && made != foolish, "{foolish:?} became {made:?}");
    }
}

#[tokio::test]
async fn introspection_can_be_closed_to_strangers() {
    let (app, anon) = TestApp::with_settings(&[("INTROSPECTION", "false")]).await;
    let ada = app.user("ada").await;
    for document in [
        "{ __schema { queryType { name } } }",
        "{ __type(name: \"User\") { name } }",
        "{ ...Hidden } fragment Hidden on Query { ... { __schema { queryType { name } } } }",
    ] {
        let refused = anon.query(document, json!({})).await;
        assert_refused(&refused, StatusCode::BAD_REQUEST, "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(ada.query(document, json!({})).await.code(), None, "{document}");
    }
    assert_eq!(anon.query(TYPENAME, json!({})).await.status, StatusCode::OK);
    let misspelt = anon.query("{ usr { id } }", json!({})).await;
    assert!(!misspelt.text.contains("ser"), "no suggestions: {}", misspelt.text);
}

#[tokio::test]
async fn documents_can_be_sent_by_their_hash_as_apollo_does() {
    let (_app, anon) = TestApp::init().await;
    let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let by_hash = json!({ "extensions": extensions });
    let unknown = anon.post(&by_hash).await;
    assert_refused(&unknown, StatusCode::OK, "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.json["errors"][0]["message"], "PersistedQueryNotFound");
    let wrong = json!({ "query": "{ other: __typename }", "extensions": extensions });
    assert_refused(&anon.post(&wrong).await, StatusCode::BAD_REQUEST, "BAD_USER_INPUT");
    let both = json!({ "query": TYPENAME.replace(' ', ""), "extensions": extensions });
    assert_eq!(anon.post(&both).await.data("/__typename"), "Query");
    assert_eq!(anon.post(&by_hash).await.data("/__typename"), "Query");
    let path = format!("/graphql?extensions={}", extensions.to_string().replace('"', "%22"));
    assert_eq!(anon.send(anon.request(Method::GET, &path)).await.data("/__typename"), "Query");
}

#[tokio::test]
async fn listed_origins_may_call_from_a_browser_and_others_may_not() {
    let settings = [
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com:443"),
        ("PUBLIC_URL", "https://api.example.com/base"),
    ];
    let (_app, anon) = TestApp::with_settings(&settings).await;
    for (origin, allowed) in [
        ("https://app.example.com", Some("https://app.example.com")),
        ("https://api.example.com", Some("https://api.example.com")),
        ("https://evil.test", None),
    ] {
        let preflight = anon
            .request(Method::OPTIONS, "/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,authorization");
        let answer = anon.send(preflight).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
    }
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_ask() {
    let (_app, anon) = TestApp::init().await;
    let coding = async |path: &str| {
        let request = anon.request(Method::GET, path).header("accept-encoding", "gzip, br");
        anon.send(request).await.header("content-encoding").map(str::to_owned)
    };
    assert_eq!(coding("/schema.graphql").await.as_deref(), Some("br"));
    assert_eq!(coding("/graphql?query=%7B__typename%7D").await, None);
}

#[tokio::test]
async fn proxies_are_believed_only_where_they_are_trusted() {
    for (trusted, believed) in [("127.0.0.0/8", true), ("10.0.0.0/8", false)] {
        let (_app, anon) = TestApp::with_settings(&[("TRUSTED_PROXIES", trusted)]).await;
        let request = anon.request(Method::GET, "/livez").header("x-forwarded-proto", "https");
        let answer = anon.send(request).await;
        assert_eq!(answer.header("strict-transport-security").is_some(), believed, "{trusted}");
    }
}
