//! Drafts: when a post comes out, and from when on a change of it shows.

use serde_json::{Value, json};

use crate::support::{app::TestApp, user::TestUser};

const CREATE: &str = "mutation ($input: CreatePostInput!) { createPost(input: $input) {
    post { id createdAt publishedAt editedAt } userErrors { code } } }";
const UPDATE: &str = "mutation ($input: UpdatePostInput!) { updatePost(input: $input) {
    post { id createdAt publishedAt editedAt } userErrors { code } } }";

async fn create(owner: &TestUser, published: bool) -> Value {
    let input = json!({ "title": "Title", "content": "Content", "published": published });
    let answer = owner.query(CREATE, json!({ "input": input })).await;
    answer.data("/createPost/post").clone()
}

async fn update(owner: &TestUser, post: &Value, mut changes: Value) -> Value {
    changes["id"] = post["id"].clone();
    let answer = owner.query(UPDATE, json!({ "input": changes })).await;
    answer.data("/updatePost/post").clone()
}

#[tokio::test]
async fn nobody_sees_that_a_draft_was_changed_before_it_came_out() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let draft = create(&ada, false).await;
    assert_eq!((&draft["publishedAt"], &draft["editedAt"]), (&Value::Null, &Value::Null));
    let changed = update(&ada, &draft, json!({ "title": "Better" })).await;
    assert_eq!((&changed["publishedAt"], &changed["editedAt"]), (&Value::Null, &Value::Null));
    let out = update(&ada, &draft, json!({ "title": "Best", "published": true })).await;
    assert!(out["publishedAt"].as_str() > out["createdAt"].as_str(), "{out}");
    assert_eq!(out["editedAt"], Value::Null);
    let edited = update(&ada, &draft, json!({ "title": "Even better" })).await;
    assert!(edited["editedAt"].as_str() > out["publishedAt"].as_str(), "{edited}");
    assert_eq!(edited["publishedAt"], out["publishedAt"]);
    let read = "query ($id: ID!) { post(id: $id) { publishedAt } }";
    let seen = stranger.query(read, json!({ "id": draft["id"] })).await;
    assert_eq!(seen.data("/post/publishedAt"), &out["publishedAt"]);
}

#[tokio::test]
async fn a_post_that_was_out_is_changed_also_while_it_is_a_draft_again() {
    let (app, _stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = create(&ada, true).await;
    assert_eq!(post["publishedAt"], post["createdAt"]);
    let hidden = update(&ada, &post, json!({ "published": false })).await;
    assert_eq!((&hidden["publishedAt"], &hidden["editedAt"]), (&post["createdAt"], &Value::Null));
    let changed = update(&ada, &post, json!({ "content": "Never said" })).await;
    assert!(changed["editedAt"].is_string(), "{changed}");
    let again = update(&ada, &post, json!({ "published": true })).await;
    assert_eq!(again["publishedAt"], post["createdAt"]);
    assert_eq!(again["editedAt"], changed["editedAt"]);
}

#[tokio::test]
async fn drafts_are_listed_for_their_owner_and_nobody_else() {
    let (app, _stranger) = TestApp::init().await;
    let (ada, root) = (app.user("ada").await, app.admin("root").await);
    let (first, _out) = (create(&ada, false).await, create(&ada, true).await);
    let (second, taken_back) = (create(&ada, false).await, create(&ada, true).await);
    update(&ada, &taken_back, json!({ "published": false })).await;
    update(&ada, &second, json!({ "published": true })).await;
    create(&root, false).await;
    let list = "query ($first: Int, $after: String) { drafts(first: $first, after: $after) {
        totalCount nodes { id } pageInfo { endCursor hasNextPage } } }";
    let page = ada.query(list, json!({ "first": 1 })).await;
    assert_eq!(page.data("/drafts/totalCount"), 2);
    assert_eq!(page.data("/drafts/nodes/0/id"), &taken_back["id"]);
    assert_eq!(page.data("/drafts/pageInfo/hasNextPage"), true);
    let after = page.data("/drafts/pageInfo/endCursor").clone();
    let rest = ada.query(list, json!({ "first": 1, "after": after })).await;
    assert_eq!(rest.data("/drafts/nodes/0/id"), &first["id"]);
    assert_eq!(rest.data("/drafts/pageInfo/hasNextPage"), false);
    let logout = "mutation { logout(input: {}) { endedSessionId } }";
    assert_eq!(ada.query(logout, json!({})).await.code(), None);
    assert_eq!(ada.query(list, json!({})).await.code(), Some("UNAUTHENTICATED"));
}
