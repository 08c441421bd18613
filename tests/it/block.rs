//! Blocks and mutes: set, taken back, listed, and what they hide.

use serde_json::{Value, json};

use crate::{
    follow::follow,
    support::{
        app::TestApp,
        client::{Answer, Client},
        user::TestUser,
    },
};

const NOBODY: &str = "user_01h455vb4pex5vsknk084sn02q";

/// One of the four mutations, about this user.
async fn set(viewer: &Client, field: &str, other: &str) -> Answer {
    let payload = if field == "blockUser" {
        "blockedUserId viewer { followingCount }"
    } else {
        "user { id }"
    };
    let document = format!(
        "mutation ($id: ID!) {{ {field}(input: {{ userId: $id }}) {{
            {payload} userErrors {{ code path }} }} }}"
    );
    viewer.query(&document, json!({ "id": other })).await
}

/// Whether one finds the other by id, by name, as a node and among all users.
async fn sees(viewer: &Client, other: &TestUser) -> bool {
    let document = "query ($id: ID!, $name: String!) {
        id: user(by: { id: $id }) { id } name: user(by: { username: $name }) { id }
        node(id: $id) { id } users { nodes { id } }
        search: users(search: $name) { totalCount } }";
    let variables = json!({ "id": other.id, "name": other.username });
    let answer = viewer.query(document, variables).await;
    let listed = answer.data("/users/nodes").as_array().unwrap().iter();
    let ways = [
        *answer.data("/id") != Value::Null,
        *answer.data("/name") != Value::Null,
        *answer.data("/node") != Value::Null,
        listed.into_iter().any(|node| node["id"] == other.id),
        *answer.data("/search/totalCount") == 1,
    ];
    assert!(ways.iter().all(|way| *way == ways[0]), "{ways:?}");
    ways[0]
}

#[tokio::test]
async fn a_block_hides_both_and_ends_follows_both_ways() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    follow(&ada, &bob).await;
    follow(&bob, &ada).await;
    follow(&ada, &eve).await;
    for _ in 0..2 {
        let answer = set(&ada, "blockUser", &bob.id).await;
        let expected = json!({
            "blockedUserId": bob.id, "viewer": { "followingCount": 1 }, "userErrors": []
        });
        assert_eq!(answer.data("/blockUser"), &expected);
    }
    assert!(!sees(&ada, &bob).await && !sees(&bob, &ada).await);
    assert!(sees(&eve, &bob).await && sees(&anon, &ada).await);
    assert_eq!(follow(&bob, &ada).await.data("/follow/userErrors/0/code"), "NOT_FOUND");
    assert_eq!(follow(&ada, &bob).await.data("/follow/userErrors/0/code"), "NOT_FOUND");

    let undone = set(&ada, "unblockUser", &bob.id).await;
    assert_eq!(undone.data("/unblockUser"), &json!({ "user": { "id": bob.id }, "userErrors": [] }));
    assert!(sees(&ada, &bob).await && sees(&bob, &ada).await);
    assert_eq!(app.count("follows").await, 1, "follows do not come back");
}

#[tokio::test]
async fn a_block_takes_no_other_block_back() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    set(&ada, "blockUser", &bob.id).await;
    // Whom bob cannot see he cannot block, mute or ask about.
    for field in ["blockUser", "muteUser", "unblockUser", "unmuteUser"] {
        let answer = set(&bob, field, &ada.id).await;
        assert_eq!(answer.data(&format!("/{field}/userErrors/0/code")), "NOT_FOUND", "{field}");
    }
    app.blocked(&bob, &ada).await;
    let undone = set(&ada, "unblockUser", &bob.id).await;
    assert_eq!(undone.data("/unblockUser"), &json!({ "user": null, "userErrors": [] }));
    assert!(!sees(&ada, &bob).await);
}

#[tokio::test]
async fn boundaries_need_somebody_else() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    for field in ["blockUser", "muteUser"] {
        let oneself = set(&ada, field, &ada.id).await;
        let expected = json!([{ "code": "NOT_ONESELF", "path": ["input", "userId"] }]);
        assert_eq!(oneself.data(&format!("/{field}/userErrors")), &expected);
    }
    for field in ["blockUser", "muteUser", "unblockUser", "unmuteUser"] {
        let nobody = set(&ada, field, NOBODY).await;
        assert_eq!(nobody.data(&format!("/{field}/userErrors/0/code")), "NOT_FOUND", "{field}");
        assert_eq!(set(&anon, field, &ada.id).await.code(), Some("UNAUTHENTICATED"), "{field}");
    }
    assert_eq!((app.count("blocks").await, app.count("mutes").await), (0, 0));
}

#[tokio::test]
async fn admins_see_those_who_block_them_but_follow_nobody_across_a_block() {
    let (app, _) = TestApp::init().await;
    let (root, bob) = (app.admin("root").await, app.user("bob").await);
    set(&bob, "blockUser", &root.id).await;
    assert!(sees(&root, &bob).await && !sees(&bob, &root).await);
    assert_eq!(follow(&root, &bob).await.data("/follow/userErrors/0/code"), "NOT_ALLOWED");
    assert_eq!(app.count("follows").await, 0);
}

#[tokio::test]
async fn only_oneself_sees_whom_one_blocks_and_mutes() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    let root = app.admin("root").await;
    for (field, other) in
        [("blockUser", &bob), ("muteUser", &eve), ("blockUser", &root), ("muteUser", &eve)]
    {
        set(&ada, field, &other.id).await;
    }
    let document = "query ($id: ID!) { user(by: { id: $id }) {
        viewerIsBlocking viewerIsMuting
        blockedUsers { totalCount nodes { id viewerIsBlocking } }
        mutedUsers { totalCount nodes { id viewerIsMuting } } } }";
    let own = ada.query(document, json!({ "id": ada.id })).await;
    let block = |user: &TestUser| json!({ "id": user.id, "viewerIsBlocking": true });
    assert_eq!(
        own.data("/user/blockedUsers"),
        &json!({ "totalCount": 2, "nodes": [block(&root), block(&bob)] })
    );
    assert_eq!(
        own.data("/user/mutedUsers"),
        &json!({ "totalCount": 1, "nodes": [{ "id": eve.id, "viewerIsMuting": true }] })
    );
    for viewer in [&anon, &*eve, &*root] {
        let others = viewer.query(document, json!({ "id": ada.id })).await;
        let expected = json!({ "viewerIsBlocking": false, "viewerIsMuting": false,
            "blockedUsers": null, "mutedUsers": null });
        assert_eq!(others.data("/user"), &expected);
    }
    let logout = "mutation { logout(input: {}) { endedSessionId } }";
    assert_eq!(ada.query(logout, json!({})).await.code(), None);
    for field in ["blockedUsers", "mutedUsers"] {
        let document = format!(
            "query ($id: ID!) {{ user(by: {{ id: $id }}) {{ {field} {{ totalCount }} }} }}"
        );
        let ended = ada.query(&document, json!({ "id": ada.id })).await;
        assert_eq!(ended.code(), Some("UNAUTHENTICATED"), "with a session that has ended");
        assert_eq!(ended.data(&format!("/user/{field}")), &json!(null));
    }
}

#[tokio::test]
async fn who_is_suspended_or_blocks_back_is_not_shown_by_the_lists_of_boundaries_either() {
    let (app, _) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    let (zoe, root) = (app.user("zoe").await, app.admin("root").await);
    for viewer in [&ada, &root] {
        for (field, other) in [("blockUser", &bob), ("muteUser", &eve), ("muteUser", &zoe)] {
            set(viewer, field, &other.id).await;
        }
    }
    app.suspend(&bob).await;
    app.suspend(&eve).await;
    set(&zoe, "blockUser", &ada.id).await;
    let document = "{ me { blockedUsers { totalCount nodes { username } }
                           mutedUsers { totalCount nodes { username isSuspended } } } }";
    let nobody = json!({ "totalCount": 0, "nodes": [] });
    let seen = ada.query(document, json!({})).await;
    assert_eq!(seen.data("/me"), &json!({ "blockedUsers": nobody, "mutedUsers": nobody }));
    let seen = root.query(document, json!({})).await;
    let muted = json!([{ "username": "zoe", "isSuspended": false },
                       { "username": "eve", "isSuspended": true }]);
    assert_eq!(seen.data("/me/mutedUsers"), &json!({ "totalCount": 2, "nodes": muted }));
    assert_eq!(seen.data("/me/blockedUsers/nodes/0/username"), "bob");
}

#[tokio::test]
async fn a_mute_hides_from_lists_and_nowhere_else() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&bob).await;
    app.followed(&ada, &bob).await;
    app.followed(&bob, &ada).await;
    app.voted(&bob, &post, 1).await;
    // Each list of people has nobody but the two.
    let people = "query ($post: ID!) {
        users { nodes { username } } found: users(search: \"bob\") { nodes { username } }
        me { followers { nodes { username } } following { nodes { username } } }
        post(id: $post) { voters { nodes { username } } } }";
    let listed = async |muted: bool| {
        let answer = ada.query(people, json!({ "post": post.id })).await;
        for path in ["/users", "/found", "/me/followers", "/me/following", "/post/voters"] {
            let shows = answer.data(path).to_string().contains("bob");
            assert_eq!(shows, !muted, "{path}: {}", answer.text);
        }
    };
    listed(false).await;
    let document = "query ($bob: ID!, $post: ID!) {
        listed: posts { totalCount nodes { id } }
        found: posts(search: \"title\") { totalCount }
        theirs: posts(ownedBy: $bob) { totalCount }
        user(by: { id: $bob }) { viewerIsMuting }
        post(id: $post) { id } }";
    let seen = async || {
        let answer = ada.query(document, json!({ "bob": bob.id, "post": post.id })).await;
        assert_eq!(answer.data("/theirs/totalCount"), 1);
        assert_eq!(answer.data("/post/id"), &post.id);
        assert_eq!(answer.data("/listed/totalCount"), answer.data("/found/totalCount"));
        (answer.data("/listed/totalCount").clone(), answer.data("/user/viewerIsMuting").clone())
    };
    assert_eq!(seen().await, (json!(1), json!(false)));
    for _ in 0..2 {
        let muted = set(&ada, "muteUser", &bob.id).await;
        let expected = json!({ "user": { "id": bob.id }, "userErrors": [] });
        assert_eq!(muted.data("/muteUser"), &expected);
        assert_eq!(seen().await, (json!(0), json!(true)));
        listed(true).await;
    }
    for _ in 0..2 {
        set(&ada, "unmuteUser", &bob.id).await;
        assert_eq!(seen().await, (json!(1), json!(false)));
    }
}

/// Blocks and follows of the same two people at the same time: no follow outlives a block.
#[tokio::test(flavor = "multi_thread")]
async fn a_follow_never_outlives_a_block() {
    let (app, _) = TestApp::alone().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    for _ in 0..20 {
        let answers = tokio::join!(
            follow(&ada, &bob),
            set(&bob, "blockUser", &ada.id),
            follow(&bob, &ada),
            follow(&ada, &bob),
        );
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            assert_eq!(answer.code(), None, "{}", answer.text);
        }
        assert_eq!((app.count("blocks").await, app.count("follows").await), (1, 0));
        set(&bob, "unblockUser", &ada.id).await;
    }
}

#[tokio::test]
async fn who_is_blocked_still_rules_under_their_own_post() {
    let (app, _) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    let post = app.post(&ada).await;
    let comment = app.comment(&bob, &post, None).await;
    set(&bob, "blockUser", &ada.id).await;
    set(&bob, "blockUser", &eve.id).await;
    let delete = "mutation ($id: ID!) { deleteComment(input: { commentId: $id }) {
        deletedCommentId userErrors { code } } }";
    let id = json!({ "id": comment.id });
    let hidden = eve.query(delete, id.clone()).await;
    assert_eq!(hidden.data("/deleteComment/userErrors"), &json!([{ "code": "NOT_FOUND" }]));
    let gone = ada.query(delete, id).await;
    assert_eq!(gone.data("/deleteComment/deletedCommentId"), &json!(comment.id));
    assert_eq!(app.count("comments").await, 0);
}
