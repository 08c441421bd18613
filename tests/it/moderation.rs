//! Suspensions and the moderation log.

use serde_json::{Value, json};

use crate::{
    follow::follow,
    support::{
        app::TestApp,
        client::{Answer, Client},
        user::{PASSWORD, TestUser},
    },
};

const LOG: &str = "query ($target: ID) { moderationLog(targetId: $target) { totalCount
    nodes { id action actor { username } targetId reason createdAt } } }";

async fn set(viewer: &Client, field: &str, user: &str, reason: Option<&str>) -> Answer {
    let document = format!(
        "mutation ($id: ID!, $reason: String) {{
            {field}(input: {{ userId: $id, reason: $reason }}) {{
                user {{ isSuspended suspendedAt }} userErrors {{ code path }} }} }}"
    );
    viewer.query(&document, json!({ "id": user, "reason": reason })).await
}

/// What a viewer finds of somebody: the person, and how many posts in all ways to them.
async fn seen(viewer: &Client, person: &TestUser) -> (bool, [i64; 3]) {
    let document = "query ($id: ID!) { user(by: { id: $id }) { id }
        all: posts { totalCount } theirs: posts(ownedBy: $id) { totalCount }
        found: posts(search: \"title\") { totalCount } }";
    let answer = viewer.query(document, json!({ "id": person.id })).await;
    let count = |list: &str| answer.data(&format!("/{list}/totalCount")).as_i64().unwrap();
    (*answer.data("/user") != Value::Null, ["all", "theirs", "found"].map(count))
}

#[tokio::test]
async fn a_suspension_hides_and_a_restoration_brings_all_back() {
    let (app, anon) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    let post = app.post(&bob).await;
    app.comment(&bob, &post, None).await;
    follow(&ada, &bob).await;
    let suspended = set(&root, "suspendUser", &bob.id, Some("spam")).await;
    assert_eq!(suspended.data("/suspendUser/user/isSuspended"), true);
    assert!(suspended.data("/suspendUser/user/suspendedAt").is_string());
    for viewer in [&anon, &*ada] {
        assert_eq!(seen(viewer, &bob).await, (false, [0, 0, 0]));
    }
    assert_eq!(seen(&root, &bob).await, (true, [1, 1, 1]));
    // The session ended at once, and no new one begins.
    assert_eq!(bob.query("{ me { id } }", json!({})).await.code(), Some("UNAUTHENTICATED"));
    assert_eq!(follow(&bob, &ada).await.code(), Some("UNAUTHENTICATED"));
    let login = format!(
        "mutation {{ login(input: {{ identifier: \"bob\", password: \"{PASSWORD}\" }}) {{
            tokens {{ tokenType }} userErrors {{ code }} }} }}"
    );
    let refused = anon.query(&login, json!({})).await;
    assert_eq!(refused.data("/login/userErrors/0/code"), "SUSPENDED");

    let restored = set(&root, "restoreUser", &bob.id, None).await;
    let expected =
        json!({ "user": { "isSuspended": false, "suspendedAt": null }, "userErrors": [] });
    assert_eq!(restored.data("/restoreUser"), &expected);
    for viewer in [&anon, &*ada] {
        assert_eq!(seen(viewer, &bob).await, (true, [1, 1, 1]));
    }
    assert_eq!((app.count("follows").await, app.count("comments").await), (1, 1));
    let back = app.log_in(&anon, "bob", PASSWORD).await;
    assert_eq!(back.query("{ me { username } }", json!({})).await.data("/me/username"), "bob");
}

#[tokio::test]
async fn only_admins_suspend_and_nobody_themselves() {
    let (app, anon) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    for field in ["suspendUser", "restoreUser"] {
        for (viewer, code) in [(&anon, "UNAUTHENTICATED"), (&*ada, "FORBIDDEN")] {
            assert_eq!(set(viewer, field, &bob.id, None).await.code(), Some(code));
        }
        let nobody = set(&root, field, "user_01h455vb4pex5vsknk084sn02q", None).await;
        assert_eq!(nobody.data(&format!("/{field}/userErrors/0/code")), "NOT_FOUND");
    }
    let oneself = set(&root, "suspendUser", &root.id, Some("a\u{1b}b")).await;
    assert_eq!(
        oneself.data("/suspendUser"),
        &json!({ "user": null, "userErrors": [
            { "code": "NOT_ONESELF", "path": ["input", "userId"] },
            { "code": "INVALID", "path": ["input", "reason"] },
        ] })
    );
    assert_eq!(app.count("users WHERE suspended_at IS NOT NULL").await, 0);
    assert_eq!(app.count("moderation_log WHERE actor_id IS NOT NULL").await, 0);
    // An admin who is no longer one can do nothing, from the next field on.
    let other = app.admin("other").await;
    set(&root, "suspendUser", &other.id, None).await;
    assert_eq!(set(&other, "suspendUser", &root.id, None).await.code(), Some("UNAUTHENTICATED"));
}

#[tokio::test]
async fn every_act_is_in_the_log_once() {
    let (app, anon) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    let report = "mutation ($id: ID!) { report(input: { subjectId: $id, reason: \"spam\" }) {
        report { id } } }";
    let report = ada.query(report, json!({ "id": bob.id })).await.data("/report/report/id").clone();
    for _ in 0..2 {
        set(&root, "suspendUser", &bob.id, Some("spam")).await;
    }
    for _ in 0..2 {
        set(&root, "restoreUser", &bob.id, None).await;
    }
    let resolve =
        "mutation ($id: ID!) { resolveReport(input: { reportId: $id, reason: \"done\" }) {
        userErrors { code } } }";
    root.query(resolve, json!({ "id": report })).await;
    let role = "mutation ($id: ID!) { setUserRole(input: { userId: $id, role: ADMIN }) {
        userErrors { code } } }";
    root.query(role, json!({ "id": bob.id })).await;

    let demote = "mutation ($id: ID!) { setUserRole(input: { userId: $id, role: USER }) {
        userErrors { code } } }";
    root.query(demote, json!({ "id": bob.id })).await;
    let roles = root.query("{ moderationLog { nodes { role } } }", json!({})).await;
    let roles = roles.data("/moderationLog/nodes").as_array().unwrap().clone();
    let roles: Vec<_> = roles.into_iter().map(|node| node["role"].clone()).collect();
    let none = Value::Null;
    let expected = [&json!("USER"), &json!("ADMIN"), &none, &none, &none, &json!("ADMIN")];
    assert_eq!(roles.iter().collect::<Vec<_>>(), expected);

    let log = root.query(LOG, json!({})).await;
    assert_eq!(log.data("/moderationLog/totalCount"), 6);
    let nodes = log.data("/moderationLog/nodes").as_array().unwrap();
    let told: Vec<Value> = nodes
        .iter()
        .map(|node| {
            json!([node["action"], node["actor"]["username"], node["targetId"], node["reason"]])
        })
        .collect();
    let by_root = |action, target: &Value, reason| json!([action, "root", target, reason]);
    let bob_id = json!(bob.id);
    assert_eq!(
        told,
        [
            by_root("SET_ROLE", &bob_id, Value::Null),
            by_root("SET_ROLE", &bob_id, Value::Null),
            by_root("RESOLVE_REPORT", &report, json!("done")),
            by_root("RESTORE_USER", &bob_id, Value::Null),
            by_root("SUSPEND_USER", &bob_id, json!("spam")),
            // Root became an admin from the command line.
            json!(["SET_ROLE", null, root.id, null]),
        ]
    );
    let of_report = root.query(LOG, json!({ "target": report })).await;
    assert_eq!(of_report.data("/moderationLog/totalCount"), 1);
    assert_eq!(of_report.data("/moderationLog/nodes/0/action"), "RESOLVE_REPORT");
    let (_, suffix) = bob.id.split_once('_').unwrap();
    let post = root.query(LOG, json!({ "target": format!("post_{suffix}") })).await;
    assert_eq!(post.data("/moderationLog/totalCount"), 0, "a user is no post");
    let session = root.query(LOG, json!({ "target": format!("session_{suffix}") })).await;
    assert_eq!(session.code(), Some("BAD_USER_INPUT"));
    assert!(session.text.contains("a user, a post, a comment or a report"), "{}", session.text);

    let entry = &nodes[0]["id"];
    let node = "query ($id: ID!) { node(id: $id) { id } }";
    for (viewer, code) in [(&anon, Some("UNAUTHENTICATED")), (&*ada, Some("FORBIDDEN"))] {
        assert_eq!(viewer.query(LOG, json!({})).await.code(), code);
        let by_id = viewer.query(node, json!({ "id": entry })).await;
        assert_eq!(by_id.data("/node"), &Value::Null);
    }
    let by_id = root.query(node, json!({ "id": entry })).await;
    assert_eq!(by_id.data("/node/id"), entry);
}

#[tokio::test]
async fn the_log_outlives_everybody_and_cannot_be_changed() {
    let (app, _) = TestApp::init().await;
    let (root, bob) = (app.admin("root").await, app.user("bob").await);
    let other = app.admin("other").await;
    set(&other, "suspendUser", &bob.id, Some("spam")).await;
    app.sql("DELETE FROM users WHERE username IN ('bob', 'other')").await;
    let log = root.query(LOG, json!({ "target": bob.id })).await;
    assert_eq!(log.data("/moderationLog/nodes/0/actor"), &Value::Null);
    assert_eq!(log.data("/moderationLog/nodes/0/targetId"), &bob.id);

    let database = app.shared().await;
    for refused in [
        "UPDATE moderation_log SET reason = 'other'",
        "DELETE FROM moderation_log",
        "DELETE FROM moderation_log WHERE false",
        "TRUNCATE moderation_log",
    ] {
        let error = database.batch_execute(refused).await.unwrap_err();
        assert!(
            error.to_string().contains("append-only")
                || error.as_db_error().is_some_and(|error| error.message().contains("append-only")),
            "{refused}: {error}"
        );
    }
    assert_eq!(app.count("moderation_log").await, 3);
}
