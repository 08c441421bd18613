//! Who may follow what live.

use serde_json::json;

use super::World;
use crate::support::{socket::Socket, world::Seen};

/// Who may follow a post that is seen by these: a stranger who is not logged in, somebody who is, a
/// follower of its owner, the owner, an admin.
const FOLLOWED: &[(Seen, [bool; 5])] = &[
    (Seen::Public, [true, true, true, true, true]),
    (Seen::Followers, [false, false, true, true, true]),
    (Seen::Private, [false, false, false, true, false]),
    (Seen::Draft, [false, false, false, true, false]),
];

/// What can be followed live: what there is of a post, and the feed.
const OF_A_POST: [&str; 2] = ["postChanged", "commentAdded"];
const FEED: &str = "feedPostAdded";
pub(super) const FIELDS: [&str; 3] = [OF_A_POST[0], OF_A_POST[1], FEED];

#[tokio::test]
async fn everybody_may_follow_what_the_matrix_says_and_no_more() {
    let world = World::new().await;
    let World { app, stranger, owner, admin, suspended, target, .. } = &world;
    app.followed(target, owner).await;
    let mut refused = Socket::open(app.address).await;
    let payload = json!({ "Authorization": format!("Bearer {}", suspended.token()) });
    refused.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(refused.close_code().await, 4403);
    let late = app.user("suspended_later").await;
    let mut suspended = Socket::of(app.address, late.token()).await;
    app.suspend(&late).await;
    let mut sockets = vec![Socket::introduced(app.address).await];
    for user in [stranger, target, owner, admin] {
        sockets.push(Socket::of(app.address, user.token()).await);
    }
    let mut begun = 0;
    for (seen, may) in FOLLOWED {
        let post = app.post_seen(owner, *seen).await;
        for field in OF_A_POST {
            let id = format!("{field} of {seen:?}");
            let document = format!("subscription {{ {field}(postId: \"{}\") {{ id }} }}", post.id);
            assert_eq!(refusal(&mut suspended, &id, &document).await, "UNAUTHENTICATED");
            for (socket, may) in sockets.iter_mut().zip(may) {
                if *may {
                    socket.subscribe(&id, &document).await;
                    begun += 1;
                } else {
                    assert_eq!(refusal(socket, &id, &document).await, "NOT_FOUND", "{id}");
                }
            }
        }
        app.until_subscriptions(begun).await;
        app.comment(owner, &post, None).await;
        for (socket, _) in sockets.iter_mut().zip(may).filter(|(_, may)| **may) {
            let mut told = [socket.hear().await, socket.hear().await];
            told.sort_by_key(|message| message["id"].to_string());
            assert!(!told[0]["payload"]["data"]["commentAdded"]["id"].is_null(), "{told:?}");
            assert_eq!(told[1]["payload"]["data"]["postChanged"]["id"], post.id, "{told:?}");
        }
    }
    let feed = &format!("subscription {{ {FEED} {{ id }} }}");
    assert_eq!(refusal(&mut suspended, "feed", feed).await, "UNAUTHENTICATED");
    assert_eq!(refusal(&mut sockets[0], "feed", feed).await, "UNAUTHENTICATED");
    for socket in &mut sockets[1..] {
        socket.subscribe("feed", feed).await;
    }
    app.until_subscriptions(begun + 4).await;
}

/// The code with which a subscription is refused.
async fn refusal(socket: &mut Socket, id: &str, document: &str) -> String {
    socket.subscribe(id, document).await;
    let refused = socket.hear().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!(id)), "{refused}");
    refused["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned()
}
