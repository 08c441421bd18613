//! What mutations answer with: the things that they changed, as the viewer sees them, and nothing of
//! what the viewer does not see.

mod comments;
mod moderation;
mod people;
mod posts;
mod reports;

use rand::RngExt;
use serde_json::{Value, json};
use uuid::Uuid;

use self::reports::{Report, Subject};
use super::{
    model::{Viewer, World},
    paths::{comment_id, post_id, user_id},
    random::Maker,
};
use crate::support::{app::TestApp, client::Client};

const ATTEMPTS: usize = 20;

const USER: &str = "{ id username role isSuspended postCount followerCount followingCount
    viewerIsFollowing isFollowingViewer viewerIsBlocking viewerIsMuting }";
const POST: &str =
    "{ id published visibility score viewerVote commentCount owner { id postCount } }";
const COMMENT: &str = "{ id author { id } post { id commentCount } replyTo { id } replyCount }";

/// Things as they stand in an answer, with the fields above; null where the viewer sees nothing.
impl World {
    fn shown_user(&self, viewer: Viewer, user: Uuid) -> Value {
        if !self.sees_user(viewer, user) {
            return Value::Null;
        }
        let row = &self.users[&user];
        let by_viewer = |pairs: &std::collections::BTreeSet<_>| {
            viewer.is_some_and(|me| pairs.contains(&(me, user)))
        };
        json!({
            "id": user_id(user),
            "username": row.name,
            "role": if row.admin { "ADMIN" } else { "USER" },
            "isSuspended": row.suspended,
            "postCount": self.posts_of(viewer, user).len(),
            "followerCount": self.follow_count(user, false),
            "followingCount": self.follow_count(user, true) as i64 + row.inflated,
            "viewerIsFollowing": self.follows(viewer, user),
            "isFollowingViewer": viewer.is_some_and(|me| self.follows(Some(user), me)),
            "viewerIsBlocking": by_viewer(&self.blocks),
            "viewerIsMuting": by_viewer(&self.mutes),
        })
    }

    fn shown_post(&self, viewer: Viewer, post: Uuid) -> Value {
        if !self.sees_post(viewer, post) {
            return Value::Null;
        }
        let row = &self.posts[&post];
        let vote = viewer.and_then(|viewer| self.votes.get(&(post, viewer)));
        json!({
            "id": post_id(post),
            "published": row.published,
            "visibility": row.visibility.to_uppercase(),
            "score": self.score(post),
            "viewerVote": vote.map_or("NONE", |vote| if vote.value == 1 { "UP" } else { "DOWN" }),
            "commentCount": self.comment_count(post),
            "owner": { "id": user_id(row.owner), "postCount": self.posts_of(viewer, row.owner).len() },
        })
    }

    fn shown_comment(&self, viewer: Viewer, comment: Uuid) -> Value {
        if !self.comments.contains_key(&comment) || !self.sees_comment(viewer, comment) {
            return Value::Null;
        }
        let row = &self.comments[&comment];
        let answered = row.reply_to.filter(|above| self.sees_comment(viewer, *above));
        json!({
            "id": comment_id(comment),
            "author": row.author.map(|author| json!({ "id": user_id(author) })),
            "post": { "id": post_id(row.post), "commentCount": self.comment_count(row.post) },
            "replyTo": answered.map(|above| json!({ "id": comment_id(above) })),
            "replyCount": self.thread(viewer, row.post, Some(comment)).len(),
        })
    }
}

/// Who writes, to whom the answers come.
struct Writer<'a> {
    app: &'a TestApp,
    maker: &'a mut Maker,
    me: Uuid,
    client: &'a Client,
    whose: String,
}

/// Why nothing was done, or what the payload holds beside its errors.
type Expected = Result<Value, &'static str>;

impl Writer<'_> {
    fn viewer(&self) -> Viewer {
        Some(self.me)
    }

    /// Runs a mutation; returns its payload.
    async fn run(&self, field: &str, input: &str, select: &str) -> Value {
        let document = format!(
            "mutation {{ it: {field}(input: {{ {input} }}) {{ {select} userErrors {{ code }} }} }}"
        );
        let answer = self.client.query(&document, json!({})).await;
        assert_eq!(answer.code(), None, "{}: {document}", self.whose);
        answer.data("/it").clone()
    }

    /// Without errors the payload is what is expected; with one nothing but its errors is in it.
    fn assert_payload(&self, what: &str, mut payload: Value, expected: Expected) {
        let errors = payload.as_object_mut().unwrap().remove("userErrors").unwrap();
        match expected {
            Ok(expected) => {
                assert_eq!(errors, json!([]), "{}: {what}", self.whose);
                assert_eq!(payload, expected, "{}: {what}", self.whose);
            }
            Err(code) => {
                assert_eq!(errors, json!([{ "code": code }]), "{}: {what}", self.whose);
                let empty = |value: &Value| value.is_null() || *value == json!([]);
                let nothing = payload.as_object().unwrap().values().all(empty);
                assert!(nothing, "{}: {what}: {payload}", self.whose);
            }
        }
    }

    async fn assert_run(&self, field: &str, input: &str, select: &str, expected: Expected) {
        let payload = self.run(field, input, select).await;
        self.assert_payload(&format!("{field}({input})"), payload, expected);
    }

    async fn attempt(&mut self, reports: &mut Vec<Report>) {
        let world = &self.maker.world;
        let users: Vec<_> = world.users.keys().copied().collect();
        let posts: Vec<_> = world.posts.keys().copied().collect();
        let comments: Vec<_> = world.comments.keys().copied().collect();
        let [user, post, comment] =
            [users, posts, comments].map(|keys| self.maker.pick(keys.into_iter()));
        let user = user.unwrap_or(self.me);
        match (self.maker.rng.random_range(0..22), post, comment) {
            (0, Some(post), _) => self.vote(post).await,
            (1, _, _) => self.create_post().await,
            (2 | 3, Some(post), _) => self.update_post(post).await,
            (4, Some(post), _) => self.delete_post(post).await,
            (5, Some(post), _) => self.comment(post).await,
            (6, _, Some(comment)) => self.update_comment(comment).await,
            (7 | 8, _, Some(comment)) => self.delete_comment(comment).await,
            (9, _, _) => self.follow(user).await,
            (10, _, _) => self.unfollow(user).await,
            (11, _, _) => self.block(user).await,
            (12, _, _) => self.unblock(user).await,
            (13, _, _) => self.mute(user).await,
            (14, _, _) => self.unmute(user).await,
            (15, _, _) => self.update_profile().await,
            (16, _, _) => self.suspend(user).await,
            (17, _, _) => self.restore(user).await,
            (18, _, _) => self.set_role(user).await,
            (19, Some(post), _) => self.report(Subject::Post(post), reports).await,
            (20, _, Some(comment)) => self.report(Subject::Comment(comment), reports).await,
            (21, _, _) if !reports.is_empty() => self.resolve(reports).await,
            _ => self.report(Subject::User(user), reports).await,
        }
    }
}

/// Lets everybody write a little, and everybody look at what was reported.
pub async fn check(app: &TestApp, maker: &mut Maker, viewers: &[(Viewer, Client)], seed: u64) {
    let standing = |world: &World, user: &Uuid| !world.users[user].suspended;
    let mut reports = Vec::new();
    for (viewer, client) in viewers {
        let Some(me) = viewer.filter(|user| standing(&maker.world, user)) else { continue };
        let whose = format!("WORLD_SEED={seed}, viewer {}", user_id(me));
        let mut writer = Writer { app, maker, me, client, whose };
        for _ in 0..ATTEMPTS {
            writer.attempt(&mut reports).await;
        }
    }
    for (viewer, client) in viewers {
        if viewer.is_none_or(|user| standing(&maker.world, &user)) {
            let whose = format!("WORLD_SEED={seed}, viewer {:?}", viewer.map(user_id));
            reports::assert_seen(&reports, &maker.world, *viewer, client, &whose).await;
        }
    }
}
