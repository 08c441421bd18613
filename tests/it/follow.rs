//! Follows: made, ended, counted and listed.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rookery::id::{Id, UserKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    user::TestUser,
};

const FOLLOW: &str = "mutation ($id: ID!) { follow(input: { userId: $id }) {
    user { followerCount viewerIsFollowing isFollowingViewer }
    viewer { followingCount }
    userErrors { code path }
} }";
const UNFOLLOW: &str = "mutation ($id: ID!) { unfollow(input: { userId: $id }) {
    user { followerCount viewerIsFollowing }
    viewer { followingCount }
    userErrors { code path }
} }";

pub async fn follow(viewer: &Client, followee: &TestUser) -> Answer {
    viewer.query(FOLLOW, json!({ "id": followee.id })).await
}

async fn unfollow(viewer: &Client, followee: &TestUser) -> Answer {
    viewer.query(UNFOLLOW, json!({ "id": followee.id })).await
}

#[tokio::test]
async fn a_follow_counts_at_once_and_can_be_repeated() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    for _ in 0..2 {
        assert_eq!(
            follow(&ada, &bob).await.data("/follow"),
            &json!({
                "user": { "followerCount": 1, "viewerIsFollowing": true, "isFollowingViewer": false },
                "viewer": { "followingCount": 1 },
                "userErrors": [],
            })
        );
    }
    let back = follow(&bob, &ada).await;
    assert_eq!(back.data("/follow/user/isFollowingViewer"), true);
    for _ in 0..2 {
        assert_eq!(
            unfollow(&ada, &bob).await.data("/unfollow"),
            &json!({
                "user": { "followerCount": 0, "viewerIsFollowing": false },
                "viewer": { "followingCount": 0 },
                "userErrors": [],
            })
        );
    }
    assert_eq!(follow(&bob, &ada).await.data("/follow/user/followerCount"), 1);
}

#[tokio::test]
async fn nobody_follows_themselves_or_nobody() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let oneself = follow(&ada, &ada).await;
    assert_eq!(
        oneself.data("/follow/userErrors"),
        &json!([{ "code": "NOT_ONESELF", "path": ["input", "userId"] }])
    );
    let nobody = json!({ "id": "user_01h455vb4pex5vsknk084sn02q" });
    for (document, field) in [(FOLLOW, "follow"), (UNFOLLOW, "unfollow")] {
        let answer = ada.query(document, nobody.clone()).await;
        assert_eq!(answer.data(&format!("/{field}/userErrors/0/code")), "NOT_FOUND");
        assert_eq!(answer.data(&format!("/{field}/user")), &Value::Null);
    }
    assert_eq!(follow(&anon, &ada).await.code(), Some("UNAUTHENTICATED"));
    assert_eq!(unfollow(&anon, &ada).await.code(), Some("UNAUTHENTICATED"));
    assert_eq!(app.count("follows").await, 0);
}

#[tokio::test]
async fn a_suspended_user_can_be_unfollowed_but_not_followed() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    follow(&ada, &bob).await;
    app.suspend(&bob).await;
    assert_eq!(follow(&bob, &ada).await.code(), Some("UNAUTHENTICATED"));
    let ended = unfollow(&ada, &bob).await;
    assert_eq!(
        ended.data("/unfollow"),
        &json!({ "user": null, "viewer": { "followingCount": 0 }, "userErrors": [] })
    );
    assert_eq!(follow(&ada, &bob).await.data("/follow/userErrors/0/code"), "NOT_FOUND");
    assert_eq!(app.count("follows").await, 0);
}

#[tokio::test]
async fn deleting_an_account_leaves_the_counts_of_others_right() {
    let (app, _) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    for (one, other) in [(&ada, &bob), (&bob, &ada), (&eve, &ada), (&ada, &eve)] {
        follow(one, other).await;
    }
    let database = app.shared().await;
    database.execute("DELETE FROM users WHERE username = $1", &[&bob.username]).await.unwrap();
    let me = ada.query("{ me { followerCount followingCount } }", json!({})).await;
    assert_eq!(me.data("/me"), &json!({ "followerCount": 1, "followingCount": 1 }));
}

const PAGE: &str = "query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    user(by: { id: $id }) { list: SIDE(first: $first, after: $after, last: $last, before: $before) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }
}";

/// Walks a list to its end, a page at a time, and calls `between` after each page.
async fn walk(
    reader: &Client,
    of: &TestUser,
    side: &str,
    size: usize,
    forward: bool,
    between: &mut impl AsyncFnMut(),
) -> Vec<String> {
    let document = PAGE.replace("SIDE", side);
    let (count, from) = if forward { ("first", "after") } else { ("last", "before") };
    let (more, end) =
        if forward { ("hasNextPage", "endCursor") } else { ("hasPreviousPage", "startCursor") };
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "id": of.id, count: size, from: cursor });
        let answer = reader.query(&document, variables).await;
        let nodes = answer.data("/user/list/nodes").as_array().unwrap();
        let ids = nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned());
        if forward {
            seen.extend(ids);
        } else {
            seen.splice(0..0, ids);
        }
        let info = answer.data("/user/list/pageInfo");
        if info[more] == false {
            return seen;
        }
        cursor = info[end].clone();
        between().await;
    }
}

/// Rows that stay are met once each, in order, whatever comes and goes meanwhile.
#[tokio::test]
async fn pages_lose_and_repeat_nothing_while_follows_come_and_go() {
    let (app, anon) = TestApp::init().await;
    let star = app.user("star").await;
    let database = app.shared().await;
    // Half of them stay; times collide, so that the id decides.
    let fans = "INSERT INTO users (id, username, email, password_hash)
        SELECT overlay(gen_random_uuid()::text placing '7' from 15)::uuid, 'fan' || n, 'fan' || n || '@example.com', ''
        FROM generate_series(1, 60) AS n";
    database.batch_execute(fans).await.unwrap();
    for side in ["followers", "following"] {
        let (fan, other) = if side == "followers" {
            ("follower_id", "followee_id")
        } else {
            ("followee_id", "follower_id")
        };
        let stay = format!(
            "INSERT INTO follows ({fan}, {other}, created_at)
             SELECT id, '{}', timestamptz 'epoch' + (substr(username, 4)::int / 7) * interval '1 s'
             FROM users WHERE username LIKE 'fan%' AND substr(username, 4)::int % 2 = 0",
            star.key
        );
        database.batch_execute(&stay).await.unwrap();
        let expected = staying(database, fan, other, &star).await;
        let come_or_go = format!(
            "WITH someone AS (SELECT id FROM users
                 WHERE username LIKE 'fan%' AND substr(username, 4)::int % 2 = 1
                 ORDER BY random() LIMIT 5),
             gone AS (DELETE FROM follows WHERE {fan} IN (SELECT id FROM someone) AND {other} = '{0}'
                 RETURNING {fan})
             INSERT INTO follows ({fan}, {other}, created_at)
             SELECT id, '{0}', timestamptz 'epoch' + random() * interval '9 s'
             FROM someone WHERE id NOT IN (SELECT {fan} FROM gone)",
            star.key
        );
        let mut rng = StdRng::seed_from_u64(7);
        for _ in 0..8 {
            let (size, forward) = (rng.random_range(1..8), rng.random_bool(0.5));
            let mut change = async || database.batch_execute(&come_or_go).await.unwrap();
            let seen = walk(&anon, &star, side, size, forward, &mut change).await;
            let mut stayed = seen;
            stayed.retain(|id| expected.contains(id));
            assert_eq!(stayed, expected, "{side} by {size}, forward: {forward}");
        }
    }
}

async fn staying(
    database: &tokio_postgres::Client,
    fan: &str,
    other: &str,
    star: &TestUser,
) -> Vec<String> {
    let sql = format!(
        "SELECT {fan}::text FROM follows WHERE {other} = '{}' ORDER BY created_at DESC, {fan} DESC",
        star.key
    );
    let rows = database.query(&sql, &[]).await.unwrap();
    let id = |row: tokio_postgres::Row| {
        let key: Uuid = row.get::<_, &str>(0).parse().unwrap();
        Id::<UserKind>::from(key).to_string()
    };
    rows.into_iter().map(id).collect()
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    follow(&ada, &bob).await;
    follow(&ada, &eve).await;
    let following = PAGE.replace("SIDE", "following");
    let page = anon.query(&following, json!({ "id": ada.id, "first": 1 })).await;
    let cursor = page.data("/user/list/pageInfo/endCursor").clone();
    let variables = json!({ "id": ada.id, "first": 1, "after": cursor });
    assert_eq!(anon.query(&following, variables.clone()).await.code(), None);
    let other_side = anon.query(&PAGE.replace("SIDE", "followers"), variables).await;
    assert_eq!(other_side.code(), Some("BAD_USER_INPUT"));
    let other_user = json!({ "id": bob.id, "first": 1, "after": cursor });
    assert_eq!(anon.query(&following, other_user).await.code(), Some("BAD_USER_INPUT"));
}
