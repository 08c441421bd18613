//! Writes that lose to concurrent ones are run again.

use std::time::Duration;

use serde_json::json;
use tokio_postgres::Client as Sql;
use uuid::Uuid;

use crate::support::{
    app::TestApp, client::Answer, db::end_connections, user::TestUser, world::Made,
};

const COMMENT: &str = "mutation ($id: ID!) { comment(input: { postId: $id, content: \"said\" }) {
    comment { content } post { commentCount } userErrors { code } } }";

/// Waits until a statement of this program waits for a lock.
pub async fn waits(sql: &Sql, program: &str) {
    let look = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()
                AND application_name = $1 AND wait_event_type = 'Lock'";
    for _ in 0..5_000 {
        if sql.query_one(look, &[&program]).await.unwrap().get(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("nothing of {program} waits for a lock");
}

async fn lock(sql: &Sql, table: &str, column: &str, key: Uuid) {
    let lock = format!("SELECT FROM {table} WHERE {column} = '{key}' FOR UPDATE");
    sql.batch_execute(&lock).await.unwrap();
}

/// Who comments locks their account, the post, and the post's counts. The rival locks the counts and then
/// the account, and is the more patient of the two, so that it is the comment that PostgreSQL ends.
async fn comment_against_a_rival(app: &TestApp, author: &TestUser, post: &Made) -> Answer {
    let (look, hold, rival) = (app.database().await, app.database().await, app.database().await);
    hold.batch_execute("BEGIN").await.unwrap();
    lock(&hold, "posts", "id", post.key).await;
    let start = "SET application_name = 'rival'; SET deadlock_timeout = '1min'; BEGIN";
    rival.batch_execute(start).await.unwrap();
    lock(&rival, "post_stats", "post_id", post.key).await;
    let wrong_order = async {
        waits(&look, "rookery").await;
        lock(&rival, "users", "id", author.key).await;
        rival.batch_execute("COMMIT").await.unwrap();
    };
    let close_the_ring = async {
        waits(&look, "rival").await;
        hold.batch_execute("COMMIT").await.unwrap();
    };
    let comment = author.query(COMMENT, json!({ "id": post.id }));
    tokio::join!(comment, wrong_order, close_the_ring).0
}

#[tokio::test]
async fn a_write_that_a_deadlock_ended_is_done_in_the_end() {
    let patient = [("DATABASE_LOCK_TIMEOUT_SECONDS", "20"), ("REQUEST_TIMEOUT_SECONDS", "30")];
    let (app, _) = TestApp::with_settings(&patient).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let sql = app.database().await;
    let name: String = sql.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0);
    app.sql(&format!("ALTER DATABASE {name} SET deadlock_timeout = '10ms'")).await;
    end_connections(&sql).await;

    let answer = comment_against_a_rival(&app, &bob, &post).await;
    let (comment, post) = (json!({ "content": "said" }), json!({ "commentCount": 1 }));
    let expected = json!({ "comment": comment, "post": post, "userErrors": [] });
    assert_eq!(answer.data("/comment"), &expected, "{}", answer.text);
    assert_eq!(app.count("comments").await, 1);
    // Sessions tell their numbers when they end.
    end_connections(&sql).await;
    let count = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(sql.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 1);
}
