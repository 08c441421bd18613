//! The lists under the rows of lists: comments, replies, voters, liked posts. Walking one meets
//! every row once, and a page of parents costs what one parent costs.

use serde_json::{Value, json};

use crate::support::{app::TestApp, list::List, user::TestUser, world::Made};

const ARGUMENTS: &str = "($id: ID!, $first: Int, $after: String, $last: Int, $before: String)";
const PAGE: &str = "first: $first, after: $after, last: $last, before: $before";
const SHOWN: &str =
    "{ nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";

/// How many rows stay while the walk goes on; as many come and go.
const STAYING: usize = 25;

async fn people(app: &TestApp, count: usize) -> Vec<TestUser> {
    let mut people = Vec::new();
    for n in 0..count {
        people.push(app.user(&format!("user_{n}")).await);
    }
    people
}

#[tokio::test]
async fn walking_comments_meets_every_one_once() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let top = app.comment(&ada, &post, None).await;
    for (reply_to, field) in [(None, "post"), (Some(&top), "replies")] {
        let mut staying = Vec::new();
        for n in 0..STAYING * 2 {
            let comment = app.comment(&ada, &post, reply_to).await;
            if n % 2 == 0 {
                staying.push(comment);
            }
        }
        let kept: Vec<_> = staying.iter().map(|made| format!("'{}'", made.key)).collect();
        let kept = kept.join(",");
        let between = async || {
            let goes = format!(
                "DELETE FROM comments WHERE id = (SELECT id FROM comments WHERE id NOT IN ({kept}, '{}')
                 ORDER BY random() LIMIT 1)",
                top.key
            );
            app.sql(&goes).await;
            app.comment(&ada, &post, reply_to).await;
        };
        let mut ids: Vec<_> = staying.iter().map(|made| made.id.clone()).collect();
        if reply_to.is_none() {
            ids.insert(0, top.id.clone());
        }
        for order in ["OLDEST", "NEWEST"] {
            let (parent, head) = match field {
                "post" => (&post, "post(id: $id) { list: comments"),
                _ => (&top, "node(id: $id) { ... on Comment { list: replies"),
            };
            let tail = if field == "post" { "}" } else { "} }" };
            let document =
                format!("query {ARGUMENTS} {{ {head}(orderBy: {order}, {PAGE}) {SHOWN} {tail} }}");
            let path = if field == "post" { "/post/list" } else { "/node/list" };
            let variables = json!({ "id": parent.id });
            let list = List { client: &anon, document, variables, path };
            list.assert_stable(&ids, &between).await;
            ids.reverse();
        }
    }
}

#[tokio::test]
async fn walking_voters_meets_every_one_once() {
    let (app, anon) = TestApp::init().await;
    let people = people(&app, STAYING * 2).await;
    let post = app.post(&people[0]).await;
    for voter in &people {
        app.voted(voter, &post, 1).await;
    }
    // Some of those in odd places take their vote back, some turn it, some vote anew.
    let between = async || {
        let fickle = &people[rand::random_range(0..STAYING) * 2 + 1];
        let took = format!("DELETE FROM votes WHERE user_id = '{}'", fickle.key);
        app.sql(&took).await;
        if rand::random_bool(0.7) {
            app.voted(fickle, &post, if rand::random_bool(0.7) { 1 } else { -1 }).await;
        }
    };
    let staying: Vec<_> = people.iter().step_by(2).rev().map(|user| user.id.clone()).collect();
    let document =
        format!("query {ARGUMENTS} {{ post(id: $id) {{ list: voters({PAGE}) {SHOWN} }} }}");
    let variables = json!({ "id": post.id });
    let list = List { client: &anon, document, variables, path: "/post/list" };
    list.assert_stable(&staying, between).await;
}

#[tokio::test]
async fn walking_liked_posts_meets_every_one_once() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let mut posts: Vec<Made> = Vec::new();
    for _ in 0..STAYING * 2 {
        posts.push(app.post(&ada).await);
        app.voted(&bob, &posts[posts.len() - 1], 1).await;
    }
    let between = async || {
        let fickle = &posts[rand::random_range(0..STAYING) * 2 + 1];
        app.sql(&format!("DELETE FROM votes WHERE post_id = '{}'", fickle.key)).await;
        if rand::random_bool(0.7) {
            app.voted(&bob, fickle, 1).await;
        }
    };
    let staying: Vec<_> = posts.iter().step_by(2).rev().map(|post| post.id.clone()).collect();
    let document = format!(
        "query {ARGUMENTS} {{ user(by: {{ id: $id }}) {{ list: likedPosts({PAGE}) {SHOWN} }} }}"
    );
    let variables = json!({ "id": bob.id });
    let list = List { client: &anon, document, variables, path: "/user/list" };
    list.assert_stable(&staying, between).await;
}

#[tokio::test]
async fn a_cursor_of_another_thread_or_order_is_refused() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let (post, other) = (app.post(&ada).await, app.post(&ada).await);
    app.comment(&ada, &post, None).await;
    let list = "query ($id: ID!, $order: CommentOrder!, $after: String) {
        post(id: $id) { comments(orderBy: $order, after: $after) { pageInfo { endCursor } } } }";
    let page = async |post: &Made, order: &str, after: &Value| {
        anon.query(list, json!({ "id": post.id, "order": order, "after": after })).await
    };
    let answer = page(&post, "OLDEST", &Value::Null).await;
    let cursor = answer.data("/post/comments/pageInfo/endCursor").clone();
    assert!(cursor.is_string());
    assert_eq!(page(&post, "OLDEST", &cursor).await.code(), None);
    assert_eq!(page(&post, "NEWEST", &cursor).await.code(), Some("BAD_USER_INPUT"));
    assert_eq!(page(&other, "OLDEST", &cursor).await.code(), Some("BAD_USER_INPUT"));
}

#[tokio::test]
async fn a_hundred_parents_cost_as_many_statements_as_two() {
    let (app, _) = TestApp::with_settings(&[("MAX_COMPLEXITY", "1000000")]).await;
    let people = people(&app, 4).await;
    for n in 0..100 {
        let post = app.post(&people[n % 3]).await;
        for voter in &people {
            app.voted(voter, &post, if n % 2 == 0 { 1 } else { -1 }).await;
        }
        let top = app.comment(&people[n % 4], &post, None).await;
        app.comment(&people[(n + 1) % 4], &post, Some(&top)).await;
    }
    // Each with the statements that it takes: the posts, then one for every kind of thing below.
    for (below, expected) in [
        ("score upvotes viewerVote commentCount", 3),
        ("voters(first: 2) { totalCount nodes { username } }", 3),
        ("voters(first: 1) { nodes { likedPosts(first: 2) { nodes { score } } } }", 4),
        ("comments(first: 3) { totalCount nodes { replyCount author { username } } }", 5),
        ("comments(first: 3) { nodes { replies(first: 2) { totalCount nodes { content } } } }", 4),
        ("comments(first: 3) { nodes { viewerCanDelete } }", 4),
    ] {
        let document =
            format!("query ($first: Int) {{ posts(first: $first) {{ nodes {{ {below} }} }} }}");
        for first in [2, 100] {
            let answer = people[3].query(&document, json!({ "first": first })).await;
            assert_eq!(answer.code(), None, "{}", answer.text);
            assert_eq!(answer.data("/posts/nodes").as_array().unwrap().len(), first);
            assert_eq!(answer.statements(), expected, "{first} posts with {below}");
        }
    }
}

#[tokio::test]
async fn an_error_says_in_which_field_of_a_list_it_is() {
    let (app, anon) = TestApp::init().await;
    app.user("ada").await;
    let document = r#"{ users { nodes { posts(after: "x") { totalCount } } } }"#;
    let answer = anon.query(document, json!({})).await;
    assert_eq!(answer.json["errors"][0]["path"], json!(["users", "nodes", 0, "posts"]));
}
