//! Clients that send all they have before they read, as most do: what is refused before its body is
//! read reaches them, too.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::app::TestApp;

/// More than lies in buffers between the two.
const MUCH: usize = 24 << 20;
const FILES: &str = "content-type: multipart/form-data; boundary=x\r\n";
const ASKED: &str = "apollo-require-preflight: true\r\n";
const JSON: &str = "content-type: application/json\r\n";

/// A form whose operation does not fit the schema, with a file.
fn form() -> Vec<u8> {
    let part = |name: &str, text: &str| {
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let operations =
        r#"{"query": "mutation ($f: Upload) { nothing(f: $f) }", "variables": {"f": null}}"#;
    let parts = [part("operations", operations), part("map", r#"{"0": ["variables.f"]}"#)].concat();
    [parts.into_bytes(), part("0\"; filename=\"a.png", &"x".repeat(MUCH)).into_bytes()].concat()
}

/// The answer to a request that is sent in one go.
async fn answer(app: &TestApp, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: application/graphql-response+json\r\n\
         connection: close\r\ncontent-length: {}\r\n{head}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap_or_else(|error| panic!("{head}: {error}"));
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap_or_else(|error| panic!("{head}: {error}"));
    answer
}

#[tokio::test]
async fn a_refusal_reaches_who_has_not_sent_everything_yet() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let token = format!("authorization: Bearer {}\r\n", ada.token());
    let form = form();
    for (head, status, said) in [
        (format!("{FILES}{ASKED}"), "401", "UNAUTHENTICATED"),
        (format!("{FILES}{ASKED}authorization: Bearer x.y.z\r\n"), "401", "UNAUTHENTICATED"),
        (format!("{FILES}{token}"), "415", "preflight"),
        (format!("{FILES}{ASKED}{token}"), "400", "GRAPHQL_VALIDATION_FAILED"),
        (JSON.to_owned(), "413", "larger than 1 MiB"),
        ("content-type: text/plain\r\n".to_owned(), "415", "application/json"),
    ] {
        let answer = timeout(Duration::from_secs(10), answer(&app, &head, &form)).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answer}");
        assert!(answer.contains(said), "{head}: {answer}");
    }
}
