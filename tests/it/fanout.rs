//! How long one event takes to reach very many subscribers of one process.
//!
//! Small among the other tests, where it only holds that everybody is told. In full size, with the
//! times, which then have a limit:
//!
//! `FANOUT_SUBSCRIBERS=5000 cargo test --release --test it fanout -- --nocapture`
//!
//! `FANOUT_PER_SOCKET=1` gives each subscriber a socket of its own (and needs as many open files).

use std::{
    env,
    io::{Write, stderr},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, future::join_all, stream};
use rookery::auth::Viewer;
use uuid::Uuid;

use crate::support::{app::TestApp, socket::Socket};

const SUBSCRIBERS: &str = "FANOUT_SUBSCRIBERS";
/// How many sockets are opened at once.
const AT_ONCE: usize = 50;
const EVENTS: usize = 5;
/// What the median of a full-sized run may take.
const LIMIT: Duration = Duration::from_millis(250);

fn setting(name: &str, default: usize) -> usize {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_event_reaches_everybody() {
    let subscribers = setting(SUBSCRIBERS, 200);
    let each = setting("FANOUT_PER_SOCKET", 50).min(subscribers);
    let sockets = subscribers / each;
    let (app, _anon) = TestApp::alone_with(&[("MAX_LIVE_CONNECTIONS_PER_ADDRESS", "100000")]).await;
    let post = app.post(&app.user("ada").await).await;
    let tokens = crowd(&app, sockets / 2).await;
    let document = format!(
        "subscription {{ postChanged(postId: \"{}\") {{ title score owner {{ username }} }} }}",
        post.id
    );
    let open = (0..sockets).map(async |n| {
        // Half of them are strangers.
        let mut socket = match tokens.get(n) {
            Some(token) => Socket::of(app.address, token).await,
            None => Socket::introduced(app.address).await,
        };
        for id in 0..each {
            socket.subscribe(&id.to_string(), &document).await;
        }
        socket
    });
    let mut sockets: Vec<Socket> = stream::iter(open).buffer_unordered(AT_ONCE).collect().await;
    app.until_subscriptions(sockets.len() * each).await;

    let database = app.shared().await;
    let mut times = Vec::new();
    for score in 1..=EVENTS {
        let vote = format!("UPDATE post_stats SET upvotes = {score}");
        let began = Instant::now();
        let heard = sockets.into_iter().map(|mut socket| {
            tokio::spawn(async move {
                for _ in 0..each {
                    let message = socket.hear().await;
                    let post = &message["payload"]["data"]["postChanged"];
                    assert_eq!(post["score"], score, "{message}");
                }
                socket
            })
        });
        let heard: Vec<_> = heard.collect();
        database.batch_execute(&vote).await.unwrap();
        let back = join_all(heard).await;
        times.push(began.elapsed());
        sockets = back.into_iter().map(Result::unwrap).collect();
    }
    times.sort_unstable();
    let median = times[EVENTS / 2];
    if env::var_os(SUBSCRIBERS).is_some() {
        let _unread = writeln!(stderr(), "{} subscribers: {times:?}", sockets.len() * each);
        assert!(median < LIMIT, "{median:?}");
    }
}

/// So many people, logged in: their access tokens.
async fn crowd(app: &TestApp, size: usize) -> Vec<String> {
    let people: Vec<Viewer> =
        (0..size).map(|_| Viewer { user_id: Uuid::now_v7(), session_id: Uuid::now_v7() }).collect();
    let rows: String = people
        .iter()
        .enumerate()
        .map(|(n, Viewer { user_id, session_id })| {
            format!(
                "INSERT INTO users (id, username, email, password_hash)
                 VALUES ('{user_id}', 'reader_{n}', 'reader_{n}@example.com', 'x');
                 INSERT INTO sessions (id, user_id, idle_expires_at, expires_at)
                 VALUES ('{session_id}', '{user_id}', now() + '1 day', now() + '1 day');"
            )
        })
        .collect();
    app.sql(&rows).await;
    people.into_iter().map(|viewer| app.tokens().issue(viewer).unwrap()).collect()
}
