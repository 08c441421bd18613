//! Who hangs up stops the work that was done for them.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use crate::support::app::TestApp;

const SEARCH: &str = "{ posts(search: \"heron\") { nodes { id } } }";
const MOMENT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_statement_that_nobody_waits_for_is_stopped_and_holds_up_nobody() {
    let settings = [("DATABASE_LOCK_TIMEOUT_SECONDS", "60"), ("DATABASE_WIDE_READS", "1")];
    let (app, anon) = TestApp::with_settings(&settings).await;
    let waiting = async || {
        let sql = "SELECT count(*) FROM pg_stat_activity
                   WHERE wait_event_type = 'Lock' AND datname = current_database()";
        app.shared().await.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    let table = app.lock("posts").await;
    let abandoned = tokio::spawn({
        let anon = anon.clone();
        async move { anon.query(SEARCH, json!({})).await }
    });
    sleep(MOMENT).await;
    assert_eq!(waiting().await, 1);

    abandoned.abort();
    let begun = Instant::now();
    while waiting().await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(2), "the statement goes on");
        sleep(MOMENT / 20).await;
    }
    // The only connection for such reads is free for others, table locked or not.
    let counted = anon.query("{ users { totalCount } }", json!({})).await;
    assert_eq!(counted.data("/users/totalCount"), &json!(0), "{}", counted.text);
    table.release().await;
    assert_eq!(anon.query(SEARCH, json!({})).await.data("/posts/nodes"), &json!([]));
}
