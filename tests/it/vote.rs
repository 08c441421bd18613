//! Votes: casting them, and who sees them.

use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    world::{Made, Seen},
};

const VOTE: &str = "mutation ($input: VoteInput!) { vote(input: $input) {
    post { id score upvotes downvotes viewerVote }
    userErrors { code path }
} }";

async fn vote(client: &Client, post: &Made, direction: &str) -> Answer {
    client.query(VOTE, json!({ "input": { "postId": post.id, "direction": direction } })).await
}

async fn strict(client: &Client, post: &Made, direction: &str) -> Answer {
    let input = json!({ "postId": post.id, "direction": direction, "strict": true });
    client.query(VOTE, json!({ "input": input })).await
}

/// Upvotes, downvotes and the viewer's vote, of a mutation that had no problem.
#[track_caller]
fn counted(answer: &Answer) -> (i64, i64, String) {
    assert_eq!(answer.data("/vote/userErrors"), &json!([]));
    let post = answer.data("/vote/post");
    let (up, down) = (post["upvotes"].as_i64().unwrap(), post["downvotes"].as_i64().unwrap());
    assert_eq!(post["score"], json!(up - down));
    (up, down, post["viewerVote"].as_str().unwrap().to_owned())
}

/// The code and the field of the only problem.
#[track_caller]
fn problem(answer: &Answer) -> (String, Value) {
    assert_eq!(answer.data("/vote/post"), &Value::Null);
    let errors = answer.data("/vote/userErrors").as_array().unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    (errors[0]["code"].as_str().unwrap().to_owned(), errors[0]["path"].clone())
}

#[tokio::test]
async fn an_id_of_another_kind_is_told_so_and_no_more() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let vote =
        "mutation ($id: ID!) { vote(input: { postId: $id, direction: UP }) { post { id } } }";
    let answer = ada.query(vote, json!({ "id": ada.id })).await;
    assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{}", answer.text);
    let message = "\"message\":\"Expected the id of a post, got the id of a user.\"";
    assert!(answer.text.contains(message), "{}", answer.text);
}

#[tokio::test]
async fn a_vote_is_counted_changed_and_taken_back_and_can_be_repeated() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    for _ in 0..2 {
        assert_eq!(counted(&vote(&ada, &post, "UP").await), (1, 0, "UP".into()));
    }
    for _ in 0..2 {
        assert_eq!(counted(&vote(&bob, &post, "DOWN").await), (1, 1, "DOWN".into()));
    }
    assert_eq!(counted(&vote(&bob, &post, "UP").await), (2, 0, "UP".into()));
    for _ in 0..2 {
        assert_eq!(counted(&vote(&ada, &post, "NONE").await), (1, 0, "NONE".into()));
    }
    assert_eq!(app.count("votes").await, 1);
    let read = "query ($id: ID!) { post(id: $id) { score viewerVote } }";
    let seen = async |client: &Client| {
        client.query(read, json!({ "id": post.id })).await.data("/post").clone()
    };
    assert_eq!(seen(&bob).await, json!({ "score": 1, "viewerVote": "UP" }));
    assert_eq!(seen(&app.client(None)).await, json!({ "score": 1, "viewerVote": "NONE" }));
}

#[tokio::test]
async fn the_database_takes_one_vote_of_a_person_on_a_post() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    app.voted(&ada, &post, 1).await;
    let again = format!(
        "INSERT INTO votes (post_id, user_id, value) VALUES ('{}', '{}', -1)",
        post.key, ada.key
    );
    let refused = app.shared().await.batch_execute(&again).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::UNIQUE_VIOLATION));
    assert_eq!(app.count("votes").await, 1);
}

#[tokio::test]
async fn two_votes_of_one_request_see_each_other() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let both = "mutation ($id: ID!) {
        one: vote(input: { postId: $id, direction: UP }) { post { score viewerVote } }
        two: vote(input: { postId: $id, direction: DOWN }) { post { score viewerVote } }
    }";
    let answer = ada.query(both, json!({ "id": post.id })).await;
    assert_eq!(answer.data("/one/post"), &json!({ "score": 1, "viewerVote": "UP" }));
    assert_eq!(answer.data("/two/post"), &json!({ "score": -1, "viewerVote": "DOWN" }));
}

#[tokio::test]
async fn a_strict_client_is_told_when_its_vote_changes_nothing() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let at = json!(["input", "direction"]);
    assert_eq!(problem(&strict(&ada, &post, "NONE").await), ("VOTE_NOT_FOUND".into(), at.clone()));
    assert_eq!(counted(&strict(&ada, &post, "UP").await).0, 1);
    assert_eq!(problem(&strict(&ada, &post, "UP").await), ("ALREADY_VOTED".into(), at.clone()));
    assert_eq!(counted(&strict(&ada, &post, "DOWN").await), (0, 1, "DOWN".into()));
    assert_eq!(problem(&strict(&ada, &post, "DOWN").await), ("ALREADY_VOTED".into(), at));
    assert_eq!(counted(&strict(&ada, &post, "NONE").await), (0, 0, "NONE".into()));
}

#[tokio::test]
async fn nobody_votes_on_what_they_cannot_see() {
    let (app, _) = TestApp::init().await;
    let (owner, stranger) = (app.user("owner").await, app.user("stranger").await);
    let (blocked, friend) = (app.user("blocked").await, app.user("friend").await);
    app.followed(&friend, &owner).await;
    let not_found = ("NOT_FOUND".to_owned(), json!(["input", "postId"]));
    for (seen, follower_may) in
        [(Seen::Draft, false), (Seen::Private, false), (Seen::Followers, true)]
    {
        let post = app.post_seen(&owner, seen).await;
        assert_eq!(problem(&vote(&stranger, &post, "UP").await), not_found, "{seen:?}");
        let answer = vote(&friend, &post, "UP").await;
        assert_eq!(answer.data("/vote/post").is_object(), follower_may, "{seen:?}");
        assert_eq!(counted(&vote(&owner, &post, "UP").await).2, "UP", "{seen:?}");
    }
    assert_eq!(app.count("votes").await, 4);

    let post = app.post(&owner).await;
    app.blocked(&owner, &blocked).await;
    assert_eq!(problem(&vote(&blocked, &post, "UP").await), not_found);
    assert_eq!(counted(&vote(&stranger, &post, "UP").await).0, 1);
    app.suspend(&owner).await;
    assert_eq!(problem(&vote(&stranger, &post, "NONE").await), not_found);
    let gone = Made { id: "post_01h455vb4pex5vsknk084sn02q".into(), ..post };
    assert_eq!(problem(&vote(&stranger, &gone, "UP").await), not_found);
    assert_eq!(app.count("votes").await, 5);
}

#[tokio::test]
async fn only_a_session_that_stands_votes() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    assert_eq!(vote(&anon, &post, "UP").await.code(), Some("UNAUTHENTICATED"));
    app.sql(&format!("DELETE FROM sessions WHERE id = '{}'", ada.session)).await;
    assert_eq!(vote(&ada, &post, "UP").await.code(), Some("UNAUTHENTICATED"));
    app.suspend(&bob).await;
    assert_eq!(vote(&bob, &post, "UP").await.code(), Some("UNAUTHENTICATED"));
    assert_eq!(app.count("votes").await, 0);
}

#[tokio::test]
async fn voters_are_listed_newest_first_without_those_whom_the_viewer_cannot_see() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (eve, mal) = (app.user("eve").await, app.user("mal").await);
    let post = app.post(&ada).await;
    for voter in [&ada, &bob, &mal, &eve] {
        app.voted(voter, &post, 1).await;
    }
    let voters = async |client: &Client, direction: &str| {
        let read = "query ($id: ID!, $direction: VoteDirection!) {
            post(id: $id) { voters(direction: $direction) { nodes { username } totalCount } } }";
        let answer = client.query(read, json!({ "id": post.id, "direction": direction })).await;
        let list = answer.data("/post/voters").clone();
        let names = list["nodes"].as_array().unwrap().iter();
        let names: Vec<_> =
            names.map(|user| user["username"].as_str().unwrap().to_owned()).collect();
        assert_eq!(list["totalCount"], names.len());
        names
    };
    assert_eq!(voters(&anon, "UP").await, ["eve", "mal", "bob", "ada"]);
    assert_eq!(voters(&anon, "DOWN").await, Vec::<String>::new());
    app.blocked(&eve, &bob).await;
    app.suspend(&mal).await;
    assert_eq!(voters(&anon, "UP").await, ["eve", "bob", "ada"]);
    assert_eq!(voters(&bob, "UP").await, ["bob", "ada"]);
    counted(&vote(&ada, &post, "DOWN").await);
    assert_eq!(voters(&anon, "UP").await, ["eve", "bob"]);
    assert_eq!(voters(&anon, "DOWN").await, ["ada"]);

    let none = "query ($id: ID!) { post(id: $id) { voters(direction: NONE) { totalCount } } }";
    assert_eq!(anon.query(none, json!({ "id": post.id })).await.code(), Some("BAD_USER_INPUT"));
}

#[tokio::test]
async fn liked_posts_are_those_voted_up_that_the_viewer_may_see() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (first, second) = (app.post(&ada).await, app.post(&ada).await);
    let (disliked, private) = (app.post(&ada).await, app.post_seen(&bob, Seen::Private).await);
    for (post, value) in [(&second, 1), (&private, 1), (&first, 1), (&disliked, -1)] {
        app.voted(&bob, post, value).await;
    }
    let liked = async |client: &Client| {
        let read =
            "query ($id: ID!) { user(by: { id: $id }) { likedPosts { nodes { id } totalCount } } }";
        let answer = client.query(read, json!({ "id": bob.id })).await;
        let list = answer.data("/user/likedPosts").clone();
        let ids = list["nodes"].as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|post| post["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(list["totalCount"], ids.len());
        ids
    };
    assert_eq!(liked(&bob).await, [first.id.as_str(), &private.id, &second.id]);
    assert_eq!(liked(&anon).await, [first.id.as_str(), &second.id]);
    let eve = app.user("eve").await;
    app.muted(&eve, &ada).await;
    assert_eq!(liked(&eve).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_vote_takes_one_statement() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    for direction in ["UP", "DOWN", "NONE"] {
        assert_eq!(vote(&ada, &post, direction).await.statements(), 1, "{direction}");
    }
}

#[tokio::test]
async fn what_a_vote_did_not_read_of_its_post_is_read_for_who_asks() {
    const SELECTION: &str =
        "__typename id title viewerCanUpdate owner { username } score viewerVote";
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let input = json!({ "input": { "postId": post.id, "direction": "UP" } });
    let asked = |selection| {
        format!(
            "mutation ($input: VoteInput!) {{ vote(input: $input) {{ post {{ {selection} }} }} }}"
        )
    };
    let voted = bob.query(&asked(SELECTION), input.clone()).await;
    let read = format!("query ($id: ID!) {{ post(id: $id) {{ {SELECTION} }} }}");
    let read = bob.query(&read, json!({ "id": post.id })).await;
    assert_eq!(voted.data("/vote/post"), read.data("/post"));
    assert_eq!(voted.data("/vote/post/owner/username"), "ada");
    assert_eq!(voted.statements(), 3, "the vote, the post, its owner");
    // Two selections under one key, which the library merges.
    let twice = "vote(input: $input) { post { title } post { score owner { id } } }";
    let twice = format!("mutation ($input: VoteInput!) {{ {twice} }}");
    let merged = bob.query(&twice, input).await.data("/vote/post").clone();
    let title = read.data("/post/title");
    assert_eq!(merged, json!({ "title": title, "score": 1, "owner": { "id": ada.id } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_has_one_vote_however_many_they_send_at_once() {
    let (app, _) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let sent = (0..40).map(|n| vote(&ada, &post, ["UP", "DOWN", "UP", "NONE"][n % 4]));
    for answer in futures_util::future::join_all(sent).await {
        counted(&answer);
    }
    assert!(app.count("votes").await <= 1);
    counted(&vote(&ada, &post, "UP").await);
    assert_eq!(app.count("votes WHERE value = 1").await, 1);
    assert_eq!(app.count("post_stats WHERE (upvotes, downvotes) = (1, 0)").await, 1);
}
