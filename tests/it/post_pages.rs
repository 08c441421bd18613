//! Pages of lists of posts: walking one meets every row once, either way.

use std::collections::HashSet;

use rookery::db::post::Visibility;
use serde_json::json;

use crate::{
    post_list::{FEED, POSTS, POSTS_OF_USER, list, nodes, titles},
    support::{app::TestApp, post::post_id},
};

/// As many rows stay, and as many come, go and change.
const STAYING: usize = 16;

/// Rows that stay are met once each, whatever happens to others between the pages.
#[tokio::test]
async fn a_walk_meets_every_row_that_stays_once() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    app.followed(&bob, &ada).await;
    for n in 0..STAYING {
        app.write_post(ada.key, &format!("stays {n}")).await;
        app.write_post(ada.key, &format!("moves {n}")).await;
    }
    let sql = app.shared().await;
    // Many have the same score, so that the id has to decide.
    sql.batch_execute(
        "UPDATE post_stats SET upvotes = floor(random() * 4), downvotes = floor(random() * 4)",
    )
    .await
    .unwrap();
    let churn = async || {
        app.write_post(ada.key, "moves and is new").await;
        sql.batch_execute(
            "DELETE FROM posts WHERE id IN (SELECT id FROM posts WHERE title LIKE 'moves%' ORDER BY random() LIMIT 1);
             UPDATE post_stats SET upvotes = floor(random() * 4) WHERE post_id IN
                 (SELECT id FROM posts WHERE title LIKE 'moves%' ORDER BY random() LIMIT 5);
             UPDATE posts SET title = 'moves moves moves' WHERE id IN
                 (SELECT id FROM posts WHERE title LIKE 'moves%' ORDER BY random() LIMIT 1)",
        )
        .await
        .unwrap();
    };
    for order in ["NEWEST", "OLDEST", "TOP", "HOT", "RELEVANCE"] {
        let mut lists = vec![(POSTS, json!({ "orderBy": order, "search": "stays or moves" }))];
        if order != "RELEVANCE" {
            lists.push((POSTS, json!({ "orderBy": order })));
            lists.push((POSTS, json!({ "orderBy": order, "ownedBy": ada.id })));
            lists.push((POSTS_OF_USER, json!({ "orderBy": order, "user": ada.id })));
            lists.push((FEED, json!({ "orderBy": order })));
        }
        for (document, variables) in lists {
            let list = list(&bob, document, variables);
            for backward in [false, true] {
                let rows = sql
                    .query("SELECT id::text FROM posts WHERE title LIKE 'stays%'", &[])
                    .await
                    .unwrap();
                let stay: HashSet<String> = rows
                    .iter()
                    .map(|row| post_id(row.get::<_, &str>(0).parse().unwrap()))
                    .collect();
                let walked = list.walk(backward, &churn).await;
                let (met, met_once) = count_met(&walked, &stay);
                assert_eq!((met, met_once), (STAYING, STAYING), "{} {backward}", list.variables);
            }
        }
    }
}

fn count_met(walked: &[String], stay: &HashSet<String>) -> (usize, usize) {
    let met: Vec<_> = walked.iter().filter(|id| stay.contains(*id)).collect();
    (met.len(), met.iter().collect::<HashSet<_>>().len())
}

/// Nothing moves: both directions show the same rows in the same order, and the counts agree.
#[tokio::test]
async fn both_directions_show_the_same_list() {
    let (app, _) = TestApp::init().await;
    let bob = app.user("bob").await;
    let authors = [app.user("one").await, app.user("two").await, app.user("three").await];
    for n in 0..30 {
        app.write_post(authors[n % 3].key, &format!("post {n}")).await;
    }
    for author in &authors {
        app.followed(&bob, author).await;
    }
    app.write_post_for(bob.key, "own", true, Visibility::Private).await;
    let sql = app.shared().await;
    sql.batch_execute("UPDATE post_stats SET upvotes = floor(random() * 3)").await.unwrap();
    for order in ["NEWEST", "OLDEST", "TOP", "HOT"] {
        for document in [POSTS, FEED] {
            let list = list(&bob, document, json!({ "orderBy": order }));
            let whole = list.page(json!({ "first": 100 })).await;
            assert_eq!(whole["totalCount"], 31);
            let forward = list.walk(false, async || {}).await;
            let backward = list.walk(true, async || {}).await;
            assert_eq!(forward, nodes(&whole, "id"), "{order}");
            assert_eq!(backward, forward, "{order}");
        }
    }
}

#[tokio::test]
async fn a_range_between_two_cursors_is_read_from_either_end() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    for n in 0..6 {
        app.write_post(ada.key, &n.to_string()).await;
    }
    let list = list(&stranger, POSTS, json!({ "orderBy": "OLDEST" }));
    let edges = list.page(json!({})).await["edges"].clone();
    let (after, before) = (&edges[0]["cursor"], &edges[5]["cursor"]);
    let first = list.page(json!({ "first": 2, "after": after, "before": before })).await;
    let last = list.page(json!({ "last": 2, "after": after, "before": before })).await;
    assert_eq!(
        (titles(&first), titles(&last)),
        (vec!["1".into(), "2".into()], vec!["3".into(), "4".into()])
    );
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    assert_eq!(last["pageInfo"]["hasPreviousPage"], true);
}
