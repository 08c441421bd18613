//! The same posts in every way of asking for them: what is answered at once and what waits, fragments
//! and aliases, one key twice.

use serde_json::{Value, json};

use crate::support::{app::TestApp, client::Client, user::TestUser};

/// Two people, and posts of both with votes, comments and answers.
async fn world(app: &TestApp) -> TestUser {
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    for (owner, title) in [(&ada, "kites"), (&bob, "boats"), (&ada, "trains")] {
        let post = app.write_post(owner.key, title).await;
        app.sql(&format!(
            "INSERT INTO votes (post_id, user_id, value) VALUES ('{}', '{}', 1);
             INSERT INTO comments (id, post_id, author_id, content)
                 VALUES (gen_random_uuid(), '{0}', '{1}', 'said of {title}')",
            post.id, bob.key
        ))
        .await;
    }
    ada
}

/// The posts of a list, in the order in which the fields are asked for.
async fn posts(client: &Client, selection: &str, rest: &str) -> Value {
    let document = format!("{{ {selection} }} {rest}");
    let answer = client.query(&document, json!({})).await;
    assert_eq!(answer.json.get("errors"), None, "{document}: {}", answer.text);
    let posts = answer.data("/posts");
    posts.get("nodes").unwrap_or(posts).clone()
}

/// Asks for posts in some way, and for what that should be by asking for each field alone.
async fn compare(client: &Client, selection: &str, rest: &str, fields: &[(&str, &str)]) {
    let found = posts(client, &format!("posts {{ nodes {{ {selection} }} }}"), rest).await;
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 3);
    for (key, field) in fields {
        let alone = posts(client, &format!("posts {{ nodes {{ it: {field} }} }}"), "").await;
        for (post, alone) in found.iter().zip(alone.as_array().unwrap()) {
            assert_eq!(post.get(key), alone.get("it"), "{key} of {selection}");
        }
    }
    for post in found {
        let keys: Vec<_> = post.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected: Vec<_> = fields.iter().map(|(key, _)| *key).collect();
        expected.sort_unstable();
        assert_eq!(keys, expected, "{selection}");
    }
}

#[tokio::test]
async fn a_post_is_the_same_however_it_is_asked_for() {
    let (app, _) = TestApp::init().await;
    let ada = world(&app).await;
    let title = ("title", "title");
    let owner = ("owner", "owner { username id }");
    let both = "owner { username id __typename comments { nodes { content } } }";
    for (selection, rest, fields) in [
        ("title owner { username id }", "", vec![title, owner]),
        ("a: title b: score c: title", "", vec![("a", "title"), ("b", "score"), ("c", "title")]),
        ("__typename title", "", vec![title, ("__typename", "__typename")]),
        ("...P title", "fragment P on Post { owner { username id } }", vec![title, owner]),
        (
            "... { title } ... on Post { owner { ...U } }",
            "fragment U on User { username ...I } fragment I on User { id }",
            vec![title, owner],
        ),
        ("... on Node { id } title", "", vec![title, ("id", "id")]),
        ("... on Node { ... on Post { title } ... on User { username } }", "", vec![title]),
        (
            "title owner { username } ...P title",
            "fragment P on Post { title owner { id } }",
            vec![title, owner],
        ),
        (
            "title @include(if: true) score @skip(if: true) owner @skip(if: false) { username id }",
            "",
            vec![title, owner],
        ),
        ("... @include(if: false) { score } ... @include(if: true) { title }", "", vec![title]),
        (
            "title viewerVote comments { nodes { content author { username } } } voters { nodes { username } } score",
            "",
            vec![
                title,
                ("viewerVote", "viewerVote"),
                ("score", "score"),
                ("comments", "comments { nodes { content author { username } } }"),
                ("voters", "voters { nodes { username } }"),
            ],
        ),
        (
            "owner { username id __typename comments { nodes { content } } } viewerCanDelete",
            "",
            vec![("owner", both), ("viewerCanDelete", "viewerCanDelete")],
        ),
    ] {
        compare(&ada, selection, rest, &fields).await;
    }
    // The same through the edges, and one list twice.
    let edges = "posts { edges { cursor node { title } } edges { node { owner { username } } } }";
    let list = posts(&ada, edges, "").await;
    for (edge, (title, owner)) in list["edges"].as_array().unwrap().iter().zip([
        ("trains", "ada"),
        ("boats", "bob"),
        ("kites", "ada"),
    ]) {
        assert_eq!(edge["node"], json!({ "title": title, "owner": { "username": owner } }));
        assert!(edge["cursor"].is_string());
    }
}

#[tokio::test]
async fn fields_stand_in_the_order_in_which_they_are_asked_for() {
    let (app, _) = TestApp::init().await;
    let ada = world(&app).await;
    let document =
        "{ posts(first: 1) { nodes { score comments { totalCount } title voters { totalCount }
        owner { username followers { totalCount } id } id } } }";
    let text = ada.query(document, json!({})).await.text;
    let keys = ["score", "comments", "title", "voters", "owner", "username", "followers", "id"];
    let places: Vec<_> = keys.map(|key| text.find(&format!("\"{key}\"")).unwrap()).into();
    assert!(places.is_sorted(), "{text}");
}
