//! What lists of posts cost: no table is read as a whole, and as many statements for many rows as
//! for few.

use std::time::Duration;

use rookery::id::{Id, UserKind};
use serde_json::{Value, json};
use tokio_postgres::Client as Sql;
use uuid::Uuid;

use crate::support::{app::TestApp, client::Client, user::TestUser};

const ROWS: &str = "nodes { id title content createdAt owner { id username displayName postCount }
    score upvotes commentCount viewerVote viewerCanUpdate viewerCanDelete }
    pageInfo { endCursor startCursor hasNextPage }";

/// 20,000 posts of 500 people, and viewers who each follow as many of them as is said.
async fn seed(app: &TestApp, viewers: &[(&TestUser, i32)]) {
    let sql = app.database().await;
    sql.batch_execute(
        "INSERT INTO users (id, username, email, password_hash)
             SELECT md5('user' || n)::uuid, 'user_' || n, n || '@example.com', '' FROM generate_series(1, 500) AS n;
         INSERT INTO posts (id, owner_id, title, content, published, visibility, created_at)
             SELECT (lpad(to_hex(1700000000000 + n * 1000), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
                    md5('user' || 1 + n % 500)::uuid, 'Post ' || n, repeat('word ', n % 50) || 'word' || n % 1000,
                    n % 20 <> 0, CASE n % 7 WHEN 0 THEN 'followers' WHEN 1 THEN 'private' ELSE 'public' END,
                    to_timestamp(1700000000 + n)
             FROM generate_series(1, 20000) AS n;
         UPDATE post_stats SET upvotes = hashtext(post_id::text) & 63;
         INSERT INTO follows (follower_id, followee_id)
             SELECT md5('user' || n % 500 + 1)::uuid, md5('user' || (n * 7 + n / 500) % 500 + 1)::uuid
             FROM generate_series(1, 10000) AS n WHERE n % 500 <> (n * 7 + n / 500) % 500 ON CONFLICT DO NOTHING",
    )
    .await
    .unwrap();
    for (viewer, following) in viewers {
        let sets_out = format!(
            "INSERT INTO follows (follower_id, followee_id)
                 SELECT '{0}', md5('user' || n)::uuid FROM generate_series(1, {following}) AS n;
             INSERT INTO votes (post_id, user_id, value)
                 SELECT id, '{0}', 1 FROM posts ORDER BY id DESC LIMIT 5000",
            viewer.key
        );
        sql.batch_execute(&sets_out).await.unwrap();
    }
    sql.batch_execute("VACUUM ANALYZE").await.unwrap();
}

/// How often a table was read as a whole, and how many rows were read by indexes, so far. The
/// server's connections report it when they end.
async fn reads(sql: &Sql) -> (i64, i64) {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'rookery'";
    while !sql.query(end, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let reads = "SELECT (SELECT sum(seq_scan)::bigint FROM pg_stat_user_tables WHERE relname IN
                        ('posts', 'post_stats', 'votes', 'follows', 'users', 'user_stats')),
                        (SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes)";
    let row = sql.query_one(reads, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// Reads the first page, the next and the one before it.
async fn read_pages(client: &Client, field: &str, arguments: &str) {
    let mut range = "first: 20".to_owned();
    for (size, from, cursor) in
        [("first: 20", "after", "endCursor"), ("last: 5", "before", "startCursor"), ("", "", "")]
    {
        let document = format!("{{ list: {field}({arguments} {range}) {{ {ROWS} }} }}");
        let answer = client.query(&document, json!({})).await;
        assert_eq!(answer.code(), None, "{document}: {}", answer.text);
        let info = answer.data("/list/pageInfo");
        range = format!("{size} {from}: {}", info.get(cursor).unwrap_or(&Value::Null));
    }
}

/// Three pages of 20 rows with all that is selected of them, whose people wrote 40 posts each.
const MOST_ROWS: i64 = 10_000;

#[tokio::test]
async fn lists_and_feeds_read_no_table_as_a_whole() {
    let (app, stranger) = TestApp::init().await;
    let (few, many) = (app.user("follows_few").await, app.user("follows_many").await);
    seed(&app, &[(&few, 20), (&many, 450)]).await;
    let sql = app.database().await;
    let row = sql.query_one("SELECT md5('user1')::uuid::text", &[]).await.unwrap();
    let author = Id::<UserKind>::from(row.get::<_, &str>(0).parse::<Uuid>().unwrap());
    let mut lists = Vec::new();
    for viewer in [&few, &many] {
        lists.push((&**viewer, "posts", "orderBy: RELEVANCE search: \"word77\"".to_owned()));
    }
    for order in ["NEWEST", "OLDEST", "TOP", "HOT"] {
        for client in [&stranger, &few, &many] {
            lists.push((client, "posts", format!("orderBy: {order}")));
            lists.push((client, "posts", format!("orderBy: {order} ownedBy: \"{author}\"")));
        }
        for viewer in [&few, &many] {
            lists.push((viewer, "feed", format!("orderBy: {order}")));
        }
    }
    let mut before = reads(&sql).await;
    for (client, field, arguments) in lists {
        read_pages(client, field, &arguments).await;
        let after = reads(&sql).await;
        assert_eq!(after.0, before.0, "{field} {arguments} read a table as a whole");
        let rows = after.1 - before.1;
        assert!(rows < MOST_ROWS, "{field} {arguments} read {rows} rows");
        before = after;
    }
}

#[tokio::test]
async fn a_hundred_rows_cost_as_many_statements_as_two() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    seed(&app, &[(&ada, 100)]).await;
    let count = async |client: &Client, field: &str, rows: &str, size: i32| {
        let document = format!("{{ list: {field}first: {size}) {{ {rows} }} }}");
        let answer = client.query(&document, json!({})).await;
        assert_eq!(answer.code(), None, "{document}: {}", answer.text);
        answer.statements()
    };
    let bare = "nodes { id title }";
    let plain =
        "nodes { id title content createdAt owner { id username displayName } score commentCount }";
    for (client, field, rows, expected) in [
        (&stranger, "posts(", bare, 1),
        (&stranger, "posts(", plain, 3),
        (&*ada, "posts(orderBy: TOP ", plain, 3),
        (&*ada, "feed(", bare, 2),
        (&*ada, "feed(", ROWS, 6),
        (
            &*ada,
            "users(",
            "nodes { id posts(first: 2 orderBy: HOT) { totalCount nodes { id score } } }",
            4,
        ),
    ] {
        let (two, hundred) =
            (count(client, field, rows, 2).await, count(client, field, rows, 20).await);
        assert_eq!((two, hundred), (expected, expected), "{field} {rows}");
        if !field.starts_with("users") {
            assert_eq!(count(client, field, rows, 100).await, expected, "{field} {rows}");
        }
    }
}
