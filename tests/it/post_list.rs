//! Lists of posts: what they hold, in which order, and that walking one meets every row once.

use std::collections::HashSet;

use rand::RngExt;
use rookery::db::post::Visibility;
use serde_json::{Value, json};

use crate::support::{app::TestApp, client::Client, post::post_id, user::TestUser};

const POSTS: &str = "query ($search: String, $ownedBy: ID, $orderBy: PostOrder!, $first: Int, $after: String, $last: Int, $before: String) {
    list: posts(search: $search, ownedBy: $ownedBy, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id title } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
const FEED: &str = "query ($orderBy: PostOrder!, $first: Int, $after: String, $last: Int, $before: String) {
    list: feed(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id title } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
const POSTS_OF_USER: &str = "query ($user: ID!, $orderBy: PostOrder!, $first: Int, $after: String, $last: Int, $before: String) {
    user(by: { id: $user }) { list: posts(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id title } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

/// A list of the API with its arguments.
struct List<'a> {
    client: &'a Client,
    document: &'a str,
    variables: Value,
}

impl List<'_> {
    async fn page(&self, arguments: Value) -> Value {
        let mut variables = self.variables.clone();
        variables.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
        let answer = self.client.query(self.document, variables).await;
        let data = answer.json.get("data").unwrap_or_else(|| panic!("{}", answer.text));
        data.pointer("/list")
            .or(data.pointer("/user/list"))
            .unwrap_or_else(|| panic!("{}", answer.text))
            .clone()
    }

    async fn titles(&self) -> Vec<String> {
        titles(&self.page(json!({ "first": 100 })).await)
    }

    /// Walks the whole list; `between` runs after each page.
    async fn walk(&self, backward: bool, between: impl AsyncFn()) -> Vec<String> {
        let (size, from, cursor, more) = match backward {
            false => ("first", "after", "endCursor", "hasNextPage"),
            true => ("last", "before", "startCursor", "hasPreviousPage"),
        };
        let mut walked = Vec::new();
        let mut at = Value::Null;
        loop {
            let rows = rand::rng().random_range(1..=7);
            let page = self.page(json!({ size: rows, from: at })).await;
            let mut ids = ids(&page);
            assert!(ids.len() <= rows);
            assert_eq!(ids.len(), page["edges"].as_array().unwrap().len());
            if backward {
                ids.reverse();
            }
            walked.extend(ids);
            if page["pageInfo"][more] == false {
                return walked;
            }
            at = page["pageInfo"][cursor].clone();
            between().await;
        }
    }
}

fn ids(page: &Value) -> Vec<String> {
    nodes(page, "id")
}

fn titles(page: &Value) -> Vec<String> {
    nodes(page, "title")
}

fn nodes(page: &Value, field: &str) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node[field].as_str().unwrap().to_owned()).collect()
}

async fn follow(app: &TestApp, follower: &TestUser, followee: &TestUser) {
    let insert =
        "INSERT INTO follows (follower_id, followee_id) VALUES ($1::text::uuid, $2::text::uuid)";
    let (one, other) = (follower.key.to_string(), followee.key.to_string());
    app.database().await.execute(insert, &[&one, &other]).await.unwrap();
}

#[tokio::test]
async fn each_order_sorts_by_what_it_says() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    for title in ["old and loved", "middling", "new"] {
        app.write_post(ada.key, title).await;
    }
    let sql = app.database().await;
    sql.batch_execute(
        "UPDATE posts SET created_at = now() - interval '3 days' WHERE title = 'old and loved';
         UPDATE post_stats SET upvotes = 40 WHERE post_id IN (SELECT id FROM posts WHERE title = 'old and loved');
         UPDATE post_stats SET upvotes = 2, downvotes = 1 WHERE post_id IN (SELECT id FROM posts WHERE title = 'middling');
         UPDATE post_stats SET downvotes = 3 WHERE post_id IN (SELECT id FROM posts WHERE title = 'new')",
    )
    .await
    .unwrap();
    let hot = ["middling", "new", "old and loved"];
    for (order, expected) in [
        ("NEWEST", ["new", "middling", "old and loved"]),
        ("OLDEST", ["old and loved", "middling", "new"]),
        ("TOP", ["old and loved", "middling", "new"]),
        ("HOT", hot),
    ] {
        let order_by = json!({ "orderBy": order });
        let posts = List { client: &stranger, document: POSTS, variables: order_by.clone() };
        assert_eq!(posts.titles().await, expected, "{order}");
        let feed = List { client: &ada, document: FEED, variables: order_by };
        assert_eq!(feed.titles().await, expected, "{order}");
        let of_user = json!({ "orderBy": order, "user": ada.id });
        let of_user = List { client: &stranger, document: POSTS_OF_USER, variables: of_user };
        assert_eq!(of_user.titles().await, expected, "{order}");
    }
}

#[tokio::test]
async fn wrong_arguments_are_named() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    app.write_post(ada.key, "One").await;
    app.write_post(ada.key, "Two").await;
    let code = async |client: &Client, document: &str, variables: Value| {
        client.query(document, variables).await.code().map(str::to_owned)
    };
    let bad_input = Some("BAD_USER_INPUT".to_owned());
    assert_eq!(code(&stranger, POSTS, json!({ "orderBy": "RELEVANCE" })).await, bad_input);
    assert_eq!(code(&ada, FEED, json!({ "orderBy": "RELEVANCE" })).await, bad_input);
    let of_user = json!({ "orderBy": "RELEVANCE", "user": ada.id });
    assert_eq!(code(&ada, POSTS_OF_USER, of_user).await, bad_input);
    let long = json!({ "orderBy": "NEWEST", "search": "a".repeat(257) });
    assert_eq!(code(&stranger, POSTS, long).await, bad_input);
    let unauthenticated = Some("UNAUTHENTICATED".to_owned());
    assert_eq!(code(&stranger, FEED, json!({ "orderBy": "NEWEST" })).await, unauthenticated);

    let newest = List { client: &ada, document: POSTS, variables: json!({ "orderBy": "NEWEST" }) };
    let cursor = newest.page(json!({ "first": 1 })).await["pageInfo"]["endCursor"].clone();
    let elsewhere = [
        (POSTS, json!({ "orderBy": "OLDEST" })),
        (POSTS, json!({ "orderBy": "NEWEST", "ownedBy": ada.id })),
        (POSTS, json!({ "orderBy": "NEWEST", "search": "one" })),
        (FEED, json!({ "orderBy": "NEWEST" })),
        (POSTS_OF_USER, json!({ "orderBy": "NEWEST", "user": ada.id })),
    ];
    for (document, mut variables) in elsewhere {
        variables["after"] = cursor.clone();
        assert_eq!(code(&ada, document, variables.clone()).await, bad_input, "{variables}");
    }
}

#[tokio::test]
async fn lists_hold_what_the_viewer_may_see() {
    let (app, stranger) = TestApp::init().await;
    let (ada, fan, bob) = (app.user("ada").await, app.user("fan").await, app.user("bob").await);
    follow(&app, &fan, &ada).await;
    for (title, published, visibility) in [
        ("draft", false, Visibility::Public),
        ("private", true, Visibility::Private),
        ("followers", true, Visibility::Followers),
        ("public", true, Visibility::Public),
    ] {
        app.write_post_for(ada.key, title, published, visibility).await;
    }
    app.write_post(bob.key, "bobs").await;
    let posts = async |client: &Client, variables: Value| {
        let list = List { client, document: POSTS, variables };
        let page = list.page(json!({ "first": 100 })).await;
        assert_eq!(page["totalCount"], titles(&page).len());
        titles(&page).join(" ")
    };
    let feed = async |client: &Client| {
        let list = List { client, document: FEED, variables: json!({ "orderBy": "NEWEST" }) };
        let page = list.page(json!({ "first": 100 })).await;
        assert_eq!(page["totalCount"], titles(&page).len());
        titles(&page).join(" ")
    };
    let (all, adas) =
        (json!({ "orderBy": "NEWEST" }), json!({ "orderBy": "TOP", "ownedBy": ada.id }));
    assert_eq!(posts(&stranger, all.clone()).await, "bobs public");
    assert_eq!(posts(&bob, all.clone()).await, "bobs public");
    assert_eq!(posts(&fan, all.clone()).await, "bobs public followers");
    assert_eq!(posts(&ada, all.clone()).await, "bobs public followers private draft");
    assert_eq!(posts(&fan, adas.clone()).await, "public followers");
    assert_eq!(feed(&fan).await, "public followers");
    assert_eq!(feed(&ada).await, "public followers private");
    assert_eq!(feed(&bob).await, "bobs");

    follow(&app, &fan, &bob).await;
    assert_eq!(feed(&fan).await, "bobs public followers", "a follow shows at once");
    let sql = app.database().await;
    sql.batch_execute(&format!("INSERT INTO mutes VALUES ('{}', '{}')", fan.key, ada.key))
        .await
        .unwrap();
    assert_eq!(feed(&fan).await, "bobs");
    assert_eq!(posts(&fan, all.clone()).await, "bobs");
    assert_eq!(posts(&fan, adas.clone()).await, "public followers", "their own list was asked for");
    sql.batch_execute(&format!(
        "DELETE FROM mutes; INSERT INTO blocks VALUES ('{}', '{}')",
        ada.key, fan.key
    ))
    .await
    .unwrap();
    assert_eq!(feed(&fan).await, "bobs");
    assert_eq!(posts(&fan, all.clone()).await, "bobs");
    assert_eq!(posts(&fan, adas).await, "");
    app.suspend(&bob).await;
    assert_eq!(feed(&fan).await, "");
    assert_eq!(posts(&stranger, all).await, "public");
}

#[tokio::test]
async fn a_search_finds_words_and_never_fails() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    app.write_post(ada.key, "Ducks swim").await;
    app.write_post(ada.key, "A duck, a duck, a duck").await;
    app.write_post_for(ada.key, "Secret ducks", false, Visibility::Public).await;
    let sql = app.database().await;
    sql.batch_execute(
        "UPDATE posts SET content = 'One duck and much else' WHERE title = 'Ducks swim'",
    )
    .await
    .unwrap();
    app.write_post(ada.key, "Geese").await;
    let search = async |order: &str, text: &str| {
        let variables = json!({ "orderBy": order, "search": text });
        let list = List { client: &stranger, document: POSTS, variables };
        let page = list.page(json!({ "first": 100 })).await;
        assert_eq!(page["totalCount"], titles(&page).len(), "{text}");
        titles(&page)
    };
    assert_eq!(search("RELEVANCE", "duck").await, ["A duck, a duck, a duck", "Ducks swim"]);
    assert_eq!(search("NEWEST", "DUCK").await, ["A duck, a duck, a duck", "Ducks swim"]);
    assert_eq!(search("TOP", "duck -swim").await, ["A duck, a duck, a duck"]);
    assert_eq!(search("HOT", "\"ducks swim\"").await, ["Ducks swim"]);
    assert_eq!(search("OLDEST", "swim or geese").await, ["Ducks swim", "Geese"]);
    let word = "a".repeat(256);
    let emoji = "👩‍👩‍👧".repeat(51);
    for text in [
        "the",
        "!",
        "\"",
        "' & | ! ( ) : * <->",
        "\\",
        "a\u{1}b",
        "-",
        "or",
        "%_",
        &word,
        &emoji,
        "\u{202e}",
    ] {
        assert_eq!(search("RELEVANCE", text).await, Vec::<String>::new(), "{text:?}");
    }
}

/// Rows that stay are met once each, whatever happens to others between the pages.
#[tokio::test]
async fn a_walk_meets_every_row_that_stays_once() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    follow(&app, &bob, &ada).await;
    for n in 0..40 {
        app.write_post(ada.key, &format!("stays {n}")).await;
        app.write_post(ada.key, &format!("moves {n}")).await;
    }
    let sql = app.database().await;
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
            let list = List { client: &bob, document, variables };
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
                assert_eq!((met, met_once), (40, 40), "{} {backward}", list.variables);
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
        follow(&app, &bob, author).await;
    }
    app.write_post_for(bob.key, "own", true, Visibility::Private).await;
    let sql = app.database().await;
    sql.batch_execute("UPDATE post_stats SET upvotes = floor(random() * 3)").await.unwrap();
    for order in ["NEWEST", "OLDEST", "TOP", "HOT"] {
        for document in [POSTS, FEED] {
            let list = List { client: &bob, document, variables: json!({ "orderBy": order }) };
            let whole = list.page(json!({ "first": 100 })).await;
            assert_eq!(whole["totalCount"], 31);
            let forward = list.walk(false, async || {}).await;
            let mut backward = list.walk(true, async || {}).await;
            backward.reverse();
            assert_eq!(forward, ids(&whole), "{order}");
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
    let list =
        List { client: &stranger, document: POSTS, variables: json!({ "orderBy": "OLDEST" }) };
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
