//! Subscriptions: what is told, to whom, and what is not.

use rookery::id::{CommentKind, Id, PostKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    app::TestApp,
    socket::Socket,
    user::TestUser,
    world::{Made, Seen},
};

/// What everybody may select and gets alike.
fn comments_of(post: &Made) -> String {
    format!(
        "subscription {{ commentAdded(postId: \"{}\") {{ id content author {{ username }} }} }}",
        post.id
    )
}

fn changes_of(post: &Made) -> String {
    format!(
        "subscription {{ postChanged(postId: \"{}\") {{ title score commentCount }} }}",
        post.id
    )
}

const FEED: &str = "subscription { feedPostAdded { id title owner { username } } }";

async fn socket_of(app: &TestApp, user: &TestUser) -> Socket {
    Socket::of(app.address, user.token()).await
}

/// That nothing comes under this id before the answer of a query that is asked now.
async fn assert_silent(socket: &mut Socket) {
    socket.subscribe("silence", "{ __typename }").await;
    let heard = socket.hear().await;
    assert_eq!(heard["id"], "silence", "{heard}");
    assert_eq!(socket.hear().await["type"], "complete");
}

#[tokio::test]
async fn comments_are_told_to_those_who_see_them() {
    let (app, _anon) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    let post = app.post(&ada).await;
    let (mut adas, mut eves) = (socket_of(&app, &ada).await, socket_of(&app, &eve).await);
    let mut strangers = Socket::introduced(app.address).await;
    for socket in [&mut adas, &mut eves, &mut strangers] {
        socket.subscribe("c", &comments_of(&post)).await;
    }
    app.until_subscriptions(3).await;

    let comment = "mutation ($input: CommentInput!) { comment(input: $input) { comment { id } } }";
    let input = json!({ "postId": post.id, "content": "Well said." });
    let made = bob.query(comment, json!({ "input": input })).await;
    let id = made.data("/comment/comment/id");
    let expected = json!({ "commentAdded": {
        "id": id, "content": "Well said.", "author": { "username": "bob" } } });
    for socket in [&mut adas, &mut eves, &mut strangers] {
        assert_eq!(socket.event("c").await, expected);
    }

    app.blocked(&bob, &eve).await;
    app.muted(&ada, &bob).await;
    let second = app.comment(&bob, &post, None).await;
    assert_eq!(strangers.event("c").await["commentAdded"]["id"], second.id);
    let answer = app.comment(&ada, &post, Some(&second)).await;
    assert_eq!(strangers.event("c").await["commentAdded"]["id"], answer.id);
    let third = app.comment(&ada, &post, None).await;
    for socket in [&mut adas, &mut eves, &mut strangers] {
        let told = socket.event("c").await["commentAdded"]["id"].clone();
        assert_eq!(told, third.id, "nothing of whom one blocked or muted, nor what answers it");
    }
}

#[tokio::test]
async fn changes_of_a_post_are_told_once_a_transaction() {
    let (app, _anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (post, other) = (app.post(&ada).await, app.post(&ada).await);
    let mut socket = Socket::introduced(app.address).await;
    socket.subscribe("p", &changes_of(&post)).await;
    app.until_subscriptions(1).await;
    let told = |title: &str, score: i32, comments: i32| json!({ "postChanged": { "title": title, "score": score, "commentCount": comments } });

    let vote = "mutation ($input: VoteInput!) { vote(input: $input) { post { score } } }";
    for (post, score) in [(&other, 1), (&post, 1)] {
        let input = json!({ "postId": post.id, "direction": "UP" });
        let answer = bob.query(vote, json!({ "input": input })).await;
        assert_eq!(answer.data("/vote/post/score"), score);
    }
    assert_eq!(socket.event("p").await, told("title", 1, 0));

    app.comment(&bob, &post, None).await;
    assert_eq!(socket.event("p").await, told("title", 1, 1));

    let update = "mutation ($input: UpdatePostInput!) {
        updatePost(input: $input) { userErrors { code } } }";
    ada.query(update, json!({ "input": { "id": post.id, "title": "New" } })).await;
    assert_eq!(socket.event("p").await, told("New", 1, 1));

    // One transaction with many changes, one that is taken back, and one in which nothing changes.
    app.sql(&format!(
        "BEGIN; DELETE FROM votes; UPDATE posts SET title = 'Newer'; DELETE FROM comments; COMMIT;
         BEGIN; UPDATE posts SET title = 'Never' WHERE id = '{}'; ROLLBACK",
        post.key
    ))
    .await;
    assert_eq!(socket.event("p").await, told("Newer", 0, 0));
    assert_silent(&mut socket).await;
}

#[tokio::test]
async fn the_viewers_own_view_is_told_to_each() {
    let (app, _anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let document = format!(
        "subscription {{ postChanged(postId: \"{}\") {{ viewerVote viewerCanUpdate }} }}",
        post.id
    );
    let (mut adas, mut bobs) = (socket_of(&app, &ada).await, socket_of(&app, &bob).await);
    adas.subscribe("p", &document).await;
    bobs.subscribe("p", &document).await;
    app.until_subscriptions(2).await;
    app.voted(&bob, &post, -1).await;
    let view =
        |vote, update| json!({ "postChanged": { "viewerVote": vote, "viewerCanUpdate": update } });
    assert_eq!(adas.event("p").await, view("NONE", true));
    assert_eq!(bobs.event("p").await, view("DOWN", false));
}

/// Where no public address is set, pictures are where the client spoke to, and nobody is told of
/// another's.
#[tokio::test]
async fn pictures_are_told_where_each_client_knows_the_server() {
    let (app, _anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    app.sql(
        "INSERT INTO images (name, owner_id) VALUES (repeat('a', 52), gen_random_uuid());
         UPDATE posts SET image = repeat('a', 52) || ' 4 3 jpg AAAA'",
    )
    .await;
    let document =
        format!("subscription {{ postChanged(postId: \"{}\") {{ imageUrl }} }}", post.id);
    let mut sockets = Vec::new();
    for host in ["one.example", "two.example:8000"] {
        let mut socket = Socket::open_with(app.address, "host", host).await.unwrap();
        socket.say(json!({ "type": "connection_init" })).await;
        socket.hear().await;
        socket.subscribe("p", &document).await;
        sockets.push((host, socket));
    }
    app.until_subscriptions(2).await;
    app.sql("UPDATE posts SET title = 'New'").await;
    for (host, mut socket) in sockets {
        let told = socket.event("p").await;
        let url = told["postChanged"]["imageUrl"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("http://{host}/media/")), "{url}");
    }
}

#[tokio::test]
async fn feeds_are_told_what_they_gain() {
    let (app, _anon) = TestApp::init().await;
    let (ada, fan, eve) = (app.user("ada").await, app.user("fan").await, app.user("eve").await);
    app.followed(&fan, &ada).await;
    let mut sockets = Vec::new();
    for user in [&ada, &fan, &eve] {
        let mut socket = socket_of(&app, user).await;
        socket.subscribe("f", FEED).await;
        sockets.push(socket);
    }
    app.until_subscriptions(3).await;
    let [adas, fans, eves] = &mut sockets[..] else { unreachable!() };
    let told = async |socket: &mut Socket| socket.event("f").await["feedPostAdded"]["id"].clone();

    let public = app.post(&ada).await;
    let followers = app.post_seen(&ada, Seen::Followers).await;
    for post in [&public, &followers] {
        assert_eq!(told(adas).await, post.id);
        assert_eq!(told(fans).await, post.id);
    }
    let private = app.post_seen(&ada, Seen::Private).await;
    assert_eq!(told(adas).await, private.id);
    app.sql(&format!("UPDATE posts SET visibility = 'public' WHERE id = '{}'", private.key)).await;
    assert_eq!(told(fans).await, private.id, "its followers gain it later than its owner");
    let draft = app.post_seen(&ada, Seen::Draft).await;
    app.sql(&format!("UPDATE posts SET title = 'Still a draft' WHERE id = '{}'", draft.key)).await;
    app.sql(&format!("UPDATE posts SET published = true WHERE id = '{}'", draft.key)).await;
    assert_eq!((told(adas).await, told(fans).await), (json!(draft.id), json!(draft.id)));

    app.muted(&fan, &ada).await;
    let unheard = app.post(&ada).await;
    assert_eq!(told(adas).await, unheard.id);
    let own = app.post(&eve).await;
    assert_eq!(told(eves).await, own.id, "nothing of whom she does not follow");
    for socket in [adas, fans, eves] {
        assert_silent(socket).await;
    }
}

#[tokio::test]
async fn what_may_not_be_followed_is_refused() {
    let (app, _anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let hidden = app.post_seen(&ada, Seen::Private).await;
    let nothing = Made { key: Uuid::nil(), id: Id::<PostKind>::from(Uuid::now_v7()).to_string() };
    let wrong = Made { key: Uuid::nil(), id: Id::<CommentKind>::from(Uuid::nil()).to_string() };
    let (mut bobs, mut strangers) =
        (socket_of(&app, &bob).await, Socket::introduced(app.address).await);
    for (post, code) in
        [(&hidden, "NOT_FOUND"), (&nothing, "NOT_FOUND"), (&wrong, "BAD_USER_INPUT")]
    {
        for document in [comments_of(post), changes_of(post)] {
            for socket in [&mut bobs, &mut strangers] {
                assert_refused(socket, &document, code).await;
            }
        }
    }
    for left_out in [
        "subscription { feedPostAdded @include(if: false) { id } }",
        "subscription { ... @skip(if: true) { feedPostAdded { id } } }",
    ] {
        assert_refused(&mut bobs, left_out, "BAD_USER_INPUT").await;
    }
    assert_refused(&mut strangers, FEED, "UNAUTHENTICATED").await;
    let two = "subscription { feedPostAdded { id } again: feedPostAdded { id } }";
    assert_refused(&mut bobs, two, "GRAPHQL_VALIDATION_FAILED").await;
    let lists = "first: 100) { nodes { comments(first: 100) { totalCount } } }";
    let large = format!(
        "subscription {{ feedPostAdded {{ voters(first: 100) {{ nodes {{ posts({lists} }} }} }} }}"
    );
    assert_refused(&mut bobs, &large, "QUERY_TOO_COMPLEX").await;
    app.sql("DELETE FROM sessions").await;
    for document in [FEED, &comments_of(&nothing)] {
        assert_refused(&mut bobs, document, "UNAUTHENTICATED").await;
    }
    assert_eq!(app.subscriptions(), 0);
}

async fn assert_refused(socket: &mut Socket, document: &str, code: &str) {
    socket.subscribe("r", document).await;
    let refused = socket.hear().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("r")), "{refused}");
    assert_eq!(refused["payload"][0]["extensions"]["code"], code, "{document}: {refused}");
    assert_eq!(refused["payload"][0].get("path"), None::<&Value>, "{refused}");
}

#[tokio::test]
async fn a_subscription_ends_with_what_it_waits_for() {
    let (app, _anon) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    let posts = [app.post(&ada).await, app.post(&ada).await, app.post(&ada).await];
    let [turned, deleted, suspended] = &posts;
    let (mut adas, mut bobs) = (socket_of(&app, &ada).await, socket_of(&app, &bob).await);
    for socket in [&mut adas, &mut bobs] {
        for (n, post) in posts.iter().enumerate() {
            socket.subscribe(&format!("c{n}"), &comments_of(post)).await;
            socket.subscribe(&format!("p{n}"), &changes_of(post)).await;
        }
    }
    app.until_subscriptions(12).await;

    app.sql(&format!("UPDATE posts SET visibility = 'private' WHERE id = '{}'", turned.key)).await;
    assert_both_over(&mut bobs, 0).await;
    assert_eq!(adas.event("p0").await["postChanged"]["score"], 0, "its owner goes on");
    app.until_subscriptions(10).await;

    app.sql(&format!("DELETE FROM posts WHERE id = '{}'", deleted.key)).await;
    assert_both_over(&mut bobs, 1).await;
    assert_both_over(&mut adas, 1).await;

    // Blocked, and told at the next event.
    app.blocked(&ada, &bob).await;
    app.comment(&eve, suspended, None).await;
    assert_both_over(&mut bobs, 2).await;
    assert_silent(&mut bobs).await;
    app.until_subscriptions(4).await;
    let mut heard = [adas.hear().await, adas.hear().await];
    heard.sort_by_key(|message| message["id"].to_string());
    assert_eq!((&heard[0]["id"], &heard[1]["id"]), (&json!("c2"), &json!("p2")));

    // A session that has ended, by a suspension of all things.
    app.suspend(&ada).await;
    let mut ended = Vec::new();
    while ended.len() < 4 {
        let message = adas.hear().await;
        assert_eq!(message["type"], "error", "{message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
        ended.push(message["id"].as_str().unwrap().to_owned());
    }
    ended.sort();
    assert_eq!(ended, ["c0", "c2", "p0", "p2"]);
    app.until_subscriptions(0).await;
}

async fn assert_both_over(socket: &mut Socket, n: usize) {
    let mut heard = [socket.hear().await, socket.hear().await];
    heard.sort_by_key(|message| message["id"].to_string());
    for (message, id) in heard.iter().zip([format!("c{n}"), format!("p{n}")]) {
        assert_eq!(*message, json!({ "type": "complete", "id": id }));
    }
}
