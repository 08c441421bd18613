//! Variables that files are, and operations around them that nobody's client sends.

use std::time::Instant;

use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::{CREATE, create, post, text};
use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    picture::{files, png},
    scratch::Scratch,
};

/// Sends one picture with these operations, as the file of this map.
async fn send(client: &Client, operations: String, map: &str) -> Answer {
    let form = Form::new().text("operations", operations).text("map", map.to_owned());
    let form = form.part("0", Part::bytes(png(9, 9)).file_name("a.png"));
    client.send(client.multipart().multipart(form)).await
}

#[tokio::test]
async fn one_variable_may_be_used_twice() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let twice = "mutation ($file: Upload) {
        a: createPost(input: { title: \"a\", content: \"b\", image: $file }) { post { imageUrl } }
        b: createPost(input: { title: \"a\", content: \"b\", image: $file }) { post { imageUrl } } }";
    let answer = ada.upload(twice, json!({ "file": null }), &[("variables.file", png(9, 9))]).await;
    let (one, other) =
        (text(answer.data("/a/post/imageUrl")), text(answer.data("/b/post/imageUrl")));
    assert_ne!(one, other);
    let (one, other) = (stranger.fetch(one).await, stranger.fetch(other).await);
    assert_eq!((one.0, one.2), (StatusCode::OK, other.2));
    assert_eq!(files(app.uploads()).len(), 2);
}

#[tokio::test]
async fn a_file_is_nothing_but_an_upload() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    for (declared, place) in [
        ("$it: String!", "title: $it, content: \"b\""),
        ("$it: [String!]", "title: $it, content: \"b\""),
        ("$it: Visibility", "title: \"a\", content: \"b\", visibility: $it"),
        ("$it: Boolean", "title: \"a\", content: \"b\", published: $it"),
        ("$it: Upload, $unused: Int", "title: \"a\", content: \"b\", published: $it"),
    ] {
        let query = format!(
            "mutation ({declared}) {{ createPost(input: {{ {place} }}) {{ post {{ id }} }} }}"
        );
        let operations = json!({ "query": query, "variables": { "it": null } }).to_string();
        let answer = send(&ada, operations, r#"{"0": ["variables.it"]}"#).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{declared}: {}", answer.text);
        let code = answer.code().unwrap();
        assert!(["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code), "{code}");
    }
    // For an input object, and for an id that is looked up.
    let query = "query ($it: ID!) { post(id: $it) { id } }";
    for (query, path) in [(CREATE, "variables.input"), (query, "variables.it")] {
        let operations = json!({ "query": query, "variables": { "input": null, "it": null } });
        let map = json!({ "0": [path] }).to_string();
        let answer = send(&ada, operations.to_string(), &map).await;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{path}: {}", answer.text);
    }
    let sql = app.shared().await;
    assert_eq!(
        sql.query("SELECT FROM posts UNION ALL SELECT FROM images", &[]).await.unwrap().len(),
        0
    );
}

#[tokio::test]
async fn deep_and_doubled_operations_are_refused() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let right = r#"{"0": ["variables.input.image"]}"#;
    let one = json!({ "query": CREATE, "variables": post("A post") });
    let nested = |depth| format!("{}null{}", "[".repeat(depth), "]".repeat(depth));
    let (deep, deep_map) = (nested(10_000), nested(4_000));
    let deep_variable = json!({ "query": CREATE, "variables": post("A post") }).to_string();
    let deep_variable = deep_variable.replace("\"A post\"", &deep);
    let deep_document = format!("mutation {}", "{ a ".repeat(10_000));
    let steps = format!(r#"{{"0": ["variables.input{}"]}}"#, ".image".repeat(1_000));
    let began = Instant::now();
    for (operations, map) in [
        (json!([one, one]).to_string(), r#"{"0": ["0.variables.input.image"]}"#),
        (json!([one]).to_string(), right),
        (deep.clone(), right),
        (deep_variable, right),
        (json!({ "query": deep_document, "variables": post("A post") }).to_string(), right),
        (one.to_string(), deep_map.as_str()),
        (one.to_string(), steps.as_str()),
    ] {
        let answer = send(&ada, operations, map).await;
        let start: String = answer.text.chars().take(300).collect();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{start}");
        assert!(answer.code().is_some(), "{start}");
    }
    assert!(began.elapsed().as_secs() < 10);
    assert_eq!(files(app.uploads()), Vec::<String>::new());
    assert_eq!(create(&ada, png(4, 4)).await.data("/createPost/userErrors"), &json!([]));
}

#[tokio::test]
async fn only_trusted_documents_take_files_where_others_are_refused() {
    let folder = Scratch::new();
    let manifest = folder.path().join("manifest.json");
    std::fs::write(&manifest, json!({ "0c6c1de1cb2f8a7f2a5a7c5ff1a7a0f4": CREATE }).to_string())
        .unwrap();
    let settings =
        [("TRUSTED_DOCUMENTS", manifest.to_str().unwrap()), ("TRUSTED_DOCUMENTS_MODE", "only")];
    let (app, _) = TestApp::with_settings(&settings).await;
    let ada = app.user("ada").await;
    let map = r#"{"0": ["variables.input.image"]}"#;
    let by_text = json!({ "query": CREATE, "variables": post("A post") });
    let by_name =
        json!({ "documentId": "0c6c1de1cb2f8a7f2a5a7c5ff1a7a0f4", "variables": post("A post") });
    for operations in [by_text, by_name] {
        let answer = send(&ada, operations.to_string(), map).await;
        assert_ne!(answer.data("/createPost/post/imageUrl"), &Value::Null, "{}", answer.text);
    }
    let other = json!({ "query": format!("{CREATE} "), "variables": post("A post") });
    let answer = send(&ada, other.to_string(), map).await;
    assert_eq!(answer.code(), Some("PERSISTED_QUERY_NOT_FOUND"), "{}", answer.text);
    assert_eq!(files(app.uploads()).len(), 2);
}
