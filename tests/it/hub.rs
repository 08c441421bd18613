//! Answers that are made once for many, and what makes them the same.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, future::BoxFuture};
use rookery::{
    auth::Viewer,
    db::watch::{Happening, Topic},
    graphql::sameness::SAME,
    realtime::{End, Hangup, Selection, Subscription, Told, Wanted},
};
use serde_json::json;
use tokio::{sync::Semaphore, time::timeout};
use tokio_postgres::Client;

use crate::support::{app::TestApp, socket::Socket};

/// Counts the answers that are made.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Selection for Counting {
    fn answer(&self, _: Happening, _: Option<Viewer>) -> BoxFuture<'_, Option<Bytes>> {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Box::pin(std::future::ready(Some(Bytes::from(count.to_string()))))
    }
}

async fn next(member: &mut Subscription) -> Option<Told> {
    timeout(Duration::from_secs(5), member.next()).await.expect("something to be told")
}

#[tokio::test]
async fn an_answer_is_made_once_for_all_who_get_the_same() {
    let (app, _anon) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let viewer = Viewer { user_id: ada.key, session_id: ada.session };
    let made = [Arc::new(Counting::default()), Arc::new(Counting::default())];
    let mut members = Vec::new();
    for n in 0..100 {
        let wanted = Wanted {
            topic: Topic::Post(post.key),
            group: [n % 2; 32],
            selection: made[usize::from(n % 2)].clone(),
            viewer: (n < 50).then_some(viewer),
            hangup: Hangup::default(),
        };
        members.push(app.parts().hub.join(wanted).await.unwrap());
    }
    for answer in ["1", "2"] {
        app.sql("UPDATE posts SET title = 'New'").await;
        for member in &mut members {
            assert_eq!(next(member).await, Some(Told::Answer(answer.into())));
        }
    }
    assert!(made.iter().all(|made| made.0.load(Ordering::Relaxed) == 2), "one each for 50");
    app.sql("DELETE FROM sessions; UPDATE posts SET visibility = 'private'").await;
    for (n, member) in members.iter_mut().enumerate() {
        let why = if n < 50 { End::LoggedOut } else { End::Done };
        assert_eq!(next(member).await, Some(Told::End(why)));
        assert_eq!(next(member).await, None);
    }
    assert_eq!(app.subscriptions(), 0);
}

/// Takes the post from the public while its answer is made, which is made of what it is then.
struct Withdrawn(Client, AtomicUsize);

impl Selection for Withdrawn {
    fn answer(&self, _: Happening, _: Option<Viewer>) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(async {
            if self.1.fetch_add(1, Ordering::Relaxed) == 0 {
                let withdraw = "UPDATE posts SET visibility = 'private', title = 'Secret'";
                self.0.execute(withdraw, &[]).await.unwrap();
            }
            Some("Secret".into())
        })
    }
}

#[tokio::test]
async fn nobody_is_told_what_a_post_became_that_was_taken_from_them_meanwhile() {
    let (app, _anon) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let owner = Viewer { user_id: ada.key, session_id: ada.session };
    let selection = Arc::new(Withdrawn(app.database().await, AtomicUsize::default()));
    let join = async |viewer| {
        let wanted = Wanted {
            topic: Topic::Post(post.key),
            group: [0; 32],
            selection: selection.clone(),
            viewer,
            hangup: Hangup::default(),
        };
        app.parts().hub.join(wanted).await.unwrap()
    };
    let (mut owner, mut stranger) = (join(Some(owner)).await, join(None).await);
    app.sql("UPDATE posts SET title = 'New'").await;
    assert_eq!(next(&mut owner).await, Some(Told::Answer("Secret".into())));
    assert_eq!(next(&mut stranger).await, Some(Told::End(End::Done)));
}

/// Its answers are made when they are let go on, and not before.
struct Held(Semaphore);

impl Selection for Held {
    fn answer(&self, _: Happening, _: Option<Viewer>) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(async {
            self.0.acquire().await.unwrap().forget();
            Some("said".into())
        })
    }
}

#[tokio::test]
async fn who_comes_while_a_room_cannot_keep_up_is_told_that_they_missed_something() {
    let (app, _anon) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let (post, other) = (app.post(&ada).await, app.post(&ada).await);
    let join = async |topic, selection| {
        let (group, hangup) = ([0; 32], Hangup::default());
        let wanted = Wanted { topic, group, selection, viewer: None, hangup };
        app.parts().hub.join(wanted).await.unwrap()
    };
    let held = Arc::new(Held(Semaphore::new(0)));
    let mut elsewhere = join(Topic::Post(other.key), Arc::new(Counting::default())).await;
    let mut first = join(Topic::Comments(post.key), held.clone()).await;
    // Whatever was told before is in its room when the other post is told of.
    let mut comments = async |count: i32| {
        app.sql(&format!(
            "INSERT INTO comments (id, post_id, author_id, content)
             SELECT gen_random_uuid(), '{}', '{}', 'said' FROM generate_series(1, {count});
             UPDATE posts SET title = title || '!' WHERE id = '{}'",
            post.key, ada.key, other.key
        ))
        .await;
        assert!(matches!(next(&mut elsewhere).await, Some(Told::Answer(_))));
    };
    comments(1).await;
    comments(1_200).await;
    let mut second = join(Topic::Comments(post.key), held.clone()).await;
    comments(1).await;
    held.0.add_permits(10_000);
    assert_eq!(next(&mut first).await, Some(Told::Answer("said".into())));
    assert_eq!(next(&mut first).await, Some(Told::End(End::Missed)));
    assert_eq!(next(&mut second).await, Some(Told::End(End::Missed)));
}

#[tokio::test]
async fn what_is_the_same_for_all_is_the_same() {
    let (app, anon) = TestApp::init().await;
    let (owner, reader, admin) =
        (app.user("owner").await, app.user("reader").await, app.admin("root").await);
    let post = app.post(&owner).await;
    app.comment(&reader, &post, None).await;
    app.voted(&reader, &post, 1).await;
    let fields = |name: &str| {
        let (_, fields) = SAME.iter().find(|(known, _)| *known == name).unwrap();
        let own = fields.iter().filter(|field| !["owner", "author", "post"].contains(field));
        own.copied().collect::<Vec<_>>().join(" ")
    };
    let (posts, comments, users) = (fields("Post"), fields("Comment"), fields("User"));
    let document = format!(
        "{{ post(id: \"{}\") {{ {posts} owner {{ {users} }}
            comments {{ nodes {{ {comments} author {{ {users} }} post {{ {posts} }} }} }} }} }}",
        post.id
    );
    let expected = anon.query(&document, json!({})).await;
    assert!(expected.data("/post/comments/nodes/0/author/username").is_string());
    for viewer in [&owner, &reader, &admin] {
        assert_eq!(viewer.query(&document, json!({})).await.json, expected.json);
    }
}

#[tokio::test]
async fn an_event_takes_as_many_statements_for_many_as_for_few() {
    let (app, anon) = TestApp::init().await;
    app.note_statements().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let document = format!(
        "subscription {{ commentAdded(postId: \"{}\") {{
            content author {{ username }} post {{ title score owner {{ username }} }} }} }}",
        post.id
    );
    // Opens all shared connections, which is not to be counted.
    for _ in 0..2 {
        assert_eq!(
            anon.query(&format!("{{ post(id: \"{}\") {{ id }} }}", post.id), json!({}))
                .await
                .code(),
            None
        );
        assert_eq!(anon.query("{ users { nodes { id } } }", json!({})).await.code(), None);
    }
    let mut sockets = Vec::new();
    let mut taken = Vec::new();
    for people in [1, 5] {
        for n in 0..people {
            let user = app.user(&format!("reader_{people}_{n}")).await;
            let [mut known, mut stranger] = [
                Socket::of(app.address, user.token()).await,
                Socket::introduced(app.address).await,
            ];
            known.subscribe("c", &document).await;
            stranger.subscribe("c", &document).await;
            sockets.extend([known, stranger]);
        }
        app.until_subscriptions(sockets.len()).await;
        let before = app.sent("").await;
        app.comment(&ada, &post, None).await;
        for socket in &mut sockets {
            assert_eq!(socket.event("c").await["commentAdded"]["author"]["username"], "ada");
        }
        taken.push(app.sent("").await - before);
    }
    // What a stranger sees, and all others; the comment, its post, both people at once, the score.
    assert_eq!(taken, [8, 8]);
}
