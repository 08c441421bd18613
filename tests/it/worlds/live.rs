//! What is told live: everybody subscribes to everything, things happen, and each hears what the
//! model says that they see, and nothing else.

use std::{collections::BTreeSet, time::Duration};

use rand::RngExt;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    model::{Comment, Post, Viewer, World},
    paths::{comment_id, post_id, user_id},
    random::{Maker, unix_now},
};
use crate::support::{app::TestApp, client::Client, socket::Socket};

const HAPPENINGS: usize = 10;
const FEED: &str = "feedPostAdded";

/// Somebody who subscribed to all posts that they see, and to their feed.
struct Listener {
    viewer: Viewer,
    socket: Socket,
    posts: BTreeSet<Uuid>,
}

/// What a listener hears under which id.
type Heard = (String, Value);

impl Listener {
    async fn new(app: &TestApp, world: &World, viewer: Viewer, client: &Client) -> Self {
        let mut socket = match viewer {
            Some(_) => Socket::of(app.address, client.token()).await,
            None => Socket::introduced(app.address).await,
        };
        let mut refused = BTreeSet::new();
        for post in world.posts.keys() {
            let id = post_id(*post);
            for (field, select) in
                [("postChanged", "id commentCount"), ("commentAdded", "id author { id }")]
            {
                let document =
                    format!("subscription {{ {field}(postId: \"{id}\") {{ {select} }} }}");
                let name = format!("{field} {id}");
                socket.subscribe(&name, &document).await;
                if !world.sees_post(viewer, *post) {
                    refused.insert(name);
                }
            }
        }
        socket.subscribe(FEED, "subscription { feedPostAdded { id owner { id } } }").await;
        refused.extend(viewer.is_none().then(|| FEED.to_owned()));
        let mut found = BTreeSet::new();
        for _ in &refused {
            let message = socket.hear().await;
            assert_eq!(message["type"], "error", "{message}");
            found.insert(message["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(found, refused, "{viewer:?}");
        let seen = world.posts.keys().copied().filter(|post| world.sees_post(viewer, *post));
        Self { viewer, socket, posts: seen.collect() }
    }

    fn subscriptions(&self) -> usize {
        2 * self.posts.len() + usize::from(self.viewer.is_some())
    }

    async fn assert_hears(&mut self, mut expected: Vec<Heard>, what: &str) {
        let mut heard = Vec::new();
        for _ in &expected {
            let message = self.socket.hear().await;
            let id = message["id"].as_str().unwrap().to_owned();
            let told = if message["type"] == "complete" {
                Value::Null
            } else {
                message["payload"]["data"].clone()
            };
            heard.push((id, told));
        }
        let key = |(id, told): &Heard| format!("{id} {told}");
        heard.sort_by_key(key);
        expected.sort_by_key(key);
        assert_eq!(heard, expected, "{what}, {:?}", self.viewer.map(user_id));
    }
}

/// What happened, as far as it concerns listeners.
enum Happening {
    /// A post was edited, or it is seen by others now.
    Changed(Uuid),
    Said(Uuid),
    /// A post is out.
    Published(Uuid),
}

impl Happening {
    /// What this one hears of it.
    fn told_to(&self, world: &World, listener: &mut Listener) -> Vec<Heard> {
        let viewer = listener.viewer;
        let mut told = Vec::new();
        let post = match self {
            Self::Changed(post) | Self::Published(post) => *post,
            Self::Said(comment) => world.comments[comment].post,
        };
        let id = post_id(post);
        if listener.posts.contains(&post) {
            if world.sees_post(viewer, post) {
                let count = world.comment_count(post);
                let changed = json!({ "postChanged": { "id": id, "commentCount": count } });
                told.push((format!("postChanged {id}"), changed));
            } else {
                // There is nothing to wait for any more.
                listener.posts.remove(&post);
                let ended = ["postChanged", "commentAdded"];
                return ended.map(|field| (format!("{field} {id}"), Value::Null)).to_vec();
            }
            if let Self::Said(comment) = self
                && let Some(author) = world.comments[comment].author
                && world.sees_comment(viewer, *comment)
                && !world.mutes(viewer, author)
            {
                let said =
                    json!({ "id": comment_id(*comment), "author": { "id": user_id(author) } });
                told.push((format!("commentAdded {id}"), json!({ "commentAdded": said })));
            }
        }
        if let (Self::Published(_), Some(user)) = (self, viewer)
            && world.feed(user).contains(&post)
        {
            let owner = json!({ "id": user_id(world.posts[&post].owner) });
            told.push((FEED.to_owned(), json!({ FEED: { "id": id, "owner": owner } })));
        }
        told
    }
}

/// Lets something happen, in the model and in SQL.
fn happen(maker: &mut Maker) -> Option<(Happening, String)> {
    let standing = |(id, user): (&Uuid, &super::model::User)| (!user.suspended).then_some(*id);
    let people: Vec<Uuid> = maker.world.users.iter().filter_map(standing).collect();
    let posts: Vec<Uuid> = maker.world.posts.keys().copied().collect();
    let drafts = maker.world.posts.iter().filter(|(_, post)| !post.published).map(|(id, _)| *id);
    let drafts: Vec<Uuid> = drafts.collect();
    let (author, post) = (maker.pick(people.into_iter())?, maker.pick(posts.into_iter())?);
    Some(match maker.rng.random_range(0..10) {
        0..5 => {
            let id = maker.key();
            let comment = Comment { post, author: Some(author), reply_to: None };
            maker.world.comments.insert(id, comment);
            let say = format!(
                "INSERT INTO comments (id, post_id, author_id, content)
                 VALUES ('{id}', '{post}', '{author}', 'said')"
            );
            (Happening::Said(id), say)
        }
        5 => {
            maker.world.posts.get_mut(&post).unwrap().word_in_title = false;
            (Happening::Changed(post), format!("UPDATE posts SET title = 'x' WHERE id = '{post}'"))
        }
        6 => {
            maker.world.posts.get_mut(&post).unwrap().visibility = "private";
            let hide = format!("UPDATE posts SET visibility = 'private' WHERE id = '{post}'");
            (Happening::Changed(post), hide)
        }
        7 => {
            let draft = maker.pick(drafts.into_iter())?;
            maker.world.posts.get_mut(&draft).unwrap().published = true;
            let publish = format!("UPDATE posts SET published = true WHERE id = '{draft}'");
            (Happening::Published(draft), publish)
        }
        _ => {
            let (id, visibility) = (maker.key(), maker.visibility());
            let post = Post {
                owner: author,
                published: true,
                visibility,
                word_in_title: false,
                word_in_content: false,
                created: unix_now(),
            };
            maker.world.posts.insert(id, post);
            let write = format!(
                "INSERT INTO posts (id, owner_id, title, content, visibility)
                 VALUES ('{id}', '{author}', 'x', 'x', '{visibility}')"
            );
            (Happening::Published(id), write)
        }
    })
}

/// Lets everybody listen while things happen.
pub async fn check(app: &TestApp, maker: &mut Maker, viewers: &[(Viewer, Client)], seed: u64) {
    let mut listeners = Vec::new();
    for (viewer, client) in viewers {
        // Whose session ended follows nothing.
        if viewer.is_none_or(|user| !maker.world.users[&user].suspended) {
            listeners.push(Listener::new(app, &maker.world, *viewer, client).await);
        }
    }
    app.until_subscriptions(listeners.iter().map(Listener::subscriptions).sum()).await;
    for _ in 0..HAPPENINGS {
        let Some((happening, sql)) = happen(maker) else { continue };
        app.sql(&sql).await;
        for listener in &mut listeners {
            let expected = happening.told_to(&maker.world, listener);
            listener.assert_hears(expected, &format!("WORLD_SEED={seed}, {sql}")).await;
        }
    }
    // What should not have been told would have come by now.
    tokio::time::sleep(Duration::from_millis(20)).await;
    for listener in &mut listeners {
        listener.socket.subscribe("end", "{ __typename }").await;
        let heard = listener.socket.hear().await;
        assert_eq!(heard["id"], "end", "WORLD_SEED={seed}: {heard}");
    }
}
