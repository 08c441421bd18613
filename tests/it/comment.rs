//! Comments: writing and changing them, and who sees them.

mod deleted;

use std::time::Duration;

use futures_util::future;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    world::{Made, Seen},
};

const COMMENT: &str = "mutation ($input: CommentInput!) { comment(input: $input) {
    comment { id content isDeleted editedAt author { username } replyTo { id replyCount } }
    post { id commentCount }
    userErrors { code path }
} }";

const UPDATE: &str = "mutation ($input: UpdateCommentInput!) { updateComment(input: $input) {
    comment { id content editedAt }
    userErrors { code path }
} }";

async fn say(client: &Client, post: &Made, content: &str, reply_to: Option<&str>) -> Answer {
    let input = json!({ "postId": post.id, "content": content, "replyTo": reply_to });
    client.query(COMMENT, json!({ "input": input })).await
}

async fn update(client: &Client, id: &str, content: &str) -> Answer {
    let input = json!({ "commentId": id, "content": content });
    client.query(UPDATE, json!({ "input": input })).await
}

/// The codes and fields of the problems of the only mutation.
#[track_caller]
fn problems(answer: &Answer, mutation: &str) -> Vec<(String, String)> {
    let errors = answer.data(&format!("/{mutation}/userErrors")).as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    errors.iter().map(|error| (text(&error["code"]), text(&error["path"][1]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(code, field)| (code.to_string(), field.to_string())).collect()
}

#[tokio::test]
async fn a_comment_and_its_answer_change_the_counts_at_once() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let answer = say(&bob, &post, " \u{200b}First! 🦆\n ", None).await;
    assert_eq!(answer.data("/comment/comment/content"), "First! 🦆");
    assert_eq!(answer.data("/comment/comment/author/username"), "bob");
    assert_eq!(answer.data("/comment/comment/replyTo"), &Value::Null);
    assert_eq!(answer.data("/comment/post"), &json!({ "id": post.id, "commentCount": 1 }));
    let first = answer.data("/comment/comment/id").as_str().unwrap().to_owned();
    let answer = say(&ada, &post, "So it is.", Some(&first)).await;
    assert_eq!(answer.data("/comment/comment/replyTo"), &json!({ "id": first, "replyCount": 1 }));
    assert_eq!(answer.data("/comment/post/commentCount"), 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_comment_is_told_together() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (post, other) = (app.post(&ada).await, app.post(&ada).await);
    let hidden = app.post_seen(&ada, Seen::Private).await;
    let elsewhere = app.comment(&ada, &other, None).await;
    let secret = app.comment(&ada, &hidden, None).await;
    let long = "é".repeat(10_001);
    for (post, content, reply_to, expected) in [
        (&post, " \u{200b} ", None, vec![("REQUIRED", "content")]),
        (&post, long.as_str(), None, vec![("TOO_LONG", "content")]),
        (&post, "a\u{1}b", None, vec![("INVALID", "content")]),
        (&hidden, "x", None, vec![("NOT_FOUND", "postId")]),
        (&hidden, "", None, vec![("REQUIRED", "content"), ("NOT_FOUND", "postId")]),
        (&post, "x", Some(&elsewhere), vec![("INVALID", "replyTo")]),
        (&post, "x", Some(&secret), vec![("NOT_FOUND", "replyTo")]),
        (&post, "", Some(&elsewhere), vec![("REQUIRED", "content"), ("INVALID", "replyTo")]),
    ] {
        let answer = say(&bob, post, content, reply_to.map(|made| made.id.as_str())).await;
        assert_eq!(problems(&answer, "comment"), pairs(&expected), "{content:.10}");
        assert_eq!(answer.data("/comment/comment"), &Value::Null);
    }
    assert_eq!(
        app.count("comments WHERE author_id <> (SELECT id FROM users WHERE username = 'ada')")
            .await,
        0
    );
    let longest = "👨‍👩‍👧‍👦".repeat(10_000);
    assert_eq!(problems(&say(&bob, &post, &longest, None).await, "comment"), vec![]);
}

#[tokio::test]
async fn a_comment_is_changed_by_its_author_alone() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let admin = app.admin("root").await;
    let post = app.post(&ada).await;
    let comment = app.comment(&bob, &post, None).await;
    for other in [&ada, &admin] {
        let answer = update(other, &comment.id, "mine now").await;
        assert_eq!(problems(&answer, "updateComment"), pairs(&[("NOT_ALLOWED", "commentId")]));
    }
    assert_eq!(update(&anon, &comment.id, "x").await.code(), Some("UNAUTHENTICATED"));
    let answer = update(&bob, &comment.id, "").await;
    assert_eq!(problems(&answer, "updateComment"), pairs(&[("REQUIRED", "content")]));
    assert_eq!(app.count("comments WHERE content = 'said' AND edited_at IS NULL").await, 1);

    let answer = update(&bob, &comment.id, "said").await;
    assert_eq!(answer.data("/updateComment/comment/editedAt"), &Value::Null);
    let answer = update(&bob, &comment.id, " said better ").await;
    assert_eq!(answer.data("/updateComment/comment/content"), "said better");
    assert!(answer.data("/updateComment/comment/editedAt").is_string());
    app.sql("UPDATE posts SET visibility = 'private'").await;
    let answer = update(&bob, &comment.id, "x").await;
    assert_eq!(problems(&answer, "updateComment"), pairs(&[("NOT_FOUND", "commentId")]));
}

/// What was to be written is still there, so nothing but the session is to blame.
#[tokio::test]
async fn whose_session_ends_while_they_wait_to_write_is_told_so() {
    let (app, _) = TestApp::alone_with(&[("DATABASE_POOL_SIZE", "1")]).await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let comment = app.comment(&ada, &post, None).await;
    let ways = &app.parts().db;
    let only_one = ways.write().await.unwrap();
    let end = async {
        let waiting = || ways.pools().iter().map(|(_, pool)| pool.waiting).sum::<usize>();
        let both_wait = async {
            while waiting() != 2 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(10), both_wait).await.expect("both to wait");
        app.sql("DELETE FROM sessions").await;
        drop(only_one);
    };
    let both = future::join(update(&ada, &comment.id, "x"), say(&ada, &post, "x", None));
    let ((updated, said), ()) = future::join(both, end).await;
    assert_eq!(updated.code(), Some("UNAUTHENTICATED"), "{}", updated.text);
    assert_eq!(said.code(), Some("UNAUTHENTICATED"), "{}", said.text);
    assert_eq!(app.count("comments WHERE content = 'said'").await, 1);
}

#[tokio::test]
async fn threads_leave_out_whom_the_viewer_cannot_see_and_whom_they_muted() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (mal, viewer) = (app.user("mal").await, app.user("viewer").await);
    let post = app.post(&ada).await;
    let top = app.comment(&ada, &post, None).await;
    let mut answers = vec![];
    for author in [&ada, &bob, &mal] {
        answers.push(app.comment(author, &post, Some(&top)).await.id);
        app.comment(author, &post, None).await;
    }
    let authors = async |client: &Client| {
        let read = "query ($id: ID!) { post(id: $id) { comments { totalCount nodes {
            author { username } replyCount
            replies(orderBy: NEWEST) { totalCount nodes { author { username } } } } } } }";
        let answer = client.query(read, json!({ "id": post.id })).await;
        let list = answer.data("/post/comments").clone();
        let names = |list: &Value| -> Vec<String> {
            let nodes = list["nodes"].as_array().unwrap().iter();
            nodes.map(|node| node["author"]["username"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(list["totalCount"], names(&list).len());
        let top = &list["nodes"][0];
        assert_eq!(top["replyCount"], top["replies"]["totalCount"]);
        assert_eq!(top["replyCount"], names(&top["replies"]).len());
        (names(&list), names(&top["replies"]))
    };
    let all = (["ada", "ada", "bob", "mal"], ["mal", "bob", "ada"]);
    let same = |(top, replies): (Vec<String>, Vec<String>), expected: (&[&str], &[&str])| {
        assert_eq!(
            (top, replies),
            (
                expected.0.iter().map(|s| s.to_string()).collect(),
                expected.1.iter().map(|s| s.to_string()).collect()
            )
        );
    };
    same(authors(&anon).await, (&all.0, &all.1));
    app.muted(&viewer, &bob).await;
    same(authors(&viewer).await, (&["ada", "ada", "mal"], &["mal", "ada"]));
    app.blocked(&mal, &viewer).await;
    same(authors(&viewer).await, (&["ada", "ada"], &["ada"]));
    same(authors(&anon).await, (&all.0, &all.1));
    app.suspend(&mal).await;
    same(authors(&anon).await, (&["ada", "ada", "bob"], &["bob", "ada"]));

    // Muting hides from lists; by id the comment is there. What is hidden for good is not.
    let node = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let found = viewer.query(node, json!({ "ids": answers })).await;
    assert_eq!(found.data("/nodes"), &json!([{ "id": answers[0] }, { "id": answers[1] }, null]));
}

#[tokio::test]
async fn what_somebody_said_is_listed_where_the_viewer_may_read_it() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (open, closed) = (app.post(&ada).await, app.post_seen(&bob, Seen::Private).await);
    let public = app.comment(&bob, &open, None).await;
    let private = app.comment(&bob, &closed, None).await;
    let said = async |client: &Client| {
        let read = "query ($id: ID!) { user(by: { id: $id }) { comments { nodes { id } } } }";
        let answer = client.query(read, json!({ "id": bob.id })).await;
        let nodes = answer.data("/user/comments/nodes").as_array().unwrap().clone();
        nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(said(&anon).await, [public.id.as_str()]);
    assert_eq!(said(&bob).await, [private.id.as_str(), &public.id]);
    let node =
        anon.query("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": private.id })).await;
    assert_eq!(node.data("/node"), &Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_on_from_the_last_comment_they_know_misses_none() {
    let (app, anon) = TestApp::alone_with(&[("WRITES_PER_MINUTE", "1000")]).await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let write = async |n: usize| {
        for comment in 0..15 {
            say(&ada, &post, &format!("{n}, {comment}"), None).await;
        }
    };
    let read = async {
        let page = "query ($id: ID!, $after: String) { post(id: $id) {
            comments(first: 100, after: $after) { nodes { id } pageInfo { endCursor } } } }";
        let (mut seen, mut after) = (0, Value::Null);
        while seen < 8 * 15 {
            let answer = anon.query(page, json!({ "id": post.id, "after": after })).await;
            let comments = answer.data("/post/comments");
            seen += comments["nodes"].as_array().unwrap().len();
            match &comments["pageInfo"]["endCursor"] {
                Value::Null => tokio::time::sleep(Duration::from_millis(1)).await,
                last => after = last.clone(),
            }
        }
    };
    let writers = future::join_all((0..8).map(write));
    let (_, read) = tokio::join!(writers, timeout(Duration::from_secs(30), read));
    read.expect("all of them to be read");
}
