//! The demo world: the same from the same seed, as large as asked, and in order with itself.

use rookery::{
    db::{Endpoint, bulk::Bulk},
    seed::{LOGIN, Sizes, Stage, World, fill},
};
use tokio_postgres::Client;

use crate::support::db::{TestDb, connect};

const SIZES: Sizes = Sizes { users: 60, posts: 200, votes: 2_000, follows: 900, comments: 700 };

async fn filled(seed: u64, sizes: Sizes) -> (TestDb, Client, World) {
    let db = TestDb::new().await;
    let bulk = Bulk::connect(&Endpoint::parse(db.url()).unwrap()).await.unwrap();
    assert!(bulk.is_empty().await.unwrap());
    let world = World::new(seed, sizes, "no password".to_owned());
    fill(world.clone(), &bulk, |_, _| ()).await.unwrap();
    assert!(!bulk.is_empty().await.unwrap());
    let client = connect(db.url()).await;
    (db, client, world)
}

/// A fingerprint of all rows of a table.
async fn fingerprint(client: &Client, table: &str) -> String {
    let query = format!(
        "SELECT md5(string_agg(r::text, E'\\n' ORDER BY r::text COLLATE \"C\")) FROM {table} r"
    );
    client.query_one(&query, &[]).await.unwrap().get(0)
}

async fn number(client: &Client, query: &str) -> i64 {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_same_seed_makes_the_same_world() {
    let (_db, one, _) = filled(1, SIZES).await;
    let (_db2, again, _) = filled(1, SIZES).await;
    let (_db3, other, _) = filled(2, SIZES).await;
    for stage in Stage::ALL {
        let print = fingerprint(&one, stage.name()).await;
        assert_eq!(print, fingerprint(&again, stage.name()).await, "{stage:?}");
        assert_ne!(print, fingerprint(&other, stage.name()).await, "{stage:?}");
    }
}

#[tokio::test]
async fn the_world_is_as_large_as_asked_and_its_counts_are_right() {
    let (_db, client, world) = filled(1, SIZES).await;
    assert_eq!(world.sizes(), SIZES);
    for stage in Stage::ALL {
        let rows = number(&client, &format!("SELECT count(*) FROM {}", stage.name())).await;
        assert_eq!(rows as u64, stage.rows(&world), "{stage:?}");
    }
    let wrong_posts = "SELECT count(*) FROM post_stats s WHERE
        upvotes <> (SELECT count(*) FROM votes v WHERE v.post_id = s.post_id AND value = 1) OR
        downvotes <> (SELECT count(*) FROM votes v WHERE v.post_id = s.post_id AND value = -1) OR
        comment_count <> (SELECT count(*) FROM comments c
                          WHERE c.post_id = s.post_id AND deleted_at IS NULL)";
    assert_eq!(number(&client, wrong_posts).await, 0);
    let wrong_users = "SELECT count(*) FROM user_stats s WHERE
        follower_count <> (SELECT count(*) FROM follows WHERE followee_id = s.user_id) OR
        following_count <> (SELECT count(*) FROM follows WHERE follower_id = s.user_id)";
    assert_eq!(number(&client, wrong_users).await, 0);
}

#[tokio::test]
async fn the_world_is_lively() {
    let (_db, client, _) = filled(1, Sizes::of(200)).await;
    let at_least = async |what: &str, least: i64, query: &str| {
        let found = number(&client, query).await;
        assert!(found >= least, "{what}: {found}");
    };
    let demo = format!("(SELECT id FROM users WHERE username = '{LOGIN}')");
    let followed = format!("SELECT count(*) FROM follows WHERE follower_id = {demo}");
    at_least("followed by the demo user", 100, &followed).await;
    at_least(
        "votes on the hottest post",
        190,
        "SELECT max(upvotes + downvotes)::bigint FROM post_stats",
    )
    .await;
    at_least("posts with hardly a vote", 500, "SELECT count(*) FROM post_stats WHERE upvotes < 5")
        .await;
    at_least("replies", 1_400, "SELECT count(*) FROM comments WHERE reply_to IS NOT NULL").await;
    at_least("tombstones", 5, "SELECT count(*) FROM comments WHERE deleted_at IS NOT NULL").await;
    at_least("drafts", 20, "SELECT count(*) FROM posts WHERE NOT published").await;
    let visibilities = "SELECT count(DISTINCT visibility) FROM posts";
    at_least("visibilities", 3, visibilities).await;
    let before = "SELECT count(*) FROM comments c JOIN posts p ON p.id = post_id
                  WHERE c.created_at < p.created_at";
    assert_eq!(number(&client, before).await, 0, "comments before their posts");
}

#[tokio::test]
async fn a_world_too_small_for_what_is_asked_gets_what_fits() {
    let greedy = Sizes { users: 1, posts: 3, votes: 100, follows: 100, comments: 2 };
    let (_db, _, world) = filled(1, greedy).await;
    let sizes = world.sizes();
    assert!(sizes.votes <= 3 && sizes.follows == 0, "{sizes:?}");
}
