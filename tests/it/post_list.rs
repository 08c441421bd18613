//! Lists of posts: what they hold and in which order.

use rookery::db::post::Visibility;
use serde_json::{Value, json};

use crate::support::{app::TestApp, client::Client, db::end_connections, list::List};

pub const POSTS: &str = "query ($search: String, $ownedBy: ID, $orderBy: PostOrder!, $first: Int, $after: String, $last: Int, $before: String) {
    list: posts(search: $search, ownedBy: $ownedBy, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id title } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
pub const FEED: &str = "query ($orderBy: PostOrder!, $first: Int, $after: String, $last: Int, $before: String) {
    list: feed(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id title } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
pub const POSTS_OF_USER: &str = "query ($user: ID!, $orderBy: PostOrder!, $first: Int, $after: String, $last: Int, $before: String) {
    user(by: { id: $user }) { list: posts(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id title } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

/// One of these lists.
pub fn list<'a>(client: &'a Client, document: &str, variables: Value) -> List<'a> {
    let path = if document == POSTS_OF_USER { "/user/list" } else { "/list" };
    List { client, document: document.to_owned(), variables, path }
}

/// The titles of the first hundred posts.
async fn all_titles(list: &List<'_>) -> Vec<String> {
    titles(&list.page(json!({ "first": 100 })).await)
}

pub fn titles(page: &Value) -> Vec<String> {
    nodes(page, "title")
}

pub fn nodes(page: &Value, field: &str) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node[field].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_order_sorts_by_what_it_says() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    for title in ["old and loved", "middling", "new"] {
        app.write_post(ada.key, title).await;
    }
    let sql = app.shared().await;
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
        let posts = list(&stranger, POSTS, order_by.clone());
        assert_eq!(all_titles(&posts).await, expected, "{order}");
        let feed = list(&ada, FEED, order_by);
        assert_eq!(all_titles(&feed).await, expected, "{order}");
        let of_user = json!({ "orderBy": order, "user": ada.id });
        let of_user = list(&stranger, POSTS_OF_USER, of_user);
        assert_eq!(all_titles(&of_user).await, expected, "{order}");
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

    let newest = list(&ada, POSTS, json!({ "orderBy": "NEWEST" }));
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
    app.followed(&fan, &ada).await;
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
        let list = list(client, POSTS, variables);
        let page = list.page(json!({ "first": 100 })).await;
        assert_eq!(page["totalCount"], titles(&page).len());
        titles(&page).join(" ")
    };
    let feed = async |client: &Client| {
        let list = list(client, FEED, json!({ "orderBy": "NEWEST" }));
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

    app.followed(&fan, &bob).await;
    assert_eq!(feed(&fan).await, "bobs public followers", "a follow shows at once");
    let sql = app.shared().await;
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
    let sql = app.shared().await;
    sql.batch_execute(
        "UPDATE posts SET content = 'One duck and much else' WHERE title = 'Ducks swim'",
    )
    .await
    .unwrap();
    app.write_post(ada.key, "Geese").await;
    let search = async |order: &str, text: &str| {
        let variables = json!({ "orderBy": order, "search": text });
        let list = list(&stranger, POSTS, variables);
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
    for text in
        ["the", "!", "\"", "' & | ! ( ) : * <->", "\\", "a\u{1}b", "-", "or", "%_", &word, &emoji]
    {
        assert_eq!(search("RELEVANCE", text).await, Vec::<String>::new(), "{text:?}");
    }
    for nothing in ["", " ", "\u{202e}"] {
        assert_eq!(search("RELEVANCE", nothing).await, search("NEWEST", "").await, "{nothing:?}");
    }
}

#[tokio::test]
async fn a_title_says_more_than_a_word_said_often() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    for (title, content) in
        [("Ducks", "About birds"), ("Birds", "duck duck duck"), ("Buy", "duck ")]
    {
        app.write_post(ada.key, title).await;
        let content = if title == "Buy" { content.repeat(500) } else { content.to_owned() };
        app.sql(&format!("UPDATE posts SET content = '{content}' WHERE title = '{title}'")).await;
    }
    let list = list(&stranger, POSTS, json!({ "orderBy": "RELEVANCE", "search": "duck" }));
    assert_eq!(titles(&list.page(json!({ "first": 3 })).await)[0], "Ducks");
}

#[tokio::test]
async fn a_word_is_found_however_its_accents_are_written() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let write =
        "mutation ($title: String!) { createPost(input: { title: $title, content: \"x\" }) {
        post { title } } }";
    for title in ["Cafe\u{301} bar", "Caf\u{e9} noir"] {
        ada.query(write, json!({ "title": title })).await;
    }
    for word in ["cafe\u{301}", "caf\u{e9}"] {
        let list = list(&stranger, POSTS, json!({ "orderBy": "NEWEST", "search": word }));
        let found = titles(&list.page(json!({ "first": 3 })).await);
        assert_eq!(found, ["Caf\u{e9} noir", "Caf\u{e9} bar"]);
    }
}

/// How often blocks were asked for in which long texts lie, so far.
async fn text_blocks(app: &TestApp) -> i64 {
    let sql = app.shared().await;
    end_connections(sql).await;
    let blocks = "SELECT toast_blks_hit + toast_blks_read FROM pg_statio_user_tables
                  WHERE relname = 'posts'";
    sql.query_one(blocks, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn texts_are_read_only_where_they_are_selected() {
    let (app, _) = TestApp::alone().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let posts = [app.post(&ada).await, app.post(&ada).await];
    app.followed(&bob, &ada).await;
    app.voted(&bob, &posts[0], 1).await;
    // Too long to lie in the row, and too random to be made short.
    app.sql("UPDATE posts SET content = (SELECT id || string_agg(md5(n::text), '') FROM generate_series(1, 500) AS n)").await;
    let lists = |select: &str| {
        format!(
            "{{ posts {{ {select} }} found: posts(search: \"title\") {{ {select} }}
                feed {{ {select} }} user(by: {{ username: \"ada\" }}) {{ posts {{ {select} }} }}
                me {{ likedPosts {{ {select} }} }} }}"
        )
    };
    let paths = ["/posts", "/found", "/feed", "/user/posts", "/me/likedPosts"];
    let before = text_blocks(&app).await;
    let answer = bob.query(&lists("nodes { id title } edges { node { id } }"), json!({})).await;
    assert_eq!(answer.code(), None, "{}", answer.text);
    assert_eq!(text_blocks(&app).await, before, "nobody selected a text");
    for (select, fragments) in [
        ("nodes { id text: content }", ""),
        ("edges { node { id ...F } }", "fragment F on Post { text: content }"),
        (
            "nodes { id } ...G",
            "fragment G on PostConnection { edges { node { id ... on Node { ...F } } } }
             fragment F on Post { text: content }",
        ),
    ] {
        let answer = bob.query(&format!("{} {fragments}", lists(select)), json!({})).await;
        assert_eq!(answer.code(), None, "{}", answer.text);
        for path in paths {
            let list = answer.data(path);
            let edges = list["edges"].as_array().into_iter().flatten().map(|edge| &edge["node"]);
            let nodes = list["nodes"].as_array().into_iter().flatten();
            let shown: Vec<_> = edges.chain(nodes).filter(|it| it["text"].is_string()).collect();
            assert!(!shown.is_empty(), "{path}: {select}");
            for post in shown {
                let made = posts.iter().find(|made| post["id"] == made.id).unwrap();
                let text = post["text"].as_str().unwrap();
                assert!(text.starts_with(&made.key.to_string()), "{path}: {select}");
            }
        }
    }
    assert!(text_blocks(&app).await > before);
}
