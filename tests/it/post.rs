//! Posts: written, changed and deleted, by whom, and who sees them.

use rookery::{
    db::post::{Visibility, find_contents},
    text::normal,
};
use serde_json::{Value, json};

use crate::{
    retry::waits,
    support::{app::TestApp, client::Client, post::post_id, user::TestUser, world::Seen},
};

const CREATE: &str = "mutation ($input: CreatePostInput!) { createPost(input: $input) {
    post { id title content published visibility createdAt updatedAt editedAt score commentCount
           owner { id postCount } viewerCanUpdate viewerCanDelete }
    userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdatePostInput!) { updatePost(input: $input) {
    post { id title content published visibility updatedAt editedAt }
    userErrors { code path } } }";
const DELETE: &str = "mutation ($input: DeletePostInput!) { deletePost(input: $input) {
    deletedPostId owner { postCount } userErrors { code path } } }";
const READ: &str = "query ($id: ID!) { post(id: $id) {
    title content owner { username } viewerCanUpdate viewerCanDelete } }";

async fn send(client: &Client, document: &str, input: Value) -> Value {
    let answer = client.query(document, json!({ "input": input })).await;
    assert_eq!(answer.code(), None, "{}", answer.text);
    answer.json["data"].as_object().unwrap().values().next().unwrap().clone()
}

async fn read(client: &Client, id: &str) -> Value {
    client.query(READ, json!({ "id": id })).await.data("/post").clone()
}

#[tokio::test]
async fn a_new_post_is_as_it_was_written() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let input = json!({ "title": " \u{200b}Hello\n", "content": "One\r\ntwo 👩‍👩‍👧 \u{feff}" });
    let created = send(&ada, CREATE, input).await;
    assert_eq!(created["userErrors"], json!([]));
    let post = &created["post"];
    assert_eq!(post["title"], "Hello");
    assert_eq!(post["content"], "One\ntwo 👩‍👩‍👧");
    assert_eq!((&post["published"], &post["visibility"]), (&json!(true), &json!("PUBLIC")));
    assert_eq!((&post["createdAt"], &post["editedAt"]), (&post["updatedAt"], &Value::Null));
    assert_eq!((&post["score"], &post["commentCount"]), (&json!(0), &json!(0)));
    assert_eq!(post["owner"], json!({ "id": ada.id, "postCount": 1 }));
    assert_eq!((&post["viewerCanUpdate"], &post["viewerCanDelete"]), (&json!(true), &json!(true)));
    let seen = read(&stranger, post["id"].as_str().unwrap()).await;
    assert_eq!(seen["content"], post["content"]);
    assert_eq!(
        (&seen["viewerCanUpdate"], &seen["viewerCanDelete"]),
        (&json!(false), &json!(false))
    );
}

#[tokio::test]
async fn all_that_is_wrong_with_a_post_is_told_at_once() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let long = json!({ "title": "é".repeat(301), "content": "👩‍👩‍👧".repeat(40_001) });
    // The body limit is above what a content may be.
    let refused = send(&ada, CREATE, long).await;
    assert_eq!(refused["post"], Value::Null);
    let problem = |field: &str, code: &str| (json!(["input", field]), json!(code));
    let problems = |refused: &Value| -> Vec<(Value, Value)> {
        let errors = refused["userErrors"].as_array().unwrap();
        errors.iter().map(|e| (e["path"].clone(), e["code"].clone())).collect()
    };
    assert_eq!(problems(&refused), [problem("title", "TOO_LONG"), problem("content", "TOO_LONG")]);
    let empty = send(&ada, CREATE, json!({ "title": "\u{2060} ", "content": "\n\u{200b}" })).await;
    assert_eq!(problems(&empty), [problem("title", "REQUIRED"), problem("content", "REQUIRED")]);
    let control = send(&ada, CREATE, json!({ "title": "a\u{1b}b", "content": "ok" })).await;
    assert_eq!(problems(&control), [problem("title", "INVALID")]);
    let fits = json!({ "title": "👩‍👩‍👧".repeat(300), "content": "é".repeat(40_000) });
    assert_eq!(send(&ada, CREATE, fits).await["userErrors"], json!([]));
    let answer = stranger.query(CREATE, json!({ "input": { "title": "a", "content": "b" } })).await;
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"));
    assert_eq!(send_count(&stranger).await, 1);
}

/// A content of words that are all different, which PostgreSQL's parser takes as letters: two that
/// are joined by a hyphen are also indexed as one.
fn stuffed(graphemes: u32) -> String {
    let letter = |base: u32, n: u32| char::from_u32(base + n).unwrap();
    let word = |n: u32| {
        let leading = (0..5).map(|place| letter(0x1100, n / 19_u32.pow(place) % 19));
        leading.chain([letter(0x1161, 0), letter(0x1161, 1), letter(0x11a8, 0)]).collect::<String>()
    };
    (0..graphemes / 4).map(|n| format!("{}-{} ", word(n * 2), word(n * 2 + 1))).collect()
}

#[tokio::test]
async fn the_longest_content_fits_whatever_it_is_made_of() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    for content in ["👨‍👩‍👧‍👦".repeat(40_000), stuffed(40_000)] {
        let written = send(&ada, CREATE, json!({ "title": "Long", "content": content })).await;
        assert_eq!(written["userErrors"], json!([]));
        let id = written["post"]["id"].as_str().unwrap();
        assert_eq!(read(&stranger, id).await["content"], normal(content.trim_end()));
        let changed = send(&ada, UPDATE, json!({ "id": id, "content": content + "👨‍👩‍👧‍👦" })).await;
        assert_eq!(changed["post"].is_null(), changed["userErrors"][0]["code"] == "TOO_LONG");
    }
}

/// What a page names may be gone before its rows are looked at more closely.
#[tokio::test]
async fn a_post_whose_owner_goes_while_it_is_read_is_not_there() {
    let (app, stranger) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let gone = post_id(app.write_post(ada.key, "Gone").await.id);
    let stays = post_id(app.write_post(bob.key, "Stays").await.id);
    let sql = app.database().await;
    sql.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let query = "query ($gone: ID!, $stays: ID!) {
        gone: post(id: $gone) { owner { username } } stays: post(id: $stays) { owner { username } } }";
    let read = stranger.query(query, json!({ "gone": gone, "stays": stays }));
    let delete = async {
        waits(&app.database().await, "rookery").await;
        let delete = format!("DELETE FROM users WHERE id = '{}'; COMMIT", ada.key);
        sql.batch_execute(&delete).await.unwrap();
    };
    let (answer, ()) = tokio::join!(read, delete);
    let expected = json!({ "gone": null, "stays": { "owner": { "username": "bob" } } });
    assert_eq!(answer.json["data"], expected, "{}", answer.text);
    assert_eq!(answer.code(), Some("NOT_FOUND"));
    assert_eq!(answer.json["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_text_is_read_by_those_who_still_see_the_post() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (open, draft) = (app.post(&ada).await, app.post_seen(&ada, Seen::Draft).await);
    let conn = app.db().read().await.unwrap();
    for (viewer, texts) in [(None, 1), (Some(bob.key), 1), (Some(ada.key), 2)] {
        let found = find_contents(&conn, viewer, &[open.key, draft.key]).await.unwrap();
        assert_eq!(found.len(), texts, "{viewer:?}");
        assert!(found.contains_key(&open.key));
    }
}

async fn send_count(client: &Client) -> i64 {
    client
        .query("{ posts { totalCount } }", json!({}))
        .await
        .data("/posts/totalCount")
        .as_i64()
        .unwrap()
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let id = post_id(app.write_post(ada.key, "First").await.id);
    let hidden =
        send(&ada, UPDATE, json!({ "id": id, "visibility": "PRIVATE" })).await["post"].clone();
    assert_eq!((&hidden["title"], &hidden["visibility"]), (&json!("First"), &json!("PRIVATE")));
    assert_eq!(hidden["editedAt"], Value::Null, "it says what it said");
    let same = send(&ada, UPDATE, json!({ "id": id, "title": "First" })).await["post"].clone();
    assert_eq!((&same["editedAt"], &same["updatedAt"]), (&Value::Null, &hidden["updatedAt"]));
    let edited = send(&ada, UPDATE, json!({ "id": id, "content": "Else." })).await["post"].clone();
    assert_eq!((&edited["title"], &edited["content"]), (&json!("First"), &json!("Else.")));
    assert_eq!(edited["editedAt"], edited["updatedAt"]);
    assert_ne!(edited["editedAt"], Value::Null);
    let nulls =
        json!({ "id": id, "title": null, "content": null, "published": null, "visibility": null });
    let refused = send(&ada, UPDATE, nulls).await;
    let codes: Vec<_> =
        refused["userErrors"].as_array().unwrap().iter().map(|e| &e["code"]).collect();
    assert_eq!(codes, ["REQUIRED"; 4]);
    assert_eq!(read(&ada, &id).await["content"], "Else.");
}

#[tokio::test]
async fn only_the_owner_changes_a_post() {
    let (app, stranger) = TestApp::init().await;
    let (ada, bob, root) = (app.user("ada").await, app.user("bob").await, app.admin("root").await);
    let id = post_id(app.write_post(ada.key, "Mine").await.id);
    let draft = post_id(app.write_post_for(ada.key, "Draft", false, Visibility::Public).await.id);
    for other in [&bob, &root] {
        let refused = send(other, UPDATE, json!({ "id": id, "title": "Theirs" })).await;
        assert_eq!(
            refused["userErrors"],
            json!([{ "code": "NOT_ALLOWED", "path": ["input", "id"] }])
        );
        let unseen = send(other, UPDATE, json!({ "id": draft, "title": "Theirs" })).await;
        assert_eq!(unseen["userErrors"], json!([{ "code": "NOT_FOUND", "path": ["input", "id"] }]));
    }
    let answer = stranger.query(UPDATE, json!({ "input": { "id": id, "title": "Theirs" } })).await;
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"));
    assert_eq!(read(&ada, &id).await["title"], "Mine");
    assert_eq!(read(&ada, &draft).await["title"], "Draft");
    app.suspend(&ada).await;
    let answer = ada.query(UPDATE, json!({ "input": { "id": id, "title": "Late" } })).await;
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"));
    assert_eq!(read(&root, &id).await["title"], "Mine");
}

#[tokio::test]
async fn the_owner_and_admins_delete_a_post() {
    let (app, stranger) = TestApp::init().await;
    let (ada, bob, root) = (app.user("ada").await, app.user("bob").await, app.admin("root").await);
    let mut ids = Vec::new();
    for title in ["By its owner", "By an admin"] {
        ids.push(post_id(app.write_post(ada.key, title).await.id));
    }
    let draft = post_id(app.write_post_for(ada.key, "Draft", false, Visibility::Public).await.id);
    let refused = send(&bob, DELETE, json!({ "id": ids[0] })).await;
    assert_eq!(refused["userErrors"], json!([{ "code": "NOT_ALLOWED", "path": ["input", "id"] }]));
    let unseen = send(&bob, DELETE, json!({ "id": draft })).await;
    assert_eq!(unseen["userErrors"], json!([{ "code": "NOT_FOUND", "path": ["input", "id"] }]));
    let answer = stranger.query(DELETE, json!({ "input": { "id": ids[0] } })).await;
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"));
    assert_eq!(read(&stranger, &ids[0]).await["title"], "By its owner");

    let mine = send(&ada, DELETE, json!({ "id": ids[0] })).await;
    assert_eq!(
        mine,
        json!({ "deletedPostId": ids[0], "owner": { "postCount": 2 }, "userErrors": [] })
    );
    assert_eq!(moderation_log(&app).await, Vec::<(String, Option<String>)>::new());
    let theirs = send(&root, DELETE, json!({ "id": ids[1], "reason": "Spam" })).await;
    assert_eq!(theirs["deletedPostId"], ids[1]);
    let noted = vec![("delete_post".to_owned(), Some("Spam".to_owned()))];
    assert_eq!(moderation_log(&app).await, noted);
    for id in &ids {
        assert_eq!(read(&root, id).await, Value::Null);
        let again = send(&ada, DELETE, json!({ "id": id })).await;
        assert_eq!(again["userErrors"][0]["code"], "NOT_FOUND");
    }
    assert_eq!(moderation_log(&app).await, noted);

    // Hiding a post after it was reported does not save it.
    assert_eq!(read(&root, &draft).await, json!(null));
    assert_eq!(send(&root, DELETE, json!({ "id": draft })).await["userErrors"], json!([]));
    assert_eq!(moderation_log(&app).await.len(), 2);
}

async fn moderation_log(app: &TestApp) -> Vec<(String, Option<String>)> {
    let sql = app.shared().await;
    let log = "SELECT action, reason FROM moderation_log WHERE target_kind = 'post'";
    let rows = sql.query(log, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn a_post_is_seen_by_those_whom_it_is_for() {
    let (app, stranger) = TestApp::init().await;
    let (ada, fan, bob, root) = (
        app.user("ada").await,
        app.user("fan").await,
        app.user("bob").await,
        app.admin("root").await,
    );
    follow(&fan, &ada).await;
    let mut seen = Vec::new();
    for (published, visibility) in [
        (true, Visibility::Public),
        (true, Visibility::Followers),
        (true, Visibility::Private),
        (false, Visibility::Public),
    ] {
        let id = post_id(app.write_post_for(ada.key, "A post", published, visibility).await.id);
        let viewers: [&Client; 5] = [&stranger, &bob, &fan, &root, &ada];
        let mut by = Vec::new();
        for viewer in viewers {
            let post = read(viewer, &id).await;
            assert!(post.is_null() || post["owner"]["username"] == "ada");
            by.push(!post.is_null());
        }
        seen.push(by);
    }
    assert_eq!(seen[0], [true; 5]);
    assert_eq!(seen[1], [false, false, true, true, true]);
    assert_eq!(seen[2], [false, false, false, false, true]);
    assert_eq!(seen[3], [false, false, false, false, true]);
}

async fn follow(follower: &TestUser, followee: &TestUser) {
    let follow =
        "mutation ($input: FollowInput!) { follow(input: $input) { userErrors { code } } }";
    let done = send(follower, follow, json!({ "userId": followee.id })).await;
    assert_eq!(done["userErrors"], json!([]));
}
