//! Users as others see them: by id, by name, in lists, and what they keep to themselves.

use rookery::id::{Id, PostKind, UserKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
};

const USERS: &str =
    "query ($search: String, $first: Int, $after: String, $last: Int, $before: String) {
    users(search: $search, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { username } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }";

async fn users(client: &Client, variables: Value) -> Answer {
    client.query(USERS, variables).await
}

fn names(answer: &Answer) -> Vec<String> {
    let nodes = answer.data("/users/nodes").as_array().unwrap();
    nodes.iter().map(|node| node["username"].as_str().unwrap().to_owned()).collect()
}

async fn call(client: &Client, mutation: &str, input: Value) -> Answer {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let document = format!(
        "mutation ($input: {kind}!) {{ it: {mutation}(input: $input) {{ \
         user {{ username email displayName bio phoneNumber role }} userErrors {{ code path }} }} }}"
    );
    client.query(&document, json!({ "input": input })).await
}

#[tokio::test]
async fn everybody_is_listed_newest_first() {
    let (app, anon) = TestApp::init().await;
    for name in ["ada", "bob", "cyd", "dot", "eve"] {
        app.user(name).await;
    }
    let first = users(&anon, json!({ "first": 2 })).await;
    assert_eq!(names(&first), ["eve", "dot"]);
    assert_eq!(first.data("/users/totalCount"), 5);
    let after = first.data("/users/pageInfo/endCursor");
    let second = users(&anon, json!({ "first": 2, "after": after })).await;
    assert_eq!(names(&second), ["cyd", "bob"]);
    let before = second.data("/users/pageInfo/startCursor");
    let back = users(&anon, json!({ "last": 1, "before": before })).await;
    assert_eq!(names(&back), ["dot"]);
    assert_eq!(back.data("/users/pageInfo/hasPreviousPage"), true);
}

#[tokio::test]
async fn a_search_finds_beginnings_and_likenesses() {
    let (app, anon) = TestApp::init().await;
    for name in ["ada", "adam", "ada_lovelace", "barbara", "axda"] {
        app.user(name).await;
    }
    let grace = app.user("hopper").await;
    call(&grace, "updateProfile", json!({ "displayName": "Grace Brewster Murray" })).await;
    let search = async |words: &str| names(&users(&anon, json!({ "search": words })).await);
    assert_eq!(search("ADA").await[0], "ada", "the whole name first");
    assert_eq!(search("ada_").await[0], "ada_lovelace", "an underscore is a letter");
    assert!(search("barbra").await.contains(&"barbara".into()), "a slip of the pen");
    assert_eq!(search("brewster").await, ["hopper"]);
    assert_eq!(search("grace b").await, ["hopper"]);
    assert_eq!(search("%").await, [""; 0]);
    // Letters that others make small in another way than PostgreSQL does.
    for name in ["ΩΣ", "İpek"] {
        call(&grace, "updateProfile", json!({ "displayName": name })).await;
        assert_eq!(search(name).await, ["hopper"], "{name}");
    }
    assert_eq!(search(" \u{200b}").await.len(), 6, "no words, no search");
    for bad in ["a\0", &"a".repeat(101)] {
        assert_eq!(users(&anon, json!({ "search": bad })).await.code(), Some("BAD_USER_INPUT"));
    }
}

#[tokio::test]
async fn pages_of_a_search_neither_repeat_nor_skip() {
    let (app, anon) = TestApp::init().await;
    for n in 0..9 {
        app.user(&format!("lark_{n}")).await;
    }
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = users(&anon, json!({ "search": "lark", "first": 2, "after": after })).await;
        seen.extend(names(&page));
        after = page.data("/users/pageInfo/endCursor").clone();
        app.user(&format!("lark_new_{}", seen.len())).await;
        if page.data("/users/pageInfo/hasNextPage") == false {
            break;
        }
    }
    seen.retain(|name| !name.contains("new"));
    seen.sort();
    assert_eq!(seen, (0..9).map(|n| format!("lark_{n}")).collect::<Vec<_>>());
    let of_another = users(&anon, json!({ "after": after })).await;
    assert_eq!(of_another.code(), Some("BAD_USER_INPUT"));
}

#[tokio::test]
async fn anything_is_found_by_its_id() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let nodes =
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on User { username } } }";
    let nobody = Id::<UserKind>::from(Uuid::now_v7()).to_string();
    let nothing = Id::<PostKind>::from(Uuid::now_v7()).to_string();
    let ids = json!([bob.id, nobody, ada.id, nothing, ada.id]);
    let answer = anon.query(nodes, json!({ "ids": ids })).await;
    let found: Vec<_> =
        answer.data("/nodes").as_array().unwrap().iter().map(|n| n["username"].as_str()).collect();
    assert_eq!(found, [Some("bob"), None, Some("ada"), None, Some("ada")]);
    assert_eq!(answer.statements(), 2, "one a kind");
    let node = "query ($id: ID!) { node(id: $id) { ... on Session { isCurrent } } }";
    let sessions = ada.query("{ me { sessions { nodes { id } } } }", json!({})).await;
    let session = sessions.data("/me/sessions/nodes/0/id");
    let own = ada.query(node, json!({ "id": session })).await;
    assert_eq!(own.data("/node/isCurrent"), true);
    for other in [&anon, &*bob] {
        assert_eq!(other.query(node, json!({ "id": session })).await.data("/node"), &Value::Null);
    }
    let many = json!(vec![ada.id.clone(); 101]);
    assert_eq!(anon.query(nodes, json!({ "ids": many })).await.code(), Some("BAD_USER_INPUT"));
}

#[tokio::test]
async fn hostile_ids_and_names_are_answered_plainly() {
    let (_app, anon) = TestApp::init().await;
    let by_id = "query ($id: ID!) { user(by: { id: $id }) { id } }";
    for id in
        ["", "user_", "1", "post_01h455vb4pex5vsknk084sn02q", "a\0b", "💥", &"x".repeat(9_000)]
    {
        let answer = anon.query(by_id, json!({ "id": id })).await;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{id}");
        assert!(answer.text.len() < 500, "{}", answer.text);
    }
    let by_name = "query ($name: String!) { user(by: { username: $name }) { id } }";
    for name in ["", "a-b", "\u{212a}elvin", "💥", &"x".repeat(9_000)] {
        let answer = anon.query(by_name, json!({ "name": name })).await;
        assert_eq!(answer.data("/user"), &Value::Null, "{name}");
    }
}

#[tokio::test]
async fn a_malformed_id_leaves_what_stands_beside_it() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let document = "query ($ada: ID!, $bad: ID!) { there: user(by: { id: $ada }) { id }
        post(id: $bad) { id } node(id: $bad) { id } user(by: { id: $bad }) { id }
        typed: post(id: $ada) { id } }";
    let answer = anon.query(document, json!({ "ada": ada.id, "bad": "post_x" })).await;
    let data = json!({
        "there": { "id": ada.id }, "post": null, "node": null, "user": null, "typed": null,
    });
    assert_eq!(answer.json["data"], data, "{}", answer.text);
    let mut paths: Vec<_> = answer.json["errors"].as_array().unwrap().iter().collect();
    paths.sort_by_key(|error| error["path"].to_string());
    for (error, path) in paths.iter().zip(["node", "post", "typed", "user"]) {
        assert_eq!(error["path"], json!([path]), "{}", answer.text);
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{}", answer.text);
        assert!(error["locations"][0]["line"].is_number(), "{}", answer.text);
        // Without the names of the library's types.
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("Expected ") && message.ends_with('.'), "{message}");
    }
    assert_eq!(paths.len(), 4);
    let both = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let answer = anon.query(both, json!({ "ids": [ada.id, "x"] })).await;
    assert_eq!(answer.json["data"]["nodes"], json!([{ "id": ada.id }, null]), "{}", answer.text);
    assert_eq!(answer.json["errors"][0]["path"], json!(["nodes", 1]), "{}", answer.text);
    let expected = "Expected an id, such as post_01h455vb4pex5vsknk084sn02q, got \"x\".";
    assert_eq!(answer.json["errors"][0]["message"], expected);
}

#[tokio::test]
async fn a_profile_changes_only_where_it_says() {
    let (app, _anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    app.user("bob").await;
    let all =
        json!({ "displayName": "Ada", "bio": "Line\r\nbreak", "phoneNumber": "+442079460000" });
    let changed = call(&ada, "updateProfile", all).await;
    assert_eq!(changed.data("/it/user/bio"), "Line\nbreak");
    let changed = call(&ada, "updateProfile", json!({ "bio": null, "username": "ADA" })).await;
    let user = changed.data("/it/user");
    assert_eq!((&user["username"], &user["bio"]), (&json!("ADA"), &Value::Null));
    assert_eq!(user["displayName"], "Ada", "what is left out stays");
    let wrong = json!({ "username": "BOB", "email": null, "displayName": "a\u{202e}b", "bio": "x".repeat(501) });
    let refused = call(&ada, "updateProfile", wrong).await;
    let codes: Vec<_> = refused
        .data("/it/userErrors")
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["REQUIRED", "INVALID", "TOO_LONG", "TAKEN"]);
    assert_eq!(refused.data("/it/user"), &Value::Null);
}

#[tokio::test]
async fn there_is_always_an_admin() {
    let (app, _anon) = TestApp::init().await;
    let (root, ada) = (app.admin("root").await, app.user("ada").await);
    let set = async |by: &Client, id: &str, role: &str| {
        call(by, "setUserRole", json!({ "userId": id, "role": role })).await
    };
    let last = set(&root, &root.id, "USER").await;
    assert_eq!(last.data("/it/userErrors/0/code"), "NOT_ALLOWED");
    assert_eq!(set(&root, &ada.id, "ADMIN").await.data("/it/user/role"), "ADMIN");
    // Each takes the other's power at once: one of them comes late.
    let (one, other) = tokio::join!(set(&root, &ada.id, "USER"), set(&ada, &root.id, "USER"));
    let late = [&one, &other].iter().filter(|answer| answer.code() == Some("FORBIDDEN")).count();
    assert_eq!(late, 1, "{} {}", one.text, other.text);
}
