//! Where PostgreSQL has fewer connections for the server than it may open, as on a small machine that
//! several share.

use futures_util::future::join_all;
use rookery::{
    config::{Config, Source},
    db::{ConnectOptions, Endpoint, capacity, migrations},
};
use serde_json::json;

use crate::support::{
    app::TestApp,
    db::{TestDb, connect},
};

const RENAME: &str = "mutation { updateProfile(input: { displayName: \"Ada\" }) { user { id } } }";

#[tokio::test(flavor = "multi_thread")]
async fn writes_wait_for_the_connections_that_there_are() {
    let (db, admin) = (TestDb::of_role("crowded").await, TestDb::new().await);
    migrations::up(&Endpoint::parse(db.url()).unwrap()).await.unwrap();
    let (app, _) = TestApp::of(db, &[("DATABASE_POOL_SIZE", "20")]).await;
    let ada = app.user("ada").await;
    let limit = "ALTER ROLE crowded CONNECTION LIMIT 5";
    connect(admin.url()).await.batch_execute(limit).await.unwrap();

    let config = Config::read(&Source::from_pairs([("DATABASE_URL", app.database_url())])).unwrap();
    let options = ConnectOptions::new(&config, None).unwrap();
    let shortage = capacity::shortage(&app.db(), &options).await.unwrap();
    assert_eq!(shortage, Some((19, 5)));

    for answer in join_all((0..40).map(|_| ada.query(RENAME, json!({})))).await {
        assert_eq!(answer.data("/updateProfile/user/id"), &json!(ada.id), "{}", answer.text);
    }
}

#[tokio::test]
async fn reads_make_do_with_one_connection_where_no_other_can_be_opened() {
    let (db, admin) = (TestDb::of_role("alone").await, TestDb::new().await);
    migrations::up(&Endpoint::parse(db.url()).unwrap()).await.unwrap();
    let (app, anon) = TestApp::of(db, &[("DATABASE_READERS", "3")]).await;
    let ada = app.user("ada").await;
    let read = async || {
        let read = "query ($id: ID!) { node(id: $id) { ... on User { username postCount } } }";
        anon.query(read, json!({ "id": ada.id })).await
    };
    assert_eq!(read().await.data("/node/username"), "ada");
    let limit = "ALTER ROLE alone CONNECTION LIMIT 1";
    connect(admin.url()).await.batch_execute(limit).await.unwrap();
    for _ in 0..6 {
        let answer = read().await;
        assert_eq!(answer.data("/node/postCount"), 0, "{}", answer.text);
    }
}
