//! What many ask for at the same moment goes to the database together, and comes back apart.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::sleep;

use crate::support::{app::TestApp, db::connect};

const POST: &str = "query ($id: ID!) { post(id: $id) { id } }";
const VOTE: &str = "mutation ($input: VoteInput!) { vote(input: $input) {
    post { score } userErrors { code }
} }";
/// Long enough for requests to arrive, short enough for the database's patience with locks.
const MOMENT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn many_reads_of_a_moment_are_one_statement_and_each_gets_its_own() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let mut posts = Vec::new();
    for _ in 0..30 {
        posts.push(app.post(&ada).await.id);
    }
    app.note_statements().await;
    let table = app.lock("posts").await;
    // The first statement waits for the table, and meanwhile all others come.
    let asked = join_all(posts.iter().map(|id| {
        let (anon, id) = (anon.clone(), id.clone());
        tokio::spawn(async move { anon.query(POST, json!({ "id": id })).await })
    }));
    let (answers, ()) = tokio::join!(asked, async {
        sleep(MOMENT).await;
        table.release().await;
    });
    for (answer, id) in answers.into_iter().zip(&posts) {
        let answer = answer.unwrap();
        assert_eq!(answer.data("/post/id"), &json!(id));
        assert_eq!(answer.statements(), 1);
    }
    let sent = app.sent("FROM posts WHERE posts.id = ANY").await;
    assert!((1..=3).contains(&sent), "{sent} statements");
}

#[tokio::test]
async fn votes_of_a_moment_are_cast_together_and_fail_alone() {
    let settings = [("DATABASE_LOCK_TIMEOUT_SECONDS", "5")];
    let (app, _) = TestApp::with_settings(&settings).await;
    let ada = app.user("ada").await;
    let (free, locked) = (app.post(&ada).await, app.post(&ada).await);
    let hidden = app.post(&ada).await;
    app.sql(&format!("UPDATE posts SET published = false WHERE id = '{}'", hidden.key)).await;
    let mut voters = Vec::new();
    for n in 0..9 {
        voters.push(app.user(&format!("voter_{n}")).await);
    }
    app.note_statements().await;
    let mut other = connect(app.database_url()).await;
    let holder = other.transaction().await.unwrap();
    let lock = format!("SELECT FROM post_stats WHERE post_id = '{}' FOR UPDATE", locked.key);
    holder.execute(&lock, &[]).await.unwrap();

    let mut cast: Vec<_> = Vec::new();
    for (n, voter) in voters.iter().enumerate() {
        let post = [&free, &locked, &hidden][n % 3].id.clone();
        let client = (**voter).clone();
        let input = json!({ "input": { "postId": post, "direction": "UP" } });
        cast.push(tokio::spawn(async move { client.query(VOTE, input).await }));
    }
    let (waiting, others): (Vec<_>, Vec<_>) =
        cast.into_iter().enumerate().partition(|(n, _)| n % 3 == 1);
    // While one post is locked, votes on the others are answered.
    for (n, answer) in others {
        let answer = answer.await.unwrap();
        match n % 3 {
            0 => assert_eq!(answer.data("/vote/userErrors"), &json!([]), "{}", answer.text),
            _ => assert_eq!(answer.data("/vote/userErrors/0/code"), &json!("NOT_FOUND")),
        }
    }
    sleep(MOMENT).await;
    assert!(waiting.iter().all(|(_, answer)| !answer.is_finished()), "a lock was passed by");
    holder.rollback().await.unwrap();
    for (_, answer) in waiting {
        let answer = answer.await.unwrap();
        assert_eq!(answer.data("/vote/userErrors"), &json!([]), "{}", answer.text);
    }
    for post in [&free, &locked] {
        let row = app.database().await;
        let score = format!("SELECT score FROM post_stats WHERE post_id = '{}'", post.key);
        assert_eq!(row.query_one(&score, &[]).await.unwrap().get::<_, i32>(0), 3);
    }

    // Without anything in the way, many votes take few statements.
    let before = app.sent("WITH ballot").await;
    let again = voters.iter().map(|voter| {
        let input = json!({ "input": { "postId": free.id, "direction": "DOWN" } });
        async move { voter.query(VOTE, input).await }
    });
    for answer in join_all(again).await {
        assert_eq!(answer.data("/vote/userErrors"), &json!([]));
    }
    assert!(app.sent("WITH ballot").await - before < voters.len());
}
