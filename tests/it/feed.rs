//! The feed, on both of its ways: of who follows few people, and of who follows many.

use rookery::id::{Id, PostKind};
use serde_json::json;
use uuid::Uuid;

use crate::support::{app::TestApp, list::List, user::TestUser};

/// People whom the viewer follows, with posts of which many have the same score.
async fn follow_many(app: &TestApp, viewer: &TestUser, people: i32, posts_each: i32) {
    let seed = format!(
        "INSERT INTO users (id, username, email, password_hash)
             SELECT md5('user' || n)::uuid, 'user_' || n, n || '@example.com', ''
             FROM generate_series(1, {people}) AS n;
         INSERT INTO posts (id, owner_id, title, content, visibility, created_at)
             SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
                    md5('user' || 1 + n * 7 % {people})::uuid, 'theirs', 'content',
                    CASE n % 5 WHEN 0 THEN 'followers' ELSE 'public' END,
                    to_timestamp(1700000000 + n * 1000)
             FROM generate_series(1, {people} * {posts_each}) AS n;
         INSERT INTO follows (follower_id, followee_id)
             SELECT '{}', md5('user' || n)::uuid FROM generate_series(1, {people}) AS n;",
        viewer.key
    );
    app.sql(&seed).await;
    app.sql("UPDATE post_stats SET upvotes = hashtext(post_id::text) & 3").await;
}

/// The viewer's feed in this order.
fn feed<'a>(viewer: &'a TestUser, order: &str) -> List<'a> {
    let document = format!(
        "query ($first: Int, $after: String, $last: Int, $before: String) {{
            list: feed(orderBy: {order}, first: $first, after: $after, last: $last, before: $before) {{
                nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    List { client: viewer, document, variables: json!({}), path: "/list" }
}

/// The posts that the feed is to show, by a plain reading of all there are.
async fn expected(app: &TestApp, viewer: &TestUser, key: &str) -> Vec<String> {
    let query = format!(
        "SELECT posts.id::text FROM posts JOIN post_stats ON post_id = posts.id
         WHERE title IN ('theirs', 'own') AND (posts.owner_id = '{0}' OR EXISTS
            (SELECT FROM follows WHERE follower_id = '{0}' AND followee_id = posts.owner_id))
         ORDER BY {key}",
        viewer.key
    );
    let rows = app.shared().await.query(&query, &[]).await.unwrap();
    let id = |text: &str| Id::<PostKind>::from(text.parse::<Uuid>().unwrap()).to_string();
    rows.iter().map(|row| id(row.get(0))).collect()
}

const ORDERS: [(&str, &str); 4] = [
    ("NEWEST", "posts.id DESC"),
    ("OLDEST", "posts.id"),
    ("TOP", "score DESC, posts.id DESC"),
    ("HOT", "hot DESC, posts.id DESC"),
];

/// What stands at the head of the list in every order, if the feed forgets why it must not.
async fn add_what_is_not_to_be_seen(app: &TestApp, viewer: &TestUser) {
    let (muted, blocked) = (app.user("muted").await, app.user("blocked").await);
    let (blocker, left) = (app.user("blocker").await, app.user("left").await);
    let (suspended, unknown) = (app.user("suspended").await, app.user("unknown").await);
    let friend = app.user("friend").await;
    for person in [&muted, &blocked, &blocker, &left, &suspended, &friend] {
        app.followed(viewer, person).await;
    }
    for person in [&muted, &blocked, &blocker, &left, &suspended, &unknown] {
        put_at_the_ends(app, person, "true, 'public'").await;
    }
    put_at_the_ends(app, &unknown, "true, 'followers'").await;
    put_at_the_ends(app, &friend, "false, 'public'").await;
    put_at_the_ends(app, &friend, "false, 'followers'").await;
    put_at_the_ends(app, &friend, "true, 'private'").await;
    app.sql("UPDATE post_stats SET upvotes = 1000 WHERE post_id IN (SELECT id FROM posts WHERE title = 'hidden')").await;
    app.muted(viewer, &muted).await;
    app.blocked(viewer, &blocked).await;
    app.blocked(&blocker, viewer).await;
    let gone = format!("DELETE FROM follows WHERE followee_id = '{}'", left.key);
    app.sql(&gone).await;
    app.suspend(&suspended).await;
    // The viewer's own: what they published, for whomever, and no drafts.
    put(app, viewer, "own", "true, 'private'", Uuid::now_v7()).await;
    put(app, viewer, "hidden", "false, 'public'", Uuid::now_v7()).await;
}

/// One post before all others and one after them.
async fn put_at_the_ends(app: &TestApp, owner: &TestUser, seen: &str) {
    let now = Uuid::now_v7();
    let early = Uuid::from_u128(now.as_u128() & !(0xffff_ffff_ffff << 80));
    for key in [now, early] {
        put(app, owner, "hidden", seen, key).await;
    }
}

async fn put(app: &TestApp, owner: &TestUser, title: &str, seen: &str, key: Uuid) {
    let insert = format!(
        "INSERT INTO posts (id, owner_id, title, content, published, visibility)
         VALUES ('{key}', '{}', '{title}', 'content', {seen})",
        owner.key
    );
    app.sql(&insert).await;
}

async fn assert_feed_is_right(following: i32) {
    let (app, _) = TestApp::init().await;
    assert_feed_is_right_in(&app, following).await;
}

async fn assert_feed_is_right_in(app: &TestApp, following: i32) {
    let viewer = app.user("viewer").await;
    follow_many(app, &viewer, following, 2).await;
    add_what_is_not_to_be_seen(app, &viewer).await;
    let stored = format!("user_stats WHERE user_id = '{}' AND following_count >= 300", viewer.key);
    assert_eq!(app.count(&stored).await == 1, following >= 300);
    for (order, key) in ORDERS {
        let expected = expected(app, &viewer, key).await;
        assert_eq!(expected.len() as i32, following * 2 + 1);
        let list = feed(&viewer, order);
        let most = usize::try_from(following / 3).unwrap().min(100);
        for backward in [false, true] {
            let walked = list.walk_by(1..=most, backward, async || {}).await;
            assert_eq!(walked, expected, "{order}, backward: {backward}");
        }
    }
}

#[tokio::test]
async fn the_feed_of_who_follows_few_is_right_in_every_order() {
    assert_feed_is_right(40).await;
}

#[tokio::test]
async fn the_feed_of_who_follows_many_is_right_in_every_order() {
    assert_feed_is_right(310).await;
}

#[tokio::test]
async fn the_feed_of_who_follows_only_the_widely_followed_is_right_in_every_order() {
    let (app, _) = TestApp::init().await;
    app.sql(
        "CREATE OR REPLACE FUNCTION is_widely_followed(followers integer) RETURNS boolean
         LANGUAGE sql IMMUTABLE AS 'SELECT followers >= 1'",
    )
    .await;
    assert_feed_is_right_in(&app, 310).await;
    assert_eq!(
        app.count("feed_heads WHERE second < 'ffffffff-ffff-ffff-ffff-ffffffffffff'").await,
        0
    );
}
