//! How what happens gets from the database to the servers: between instances, over lost
//! connections, and not at all where nobody listens.

use std::{collections::HashSet, time::Duration};

use futures_util::StreamExt;
use rookery::db::housekeeping;
use serde_json::json;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, NoTls};

use crate::support::{
    app::TestApp,
    events::{Events, Heard},
    socket::Socket,
    user::TestUser,
    world::Made,
};

fn comments_of(post: &Made) -> String {
    format!("subscription {{ commentAdded(postId: \"{}\") {{ id }} }}", post.id)
}

fn changes_of(post: &Made) -> String {
    format!("subscription {{ postChanged(postId: \"{}\") {{ score content }} }}", post.id)
}

const LISTENERS: &str = "pg_stat_activity WHERE application_name = 'rookery listener' \
     AND datname = current_database()";

/// Waits until there are so many.
async fn until_count(app: &TestApp, from: &str, count: i64) {
    let reached = async {
        while app.count(from).await != count {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = timeout(Duration::from_secs(10), reached).await;
    assert!(waited.is_ok(), "{from}: not {count}");
}

#[tokio::test]
async fn instances_tell_each_other() {
    let (app, _anon) = TestApp::alone().await;
    let (other, _anon) = app.another().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let mut here = Socket::introduced(app.address).await;
    let mut there = Socket::introduced(other.address).await;
    for socket in [&mut here, &mut there] {
        socket.subscribe("c", &comments_of(&post)).await;
    }
    app.until_subscriptions(1).await;
    other.until_subscriptions(1).await;
    let comment = "mutation ($input: CommentInput!) { comment(input: $input) { comment { id } } }";
    for writer in [&app, &other] {
        let writer = writer.client(Some(ada.token().to_owned()));
        let input = json!({ "postId": post.id, "content": "Hello there." });
        let made = writer.query(comment, json!({ "input": input })).await;
        let told = json!({ "commentAdded": { "id": made.data("/comment/comment/id") } });
        assert_eq!(here.event("c").await, told);
        assert_eq!(there.event("c").await, told);
    }
    drop(there);
    other.until_subscriptions(0).await;
    until_count(&app, "watches", 1).await;
    let last = app.comment(&ada, &post, None).await;
    assert_eq!(here.event("c").await["commentAdded"]["id"], last.id);
}

#[tokio::test]
async fn what_nobody_watches_is_not_notified() {
    let (app, _anon) = TestApp::alone().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (quiet, watched) = (app.post(&ada).await, app.post(&ada).await);
    let mut spy = Spy::new(app.database_url()).await;

    all_kinds_of_things(&app, &ada, &bob, &quiet).await;
    assert_eq!(spy.heard().await, HashSet::new(), "nobody listens");

    let mut socket = Socket::of(app.address, bob.token()).await;
    socket.subscribe("c", &comments_of(&watched)).await;
    socket.subscribe("p", &changes_of(&watched)).await;
    app.until_subscriptions(2).await;
    assert_eq!(app.count(LISTENERS).await, 1, "one connection for all of them");
    all_kinds_of_things(&app, &ada, &bob, &quiet).await;
    assert_eq!(spy.heard().await, HashSet::new(), "nobody listens to that");

    app.voted(&bob, &watched, 1).await;
    assert_eq!(spy.heard().await, HashSet::from([format!("post {}", watched.key)]));
    let said = app.comment(&bob, &watched, None).await;
    let comment = format!("comments {} {}", watched.key, said.key);
    assert_eq!(spy.heard().await, HashSet::from([format!("post {}", watched.key), comment]));

    socket.say(json!({ "type": "complete", "id": "p" })).await;
    app.until_subscriptions(1).await;
    until_count(&app, "watches", 1).await;
    app.sql("DELETE FROM votes").await;
    assert_eq!(spy.heard().await, HashSet::new(), "nobody listens to votes any more");
    drop(socket);
    until_count(&app, "watches", 0).await;
    until_count(&app, LISTENERS, 0).await;
    all_kinds_of_things(&app, &ada, &bob, &watched).await;
    assert_eq!(spy.heard().await, HashSet::new(), "nobody listens any more");
}

async fn all_kinds_of_things(app: &TestApp, ada: &TestUser, bob: &TestUser, post: &Made) {
    app.voted(bob, post, 1).await;
    app.comment(bob, post, None).await;
    app.post(ada).await;
    app.sql(&format!(
        "UPDATE posts SET title = 'New' WHERE id = '{key}'; DELETE FROM votes;
         DELETE FROM comments WHERE post_id = '{key}'",
        key = post.key
    ))
    .await;
}

/// Somebody else who listens on the channel.
struct Spy {
    client: tokio_postgres::Client,
    heard: tokio::sync::mpsc::UnboundedReceiver<String>,
}

impl Spy {
    async fn new(url: &str) -> Self {
        let (client, mut connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        let (sender, heard) = tokio::sync::mpsc::unbounded_channel();
        let messages =
            futures_util::stream::poll_fn(move |context| connection.poll_message(context));
        tokio::spawn(messages.for_each(move |message| {
            if let Ok(AsyncMessage::Notification(notice)) = message {
                let _nobody_asks = sender.send(notice.payload().to_owned());
            }
            std::future::ready(())
        }));
        client.batch_execute("LISTEN rookery").await.unwrap();
        Self { client, heard }
    }

    /// All that came since last time: whatever is committed arrives before the answer.
    async fn heard(&mut self) -> HashSet<String> {
        self.client.batch_execute("NOTIFY rookery, 'so far'").await.unwrap();
        let mut all = HashSet::new();
        loop {
            match self.heard.recv().await.unwrap() {
                last if last == "so far" => return all,
                notice => all.insert(notice),
            };
        }
    }
}

#[tokio::test]
async fn a_lost_connection_is_replaced_and_what_may_have_been_missed_is_told() {
    let (app, anon) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let mut follower = Socket::introduced(app.address).await;
    follower.subscribe("p", &changes_of(&post)).await;
    let mut reader = Socket::introduced(app.address).await;
    reader.subscribe("c", &comments_of(&post)).await;
    let mut stream = Events::of(&anon, &comments_of(&post)).await;
    app.until_subscriptions(3).await;

    // The lock keeps the listener from watching again before that happened of which it hears nothing.
    app.sql(&format!(
        "BEGIN; LOCK TABLE watches; SELECT pg_terminate_backend(pid, 5000) FROM {LISTENERS};
         INSERT INTO votes (post_id, user_id, value) VALUES ('{}', '{}', 1); COMMIT",
        post.key, ada.key
    ))
    .await;
    assert_eq!(follower.event("p").await["postChanged"]["score"], 1, "how it stands now");
    assert_eq!(reader.close_code().await, 1012, "so that the client subscribes anew");
    assert_eq!(stream.hear().await, Heard::Closed, "without having been completed");
    until_count(&app, LISTENERS, 1).await;
    app.sql("DELETE FROM votes").await;
    assert_eq!(follower.event("p").await["postChanged"]["score"], 0);
    app.until_subscriptions(1).await;
}

#[tokio::test]
async fn watches_of_servers_that_were_killed_are_swept_up() {
    let (app, _anon) = TestApp::init().await;
    let post = app.post(&app.user("ada").await).await;
    let mut socket = Socket::introduced(app.address).await;
    socket.subscribe("p", &changes_of(&post)).await;
    app.until_subscriptions(1).await;
    app.sql("INSERT INTO watches SELECT kind, key, 2000000000 FROM watches").await;
    assert_eq!(housekeeping::sweep(&app.db()).await.unwrap(), 1);
    assert_eq!(app.count("watches").await, 1, "that of the living stays");
}
