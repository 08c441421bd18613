//! Stored counts equal a recount, whatever changed the rows: also SQL by hand.

use tokio_postgres::Client;

use crate::support::{
    app::TestApp,
    recount::{assert_none, differences, populate},
};

/// A world in the database of a server, which has no part in it.
async fn world() -> TestApp {
    let (app, _) = TestApp::init().await;
    let client = app.shared().await;
    populate(client, 12, 10).await;
    let rows: i64 = client
        .query_one(
            "SELECT least((SELECT count(*) FROM votes), (SELECT count(*) FROM comments))",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert!(rows > 10, "a world to count in");
    assert_none(&differences(client).await, "the world was made");
    app
}

async fn run(client: &Client, statement: &str) -> u64 {
    client.execute(statement, &[]).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"))
}

#[tokio::test]
async fn counts_follow_whatever_is_written() {
    let app = world().await;
    let client = app.shared().await;
    for statement in [
        "UPDATE votes SET value = -value WHERE random() < 0.5",
        "UPDATE votes SET created_at = now()",
        "DELETE FROM votes WHERE random() < 0.3",
        "INSERT INTO votes (post_id, user_id, value) SELECT posts.id, users.id, 1 FROM posts, users
         ON CONFLICT (post_id, user_id) DO UPDATE SET value = excluded.value",
        "DELETE FROM votes WHERE user_id IN (SELECT id FROM users WHERE username < 'user_5')",
        // The votes of one post become those of another.
        "UPDATE votes SET post_id = (SELECT max(post_id::text)::uuid FROM votes)
         WHERE user_id = (SELECT min(user_id::text)::uuid FROM votes)
           AND post_id = (SELECT min(post_id::text)::uuid FROM votes AS mine WHERE mine.user_id = votes.user_id)
           AND NOT EXISTS (SELECT FROM votes AS there WHERE there.user_id = votes.user_id
                           AND there.post_id = (SELECT max(post_id::text)::uuid FROM votes))",
        "UPDATE comments SET content = 'edited' WHERE deleted_at IS NULL",
        "UPDATE comments SET post_id = (SELECT min(id::text)::uuid FROM posts)
         WHERE reply_to IS NULL AND NOT EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = comments.id)",
        "DELETE FROM comments WHERE random() < 0.1",
        "UPDATE posts SET owner_id = (SELECT id FROM users WHERE username = 'user_1') WHERE random() < 0.3",
        "UPDATE posts SET visibility = 'private' WHERE random() < 0.4",
        "UPDATE posts SET published = NOT published WHERE random() < 0.4",
        "UPDATE posts SET visibility = 'followers'",
        "DELETE FROM posts WHERE random() < 0.2",
        "INSERT INTO posts (id, owner_id, title, content, published)
         SELECT gen_random_uuid(), id, 't', 'c', random() < 0.7 FROM users",
        "UPDATE follows SET created_at = now()",
        "UPDATE follows SET followee_id = (SELECT id FROM users WHERE username = 'user_3')
         WHERE followee_id = (SELECT id FROM users WHERE username = 'user_4')
           AND follower_id NOT IN (SELECT follower_id FROM follows JOIN users ON users.id = followee_id
                                   WHERE username = 'user_3')
           AND follower_id <> (SELECT id FROM users WHERE username = 'user_3')",
        "DELETE FROM follows WHERE random() < 0.5",
        "TRUNCATE votes",
        "TRUNCATE follows",
        "TRUNCATE comments CASCADE",
        "DELETE FROM posts WHERE random() < 0.5",
        "TRUNCATE posts CASCADE",
    ] {
        run(client, statement).await;
        assert_none(&differences(client).await, statement);
    }
}

#[tokio::test]
async fn a_suspension_takes_comments_out_and_a_restoration_puts_them_back() {
    let app = world().await;
    let client = app.shared().await;
    let sum = "SELECT sum(comment_count)::bigint FROM post_stats";
    let before: i64 = client.query_one(sum, &[]).await.unwrap().get(0);
    let author = "(SELECT author_id FROM comments WHERE NOT author_suspended AND deleted_at IS NULL LIMIT 1)";
    let suspend = format!("UPDATE users SET suspended_at = now() WHERE id = {author}");
    assert_eq!(run(client, &suspend).await, 1);
    let during: i64 = client.query_one(sum, &[]).await.unwrap().get(0);
    assert!(during < before, "{during} of {before}");
    assert_none(&differences(client).await, "a suspension");
    run(client, "UPDATE users SET suspended_at = NULL").await;
    assert_none(&differences(client).await, "a restoration");
    let after: i64 = client.query_one(sum, &[]).await.unwrap().get(0);
    assert!(after >= before);
}

#[tokio::test]
async fn what_is_deleted_takes_along_what_hangs_on_it() {
    let app = world().await;
    let client = app.shared().await;
    for statement in [
        "DELETE FROM users WHERE username = 'user_1'",
        "DELETE FROM users WHERE username IN ('user_3', 'user_4', 'user_5')",
        "DELETE FROM posts WHERE id = (SELECT post_id FROM comments LIMIT 1)",
        "DELETE FROM comments WHERE id = (SELECT reply_to FROM comments WHERE reply_to IS NOT NULL LIMIT 1)",
        "DELETE FROM comments WHERE id = (SELECT id FROM comments WHERE reply_to IS NOT NULL LIMIT 1)",
        "DELETE FROM users",
    ] {
        run(client, statement).await;
        assert_none(&differences(client).await, statement);
    }
    for table in ["posts", "post_stats", "votes", "comments", "follows", "user_stats", "sessions"] {
        let count = format!("SELECT count(*) FROM {table}");
        let left: i64 = client.query_one(&count, &[]).await.unwrap().get(0);
        assert_eq!(left, 0, "{table}");
    }
}

#[tokio::test]
async fn a_deep_thread_of_tombstones_goes_with_its_last_reply() {
    const DEPTH: i64 = 3_000;
    let app = world().await;
    let client = app.shared().await;
    let chain = format!(
        "WITH place AS (SELECT id AS post, owner_id AS author FROM posts LIMIT 1)
         INSERT INTO comments (id, post_id, author_id, reply_to, content)
         SELECT ('01000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, post, author,
                CASE WHEN n > 1 THEN ('01000000-0000-7000-8000-' || lpad((n - 1)::text, 12, '0'))::uuid END,
                'deep'
         FROM place, generate_series(1, {DEPTH}) AS n"
    );
    run(client, &chain).await;
    run(client, "ANALYZE comments").await;
    let bury = "UPDATE comments SET author_id = NULL, content = '', deleted_at = now()
        WHERE content = 'deep' AND EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = comments.id)";
    assert_eq!(run(client, bury).await, DEPTH as u64 - 1);
    run(client, "DELETE FROM comments WHERE content = 'deep'").await;
    assert_none(&differences(client).await, "the last reply went");
    let left = "SELECT count(*) FROM comments WHERE id::text LIKE '01000000-%'";
    assert_eq!(client.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
}

/// Whichever of the two commits first, the other one sees it.
#[tokio::test]
async fn what_is_written_during_a_suspension_is_marked() {
    let app = world().await;
    let (client, writer) = (app.shared().await, app.database().await);
    let marks = "SELECT count(*) FROM posts WHERE title = 'meanwhile' AND NOT owner_suspended";
    let author = "(SELECT id FROM users WHERE username = 'user_6')";
    run(client, "BEGIN").await;
    run(client, &format!("UPDATE users SET suspended_at = now() WHERE id = {author}")).await;
    let writing = tokio::spawn(async move {
        let post = format!(
            "INSERT INTO posts (id, owner_id, title, content) VALUES (gen_random_uuid(), {author}, 'meanwhile', 'c')"
        );
        let comment = format!(
            "INSERT INTO comments (id, post_id, author_id, content)
             SELECT gen_random_uuid(), id, {author}, 'meanwhile' FROM posts LIMIT 1"
        );
        run(&writer, &post).await;
        run(&writer, &comment).await;
    });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!writing.is_finished(), "it waits for the suspension");
    run(client, "COMMIT").await;
    writing.await.unwrap();
    assert_eq!(client.query_one(marks, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_none(&differences(client).await, "a comment during a suspension");
}

#[tokio::test]
async fn a_tombstone_that_is_deleted_by_hand_leaves_none_that_holds_nothing() {
    let (app, _) = TestApp::init().await;
    let client = app.shared().await;
    let ids = ["1", "2", "3", "4"].map(|n| format!("00000000-0000-7000-8000-00000000000{n}"));
    let [top, below, middle, last] = &ids;
    let make = format!(
        "INSERT INTO users (id, username, email, password_hash) VALUES ('{top}', 'ada', 'a@example.com', '');
         INSERT INTO posts (id, owner_id, title, content) VALUES ('{top}', '{top}', 't', 'c');
         INSERT INTO comments (id, post_id, author_id, reply_to, content) VALUES
             ('{top}', '{top}', '{top}', NULL, 'a'), ('{below}', '{top}', '{top}', '{top}', 'b'),
             ('{middle}', '{top}', '{top}', '{below}', 'c'), ('{last}', '{top}', '{top}', '{middle}', 'd');
         UPDATE comments SET author_id = NULL, content = '', deleted_at = now() WHERE id <> '{last}'"
    );
    client.batch_execute(&make).await.unwrap();
    assert_none(&differences(client).await, "the thread was made");
    run(client, &format!("DELETE FROM comments WHERE id = '{middle}'")).await;
    assert_none(&differences(client).await, "the one in the middle is gone");
    assert_eq!(run(client, "DELETE FROM comments").await, 0, "all of them went");
}

#[tokio::test]
async fn of_who_is_widely_followed_no_latest_posts_are_kept() {
    let app = world().await;
    let client = app.shared().await;
    let few_are_many =
        "CREATE OR REPLACE FUNCTION is_widely_followed(followers integer) RETURNS boolean
                        LANGUAGE sql IMMUTABLE AS 'SELECT followers >= 3'";
    run(client, "TRUNCATE follows").await;
    run(client, few_are_many).await;
    let follow = |followers: &str| {
        format!(
            "INSERT INTO follows (follower_id, followee_id)
             SELECT follower.id, followee.id FROM users AS follower, users AS followee
             WHERE followee.username = 'user_5' AND follower.username IN ({followers})"
        )
    };
    let kept = async || {
        let unknown =
            "SELECT count(*) FILTER (WHERE latest <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
                              count(*) FROM feed_heads";
        let row = client.query_one(unknown, &[]).await.unwrap();
        (row.get::<_, i64>(0), row.get::<_, i64>(1))
    };
    run(client, &follow("'user_6', 'user_7'")).await;
    assert_eq!(kept().await, (2, 2));
    assert_none(&differences(client).await, "two follows");
    run(client, &follow("'user_8'")).await;
    assert_eq!(kept().await, (0, 3), "the third one makes it too many");
    run(
        client,
        "INSERT INTO posts (id, owner_id, title, content)
                  SELECT gen_random_uuid(), id, 't', 'c' FROM users WHERE username = 'user_5'",
    )
    .await;
    run(client, &follow("'user_9'")).await;
    assert_eq!(kept().await, (0, 4));
    run(
        client,
        "DELETE FROM follows WHERE follower_id IN
                  (SELECT id FROM users WHERE username IN ('user_6', 'user_7'))",
    )
    .await;
    assert_eq!(kept().await, (0, 2), "nobody hurries to look them up again");
    run(
        client,
        "INSERT INTO posts (id, owner_id, title, content)
                  SELECT gen_random_uuid(), id, 't', 'c' FROM users WHERE username = 'user_5'",
    )
    .await;
    assert_eq!(kept().await, (2, 2), "until the next post");
    assert_none(&differences(client).await, "the next post");
}
