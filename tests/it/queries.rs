//! How many SQL statements an operation takes, whatever the length of its lists.
//!
//! An operation that is added to the API gets a row in [`OPERATIONS`].

use serde_json::json;

use crate::support::app::TestApp;

/// A document, which may declare `$id`, and the statements that it takes.
const OPERATIONS: &[(&str, u32)] = &[
    ("{ __typename }", 0),
    ("{ me { username email role isViewer } }", 1),
    ("{ me { sessions { nodes { id } } } }", 2),
    ("{ me { sessions { totalCount nodes { id } } } }", 3),
    ("query ($id: ID!) { user(by: { id: $id }) { username displayName bio } }", 1),
    ("query ($id: ID!) { a: user(by: { id: $id }) { id } b: user(by: { id: $id }) { email } }", 2),
    ("{ users { nodes { username email } } }", 2),
    ("{ users { totalCount nodes { username followerCount viewerIsFollowing } } }", 4),
    ("{ users(search: \"user\") { nodes { username } } }", 1),
    ("query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id, $id]) { id } }", 1),
    // The session and the write itself.
    ("mutation { updateProfile(input: { bio: \"Hello\" }) { user { bio } } }", 2),
    // The session; a transaction of seven: begin, two locks, who is seen, who is blocked, the
    // follow, commit; the two users anew.
    ("mutation ($id: ID!) { follow(input: { userId: $id }) { user { id } } }", 10),
];

#[tokio::test]
async fn operations_take_the_statements_that_they_should() {
    let (app, _anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let other = app.user("bob").await;
    for n in 0..10 {
        app.user(&format!("user_{n}")).await;
    }
    let mut wrong = Vec::new();
    for (document, expected) in OPERATIONS {
        let answer = ada.query(document, json!({ "id": other.id })).await;
        assert_eq!(answer.code(), None, "{document}: {}", answer.text);
        if answer.statements() != *expected {
            wrong.push((document, answer.statements()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
