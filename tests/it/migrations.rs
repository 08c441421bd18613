//! Migrations go up and down, and run once however many instances start together.

use rookery::db::{Endpoint, migrations};

use crate::support::{
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

async fn states(endpoint: &Endpoint) -> Vec<(String, bool)> {
    let all = migrations::status(endpoint).await.unwrap();
    all.into_iter().map(|migration| (migration.name, migration.applied)).collect()
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
    let mut expected: Vec<_> = earlier.iter().map(|name| (name.clone(), true)).collect();
    expected.push((last.clone(), false));
    assert_eq!(states(&endpoint).await, expected);

    assert_eq!(migrations::up(&endpoint).await.unwrap(), [last.as_str()]);
    assert!(states(&endpoint).await.iter().all(|(_, applied)| *applied));
    assert!(migrations::up(&endpoint).await.unwrap().is_empty());
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
