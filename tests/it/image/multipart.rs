//! The multipart request convention: what it takes, and what is refused before a byte is read.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use reqwest::{
    Body, Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::{CREATE, create, post, text};
use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    picture::{files, png},
};

/// Sends these parts, in this order.
async fn send(client: &Client, parts: &[(&str, &str)]) -> Answer {
    let form = parts.iter().fold(Form::new(), |form, (name, text)| {
        let (name, text) = ((*name).to_owned(), (*text).to_owned());
        match name.parse::<u8>() {
            Ok(_) => form.part(name, Part::text(text).file_name("a.png")),
            Err(_) => form.text(name, text),
        }
    });
    client.send(client.multipart().multipart(form)).await
}

fn operations() -> String {
    json!({ "query": CREATE, "variables": post("A post") }).to_string()
}

#[tokio::test]
async fn whatever_does_not_keep_to_the_convention_is_told_what_is_wrong() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let own = operations();
    let query = own.as_str();
    let right = r#"{"0": ["variables.input.image"]}"#;
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("map", right), ("operations", query), ("0", "a")], "begins with the parts"),
        (&[("operations", query), ("0", "a")], "begins with the parts"),
        (&[("operations", "[]"), ("map", right)], "Several operations"),
        (&[("operations", "{"), ("map", right)], "must be a JSON object"),
        (&[("operations", query), ("map", "[]"), ("0", "a")], "`map` must be a JSON object"),
        (&[("operations", query), ("map", r#"{"0": []}"#), ("0", "a")], "belongs to no variable"),
        (
            &[("operations", query), ("map", r#"{"0": ["variables.input.picture"]}"#), ("0", "a")],
            "which is no variable",
        ),
        (
            &[("operations", query), ("map", r#"{"0": ["input.image"]}"#), ("0", "a")],
            "which is no variable",
        ),
        (
            &[("operations", query), ("map", r#"{"0": ["variables.input.image.0"]}"#), ("0", "a")],
            "which is no variable",
        ),
        (
            &[("operations", query), ("map", r#"{"0": ["variables.input.title"]}"#), ("0", "a")],
            "has a value already",
        ),
        (
            &[
                ("operations", query),
                ("map", r#"{"0": ["variables.input.image"], "1": ["variables.input.image"]}"#),
                ("0", "a"),
                ("1", "b"),
            ],
            "two files for one variable",
        ),
        (&[("operations", query), ("map", right)], "which the request does not have"),
        (&[("operations", query), ("map", right), ("7", "a")], "that `map` does not name"),
        (&[("operations", query), ("map", right), ("0", "a"), ("0", "b")], "two files of one name"),
        (
            &[
                ("operations", query),
                ("map", r#"{"0": ["a"], "1": ["a"], "2": ["a"], "3": ["a"], "4": ["a"]}"#),
            ],
            "at most 4 files",
        ),
    ];
    for (parts, message) in cases {
        let answer = send(&ada, parts).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{message}: {}", answer.text);
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"));
        let told = answer.json["errors"][0]["message"].as_str().unwrap();
        assert!(told.contains(message), "{told} instead of {message}");
    }
    let bare = ada.multipart().header("content-type", "multipart/form-data").body("");
    assert_eq!(ada.send(bare).await.status, StatusCode::BAD_REQUEST);
    let cut = ada.multipart().header("content-type", "multipart/form-data; boundary=b");
    assert_eq!(ada.send(cut.body("--b\r\n")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(files(app.uploads()), Vec::<String>::new());
}

/// The parser would search all that came again with every byte that comes.
#[tokio::test]
async fn a_part_that_never_begins_is_not_waited_for() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let head = "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n";
    let operations = format!("{head}\r\n{}\r\n", operations());
    let starts = [String::new(), head.to_owned() + "X: ", operations + "--b\r\nX: "];
    for start in starts {
        let body = start.clone() + &"a".repeat(200_000);
        let request = ada.multipart().header("content-type", "multipart/form-data; boundary=b");
        let answer = ada.send(request.body(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{start}: {}", answer.text);
        assert!(answer.text.contains("at most 16384 bytes"), "{start}: {}", answer.text);
    }
    assert_eq!(create(&ada, png(4, 4)).await.data("/createPost/userErrors"), &json!([]));
}

#[tokio::test]
async fn files_come_with_a_header_of_people_who_are_logged_in() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let form = || Form::new().text("operations", operations()).text("map", "{}");
    let plain = ada.request(Method::POST, "/graphql").multipart(form());
    let answer = ada.send(plain).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.text.contains("apollo-require-preflight"), "{}", answer.text);
    let answer = create(&stranger, png(4, 4)).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, Some("UNAUTHENTICATED")));
    for name in ["apollo-require-preflight", "x-apollo-operation-name", "graphql-require-preflight"]
    {
        let request = ada.request(Method::POST, "/graphql").header(name, "x").multipart(form());
        let answer = ada.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
        assert_eq!(answer.data("/createPost/userErrors"), &json!([]));
    }
    app.suspend(&ada).await;
    let answer = create(&ada, png(4, 4)).await;
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"));
    assert_eq!(files(app.uploads()), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_names_a_file_that_did_not_come() {
    let (_app, _) = TestApp::init().await;
    let ada = _app.user("ada").await;
    for image in [json!("0"), json!(0), json!([0]), json!({}), json!("#__graphql_file__:0")] {
        let mut variables = post("A post");
        variables["input"]["image"] = image;
        let answer = ada.query(CREATE, variables).await;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{}", answer.text);
    }
    let literal = "mutation { createPost(input: { title: \"a\", content: \"b\", image: \"0\" }) {
        post { id } } }";
    assert_eq!(ada.query(literal, Value::Null).await.code(), Some("BAD_USER_INPUT"));
}

/// The start of a request whose file never ends.
fn endless(operations: &str) -> Body {
    let part = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let file = "--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a\"\r\n\r\n\u{1}";
    let map = part("map", r#"{"0": ["variables.input.image"]}"#);
    let start = part("operations", operations) + &map + file;
    let start = stream::iter([Ok::<_, std::io::Error>(start)]);
    Body::wrap_stream(start.chain(stream::pending()))
}

fn slowly(client: &Client, operations: &str) -> reqwest::RequestBuilder {
    let request = client.multipart().header("content-type", "multipart/form-data; boundary=b");
    request.body(endless(operations))
}

#[tokio::test]
async fn an_operation_is_judged_before_its_files_are_read() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let began = Instant::now();
    let wrong =
        json!({ "query": "mutation ($input: Nothing!) { createPost }", "variables": post("A") });
    let answer = ada.send(slowly(&ada, &wrong.to_string())).await;
    assert_eq!(answer.code(), Some("GRAPHQL_VALIDATION_FAILED"), "{}", answer.text);
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn who_sends_slowly_is_stopped_and_holds_one_of_a_few_places() {
    let settings = [("UPLOAD_TIMEOUT_SECONDS", "2"), ("MAX_UPLOADS_PER_USER", "1")];
    let (app, _) = TestApp::with_settings(&settings).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let slow = tokio::spawn({
        let (client, request) = ((*ada).clone(), slowly(&ada, &operations()));
        async move { client.send(request).await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let second = create(&ada, png(4, 4)).await;
    assert_eq!(
        (second.status, second.code()),
        (StatusCode::TOO_MANY_REQUESTS, Some("RATE_LIMITED"))
    );
    assert_eq!(second.json["errors"][0]["extensions"]["retryAfter"], 1, "{}", second.text);
    assert_eq!(create(&bob, png(4, 4)).await.data("/createPost/userErrors"), &json!([]));
    let slow = slow.await.unwrap();
    assert_eq!(slow.code(), Some("TIMEOUT"), "{}", slow.text);
    assert_eq!(create(&ada, png(4, 4)).await.data("/createPost/userErrors"), &json!([]));
    // Who hangs up lets go at once.
    let hasty =
        tokio::time::timeout(Duration::from_millis(300), ada.send(slowly(&ada, &operations())));
    assert!(hasty.await.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(create(&ada, png(4, 4)).await.data("/createPost/userErrors"), &json!([]));
    assert_eq!(files(app.uploads()).len(), 3, "of the three that came to their end");
}

#[tokio::test]
async fn a_file_counts_as_a_write_and_one_file_may_stand_in_two_places() {
    let (app, _) = TestApp::with_settings(&[("WRITES_PER_MINUTE", "2")]).await;
    let ada = app.user("ada").await;
    let both = "mutation ($a: Upload, $b: Upload) {
        a: createPost(input: { title: \"a\", content: \"b\", image: $a }) { post { imageUrl } userErrors { code } }
        b: createPost(input: { title: \"a\", content: \"b\", image: $b }) { post { imageUrl } userErrors { code } } }";
    let form = Form::new()
        .text(
            "operations",
            json!({ "query": both, "variables": { "a": null, "b": null } }).to_string(),
        )
        .text("map", r#"{"0": ["variables.a", "variables.b"]}"#)
        .part("0", Part::bytes(png(9, 9)).file_name("a"));
    let answer = ada.send(ada.multipart().multipart(form)).await;
    assert_eq!(answer.code(), None, "{}", answer.text);
    assert_ne!(text(answer.data("/a/post/imageUrl")), text(answer.data("/b/post/imageUrl")));
    assert_eq!(files(app.uploads()).len(), 2);
    let answer = create(&ada, png(9, 9)).await;
    assert_eq!(answer.code(), Some("RATE_LIMITED"));
    assert_eq!(files(app.uploads()).len(), 2);
}

#[tokio::test]
async fn a_write_with_a_picture_takes_one_statement_more() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let plain = ada.query(CREATE, post("Without")).await;
    let pictured = create(&ada, png(9, 9)).await;
    assert_eq!(pictured.statements(), plain.statements() + 1);
}
