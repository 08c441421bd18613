//! Trusted documents: by whatever name clients send them, and what happens to all others.

use std::{
    fs::{self, File},
    sync::Arc,
};

use reqwest::{Method, StatusCode};
use rookery::{
    config::{Config, Source},
    graphql::documents::Documents,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing_subscriber::fmt;

use crate::support::{app::TestApp, client::Client, scratch::Scratch};

const APOLLO: &str = "query Posts($n: Int!) { posts(first: $n) { totalCount } }";
const RELAY: &str = "query Me {\n  me {\n    id\n  }\n}\n";
const CODEGEN: &str = "mutation Out { logout(input: {}) { userErrors { code } } }";

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Three manifests, as the three tools write them; gives the setting.
fn manifests(folder: &Scratch) -> String {
    let operation =
        json!({ "id": sha256(APOLLO), "name": "Posts", "type": "query", "body": APOLLO });
    let apollo = json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation] });
    // MD5, which is what Relay takes unless it is told otherwise.
    let relay = json!({ "0c6c1de1cb2f8a7f2a5a7c5ff1a7a0f4": RELAY });
    let codegen = json!({ format!("sha256:{}", sha256(CODEGEN)): CODEGEN });
    let paths = [("apollo", apollo), ("relay", relay), ("codegen", codegen)]
        .map(|(name, json)| write(folder, &format!("{name}.json"), &json.to_string()));
    paths.join(",")
}

fn write(folder: &Scratch, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

async fn app(mode: &str, folder: &Scratch) -> (TestApp, Client) {
    let paths = manifests(folder);
    TestApp::with_settings(&settings(mode, &paths)).await
}

fn settings<'a>(mode: &'a str, paths: &'a str) -> [(&'static str, &'a str); 2] {
    [("TRUSTED_DOCUMENTS", paths), ("TRUSTED_DOCUMENTS_MODE", mode)]
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

#[tokio::test]
async fn only_trusted_documents_run_by_any_of_their_names() {
    let folder = Scratch::new();
    let (_app, anon) = app("only", &folder).await;
    let variables = json!({ "n": 1 });
    let hash = sha256(APOLLO);
    for named in [
        json!({ "extensions": persisted(&hash), "variables": variables }),
        json!({ "documentId": hash, "variables": variables }),
        json!({ "documentId": format!("sha256:{hash}"), "variables": variables }),
        json!({ "id": hash, "variables": variables }),
        json!({ "id": hash, "query": "", "variables": variables }),
        json!({ "extensions": persisted(&hash), "query": "", "variables": variables }),
        json!({ "query": APOLLO, "variables": variables }),
        json!({ "query": APOLLO, "extensions": persisted(&hash), "variables": variables }),
    ] {
        assert_eq!(anon.post(&named).await.data("/posts/totalCount"), 0, "{named}");
    }
    for (id, data) in [("doc_id", "/me"), ("documentId", "/me")] {
        let named = json!({ id: "0c6c1de1cb2f8a7f2a5a7c5ff1a7a0f4" });
        assert_eq!(anon.post(&named).await.data(data), &Value::Null);
    }
    let path = format!("/graphql?documentId=sha256:{hash}&variables=%7B%22n%22:1%7D");
    let got = anon.send(anon.request(Method::GET, &path)).await;
    assert_eq!(got.data("/posts/totalCount"), 0);
    // What a document is judged by apart from its text still holds.
    assert_eq!(anon.post(&json!({ "documentId": hash })).await.code(), Some("BAD_USER_INPUT"));
    let path = format!("/graphql?id={}", sha256(CODEGEN));
    let by_get = anon.send(anon.request(Method::GET, &path)).await;
    assert_eq!(by_get.status, StatusCode::METHOD_NOT_ALLOWED);

    let other = "{ __typename }";
    for refused in [
        json!({ "query": other }),
        json!({ "query": other, "extensions": persisted(&sha256(other)) }),
        json!({ "extensions": persisted(&sha256(other)) }),
        json!({ "documentId": "nothing" }),
        json!({ "documentId": "nothing", "query": "" }),
        json!({ "query": "{ __schema { queryType { name } } }" }),
        json!({ "query": APOLLO.replace("first: $n", "first:  $n") }),
    ] {
        let answer = anon.post(&refused).await;
        assert_eq!(answer.code(), Some("PERSISTED_QUERY_NOT_FOUND"), "{refused}");
        assert_eq!(answer.json.get("data"), None);
    }
    let page = anon.accepting(Method::GET, "/graphql", "text/html");
    assert_eq!(anon.send(page).await.status, StatusCode::NOT_ACCEPTABLE, "no playground");
}

#[tokio::test]
async fn where_others_are_logged_or_welcome_they_run() {
    for (mode, knows) in [("log", true), ("off", false)] {
        let folder = Scratch::new();
        let (_app, anon) = app(mode, &folder).await;
        let trusted = anon.post(&json!({ "id": sha256(RELAY) })).await;
        assert_eq!(trusted.code().is_none(), knows, "{mode}");
        let beside_a_text = json!({ "query": "{ __typename }", "id": 7 });
        assert_eq!(anon.post(&beside_a_text).await.data("/__typename"), "Query");
        let hash = sha256("{ __typename }");
        let both = json!({ "query": "{ __typename }", "extensions": persisted(&hash) });
        assert_eq!(anon.post(&both).await.data("/__typename"), "Query");
        let by_id = anon.post(&json!({ "documentId": format!("sha256:{hash}") })).await;
        assert_eq!(by_id.data("/__typename"), "Query", "remembered by its hash");
    }
}

#[tokio::test]
async fn what_is_in_no_manifest_is_logged_once_with_its_hash_and_operations() {
    let folder = Scratch::new();
    let log = folder.path().join("log");
    let subscriber = fmt().with_ansi(false).with_writer(Arc::new(File::create(&log).unwrap()));
    // Of this thread, which runs the server as well. With a single subscriber in the whole program,
    // another thread, which has none, could decide that nobody wants to hear of these events.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let _listening = tracing::subscriber::set_default(subscriber.finish());
    let logged = || {
        let text = fs::read_to_string(&log).unwrap();
        let of_documents = text.lines().filter(|line| line.contains("a document in no manifest"));
        of_documents.map(str::to_owned).collect::<Vec<_>>()
    };
    let paths = manifests(&folder);
    let (app, anon) = TestApp::alone_with(&settings("log", &paths)).await;
    let other = "query One { __typename } query Two { me { id } }";
    for name in ["One", "Two", "One"] {
        let answer = anon.post(&json!({ "query": other, "operationName": name })).await;
        assert_eq!(answer.code(), None);
    }
    anon.post(&json!({ "documentId": sha256(APOLLO), "variables": { "n": 1 } })).await;
    anon.post(&json!({ "query": RELAY })).await;
    anon.post(&json!({ "query": "{ nothing }" })).await;
    let [line] = &logged()[..] else { panic!("not one line: {:?}", logged()) };
    for part in ["WARN", &format!("hash={}", sha256(other)), "One", "Two"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    anon.post(&json!({ "query": "{ __typename }" })).await;
    assert_eq!(logged().len(), 2, "{:?}", logged());
    let (_other, anon) = app.another_with(&settings("off", &paths)).await;
    anon.post(&json!({ "query": other, "operationName": "One" })).await;
    assert_eq!(logged().len(), 2, "{:?}", logged());
}

#[test]
fn manifests_that_are_not_right_stop_the_start() {
    let folder = Scratch::new();
    let start = |text: &str| {
        let path = write(&folder, "documents.json", text);
        let settings = [("TRUSTED_DOCUMENTS", path.as_str()), ("TRUSTED_DOCUMENTS_MODE", "log")];
        let config = Config::read(&Source::from_pairs(settings)).unwrap();
        Documents::new(&config).err().map(|error| error.to_string())
    };
    let right = json!({ "a": RELAY, "b": RELAY, "c": APOLLO });
    assert_eq!(start(&right.to_string()), None);
    let apollo = |body: &str| {
        let operation = json!({ "id": "x", "name": "Mine", "type": "query", "body": body });
        json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation] })
    };
    for (manifest, told) in [
        (
            json!({ "feed": "{ nothing }" }),
            "the document feed does not fit this server: Cannot query",
        ),
        (apollo("{ me { nothing } }"), "the document Mine (x) does not fit"),
        (apollo("{ me"), "Syntax Error"),
        (
            json!({ sha256(APOLLO): RELAY, sha256(RELAY): APOLLO }),
            "has the SHA-256 of another text",
        ),
        (json!(["a"]), "neither a manifest of Apollo's"),
    ] {
        let error = start(&manifest.to_string()).unwrap();
        assert!(error.contains(told) && error.contains("documents.json"), "{error}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_told() {
    for (settings, told) in [
        (vec![("TRUSTED_DOCUMENTS_MODE", "log")], "TRUSTED_DOCUMENTS: missing"),
        (vec![("TRUSTED_DOCUMENTS_MODE", "some")], "off, log or only"),
        (
            vec![
                ("TRUSTED_DOCUMENTS", "a.json"),
                ("TRUSTED_DOCUMENTS_MODE", "only"),
                ("PLAYGROUND", "true"),
            ],
            "PLAYGROUND: true is wrong",
        ),
    ] {
        let error = Config::read(&Source::from_pairs(settings)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}
