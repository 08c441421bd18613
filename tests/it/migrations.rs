//! Migrations go up and down, and run once however many instances start together.

use rookery::db::{
    Endpoint,
    migrations::{self, State},
};
use serde_json::json;

use crate::support::{
    app::TestApp,
    catalog,
    db::{TestDb, connect},
};

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");

fn folders() -> Vec<String> {
    let entries = std::fs::read_dir(MIGRATIONS).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn states(endpoint: &Endpoint) -> Vec<(String, State)> {
    let all = migrations::status(endpoint).await.unwrap();
    all.into_iter().map(|migration| (migration.name, migration.state)).collect()
}

#[tokio::test]
async fn up_after_down_is_as_before() {
    let db = TestDb::new().await;
    let endpoint = Endpoint::parse(db.url()).unwrap();
    let client = connect(db.url()).await;
    let before = catalog::dump(&client).await;
    assert!(before.iter().any(|line| line.starts_with("trigger ")), "{before:#?}");

    let mut undone = migrations::down(&endpoint, usize::MAX).await.unwrap();
    undone.reverse();
    assert_eq!(undone, folders());
    assert_eq!(catalog::dump(&client).await, Vec::<String>::new());

    assert_eq!(migrations::up(&endpoint).await.unwrap(), folders());
    assert_eq!(catalog::dump(&client).await, before);
}

#[tokio::test]
async fn the_status_tells_what_is_applied() {
    let db = TestDb::new().await;
    let endpoint = Endpoint::parse(db.url()).unwrap();
    let names = folders();
    let (last, earlier) = names.split_last().unwrap();

    assert_eq!(migrations::down(&endpoint, 1).await.unwrap(), [last.as_str()]);
    let mut expected: Vec<_> = earlier.iter().map(|name| (name.clone(), State::Applied)).collect();
    expected.push((last.clone(), State::Pending));
    assert_eq!(states(&endpoint).await, expected);

    assert_eq!(migrations::up(&endpoint).await.unwrap(), [last.as_str()]);
    assert!(states(&endpoint).await.iter().all(|(_, state)| *state == State::Applied));
    assert!(migrations::up(&endpoint).await.unwrap().is_empty());

    let newer = "INSERT INTO __diesel_schema_migrations VALUES ('20990101000001')";
    connect(db.url()).await.batch_execute(newer).await.unwrap();
    assert!(migrations::up(&endpoint).await.unwrap().is_empty());
    let unknown = ("20990101000001".to_owned(), State::Unknown);
    assert_eq!(states(&endpoint).await.last(), Some(&unknown));
}

/// A role that owns its database and nothing else is enough.
#[tokio::test]
async fn an_ordinary_role_migrates_and_votes() {
    let db = TestDb::of_role("ordinary").await;
    migrations::up(&Endpoint::parse(db.url()).unwrap()).await.unwrap();
    let (app, anon) = TestApp::of(db, &[]).await;
    let sql = app.database().await;
    let is_super = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
    assert!(!sql.query_one(is_super, &[]).await.unwrap().get::<_, bool>(0));
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    for (direction, score) in [("UP", 1), ("DOWN", -1), ("NONE", 0), ("UP", 1)] {
        let vote = "mutation ($post: ID!, $direction: VoteDirection!) {
            vote(input: { postId: $post, direction: $direction }) { post { score } } }";
        let answer = bob.query(vote, json!({ "post": post.id, "direction": direction })).await;
        assert_eq!(answer.data("/vote/post/score"), score, "{}", answer.text);
    }
    // Those votes that others write are counted, also in the transaction of some that were cast.
    let cast = format!(
        "BEGIN; SELECT cast_votes('{{{1}}}', '{{{0}}}', '{{-1}}');
         INSERT INTO votes (post_id, user_id, value) VALUES ('{0}', '{2}', -1); COMMIT",
        post.key, bob.key, ada.key
    );
    sql.batch_execute(&cast).await.unwrap();
    let read = "query ($id: ID!) { post(id: $id) { upvotes downvotes } }";
    let read = anon.query(read, json!({ "id": post.id })).await;
    assert_eq!(read.data("/post"), &json!({ "upvotes": 0, "downvotes": 2 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_instances_migrate_once() {
    let db = TestDb::new().await;
    let endpoint = Endpoint::parse(db.url()).unwrap();
    migrations::down(&endpoint, usize::MAX).await.unwrap();
    // As at the very first start: even diesel's own table is missing.
    connect(db.url()).await.batch_execute("DROP TABLE __diesel_schema_migrations").await.unwrap();

    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let endpoint = endpoint.clone();
        starts.spawn(async move { migrations::up(&endpoint).await.unwrap() });
    }
    let mut ran = starts.join_all().await.concat();
    ran.sort();
    assert_eq!(ran, folders());
}
