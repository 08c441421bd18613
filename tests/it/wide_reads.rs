//! Reads that may be slow, as searches are: however many of them there are, writes are not held up.

use serde_json::json;
use tokio::select;

use crate::support::app::TestApp;

const SEARCH: &str = "{ posts(search: \"heron\") { nodes { id } } }";
const RENAME: &str =
    "mutation { updateProfile(input: { displayName: \"Ada\" }) { user { displayName } } }";

#[tokio::test]
async fn more_searches_than_there_are_connections_leave_writes_theirs() {
    let settings = [
        ("DATABASE_LOCK_TIMEOUT_SECONDS", "60"),
        ("DATABASE_WAIT_SECONDS", "1"),
        ("DATABASE_POOL_SIZE", "1"),
        ("DATABASE_WIDE_READS", "1"),
    ];
    let (app, anon) = TestApp::with_settings(&settings).await;
    let ada = app.user("ada").await;
    let table = app.lock("posts").await;
    let search = || async { anon.query(SEARCH, json!({})).await };
    let slow = search();
    tokio::pin!(slow);
    let refused = async {
        let rename = ada.query(RENAME, json!({}));
        let (second, third, renamed) = tokio::join!(search(), search(), rename);
        assert_eq!(renamed.data("/updateProfile/user/displayName"), "Ada", "{}", renamed.text);
        [second, third]
    };
    let refused = select! {
        biased;
        answer = &mut slow => panic!("nothing was slow: {}", answer.text),
        refused = refused => refused,
    };
    for answer in refused {
        assert_eq!(answer.code(), Some("SERVICE_UNAVAILABLE"), "{}", answer.text);
    }
    table.release().await;
    assert_eq!(slow.await.data("/posts/nodes"), &json!([]));
}
