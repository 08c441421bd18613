//! What mutations answer with: the things that they changed, as the viewer sees them, and nothing of
//! what the viewer does not see.

use rand::RngExt;
use rookery::id::{CommentKind, Id};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    model::{Comment, Viewer, Vote, World},
    paths::{comment_id, post_id, user_id},
    random::Maker,
};
use crate::support::client::Client;

const ATTEMPTS: usize = 8;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    User(Uuid),
    Post(Uuid),
    Comment(Uuid),
}

/// A report by its id in the API.
pub struct Report {
    id: String,
    reporter: Uuid,
    subject: Subject,
}

impl Subject {
    fn id(self) -> String {
        match self {
            Self::User(id) => user_id(id),
            Self::Post(id) => post_id(id),
            Self::Comment(id) => comment_id(id),
        }
    }

    fn is_seen(self, world: &World, viewer: Viewer) -> bool {
        match self {
            Self::User(id) => world.sees_user(viewer, id),
            Self::Post(id) => world.sees_post(viewer, id),
            Self::Comment(id) => world.sees_comment(viewer, id),
        }
    }

    fn author(self, world: &World) -> Option<Uuid> {
        match self {
            Self::User(id) => Some(id),
            Self::Post(id) => Some(world.posts[&id].owner),
            Self::Comment(id) => world.comments[&id].author,
        }
    }

    /// As it stands in an answer.
    fn shown(self, world: &World, viewer: Viewer) -> Value {
        if self.is_seen(world, viewer) { json!({ "id": self.id() }) } else { Value::Null }
    }
}

const SUBJECT: &str = "subject { ... on User { id } ... on Post { id } ... on Comment { id } }";

/// Who writes, to whom the answers come.
struct Writer<'a> {
    maker: &'a mut Maker,
    viewer: Uuid,
    client: &'a Client,
    whose: String,
}

impl Writer<'_> {
    async fn assert_payload(&self, field: &str, input: &str, select: &str, expected: Value) {
        let document = format!(
            "mutation {{ it: {field}(input: {{ {input} }}) {{ {select} userErrors {{ code }} }} }}"
        );
        let answer = self.client.query(&document, json!({})).await;
        assert_eq!(answer.json["data"]["it"], expected, "{}: {document}", self.whose);
    }

    async fn vote(&mut self, post: Uuid) {
        let (direction, value) =
            [("UP", 1), ("DOWN", -1), ("NONE", 0)][self.maker.rng.random_range(0..3)];
        let world = &mut self.maker.world;
        let sees = world.sees_post(Some(self.viewer), post);
        if sees {
            world.votes.remove(&(post, self.viewer));
            if value != 0 {
                world.votes.insert((post, self.viewer), Vote { value, at: i64::MAX });
            }
        }
        let expected = if sees {
            let shown =
                json!({ "id": post_id(post), "score": world.score(post), "viewerVote": direction });
            json!({ "post": shown, "userErrors": [] })
        } else {
            json!({ "post": null, "userErrors": [{ "code": "NOT_FOUND" }] })
        };
        let input = format!("postId: \"{}\", direction: {direction}", post_id(post));
        self.assert_payload("vote", &input, "post { id score viewerVote }", expected).await;
    }

    async fn comment(&mut self, post: Uuid) {
        let (world, author) = (&mut self.maker.world, Some(self.viewer));
        let document = format!(
            "mutation {{ it: comment(input: {{ postId: \"{}\", content: \"x\" }}) {{
                comment {{ id author {{ id }} }} post {{ id commentCount owner {{ id }} }}
                userErrors {{ code }} }} }}",
            post_id(post)
        );
        let answer = self.client.query(&document, json!({})).await;
        let id = answer.data("/it").pointer("/comment/id").and_then(Value::as_str);
        let expected = if world.sees_post(author, post) {
            let id = id.unwrap_or_else(|| panic!("{}: {}", self.whose, answer.text));
            let key = Id::<CommentKind>::parse(id).unwrap().uuid();
            world.comments.insert(key, Comment { post, author, reply_to: None });
            let owner = json!({ "id": user_id(world.posts[&post].owner) });
            let count = world.comment_count(post);
            json!({ "comment": { "id": id, "author": { "id": user_id(self.viewer) } },
                    "post": { "id": post_id(post), "commentCount": count, "owner": owner },
                    "userErrors": [] })
        } else {
            json!({ "comment": null, "post": null, "userErrors": [{ "code": "NOT_FOUND" }] })
        };
        assert_eq!(answer.data("/it"), &expected, "{}: {document}", self.whose);
    }

    async fn follow(&mut self, user: Uuid) {
        let (viewer, world) = (self.viewer, &mut self.maker.world);
        if user == viewer {
            return;
        }
        let code = if !world.sees_user(Some(viewer), user) {
            Some("NOT_FOUND")
        } else {
            // Only admins see whom they block.
            world.blocked(Some(viewer), user).then_some("NOT_ALLOWED")
        };
        let expected = match code {
            Some(code) => json!({ "user": null, "userErrors": [{ "code": code }] }),
            None => {
                world.follows.insert((viewer, user), i64::MAX);
                let followers = world.follow_count(user, false);
                let shown = json!({ "id": user_id(user), "followerCount": followers, "viewerIsFollowing": true });
                json!({ "user": shown, "userErrors": [] })
            }
        };
        let input = format!("userId: \"{}\"", user_id(user));
        let select = "user { id followerCount viewerIsFollowing }";
        self.assert_payload("follow", &input, select, expected).await;
    }

    async fn report(&mut self, subject: Subject, reports: &mut Vec<Report>) {
        let (world, viewer) = (&self.maker.world, Some(self.viewer));
        let seen = subject.is_seen(world, viewer);
        let author = subject.author(world);
        let before = |it: &Report| it.reporter == self.viewer && it.subject == subject;
        let code = if !seen || author.is_none() {
            Some("NOT_FOUND")
        } else if author == viewer {
            Some("NOT_ALLOWED")
        } else {
            reports.iter().any(before).then_some("ALREADY_DONE")
        };
        let document = format!(
            "mutation {{ it: report(input: {{ subjectId: \"{}\", reason: \"x\" }}) {{
                report {{ id {SUBJECT} }} userErrors {{ code }} }} }}",
            subject.id()
        );
        let answer = self.client.query(&document, json!({})).await;
        let errors: Value = code.iter().map(|code| json!({ "code": code })).collect();
        assert_eq!(answer.data("/it/userErrors"), &errors, "{}: {document}", self.whose);
        if code.is_none() {
            let shown = subject.shown(world, viewer);
            assert_eq!(answer.data("/it/report/subject"), &shown, "{}: {document}", self.whose);
            let id = answer.data("/it/report/id").as_str().unwrap().to_owned();
            reports.push(Report { id, reporter: self.viewer, subject });
        }
    }

    async fn attempt(&mut self, reports: &mut Vec<Report>) {
        let [users, posts, comments] = {
            let world = &self.maker.world;
            let users = world.users.keys().copied().collect();
            let posts = world.posts.keys().copied().collect();
            [users, posts, world.comments.keys().copied().collect::<Vec<_>>()]
        };
        let picked = [users, posts, comments].map(|keys| self.maker.pick(keys.into_iter()));
        let subject = match (self.maker.rng.random_range(0..6), picked) {
            (0, [_, Some(post), _]) => return self.vote(post).await,
            (1, [_, Some(post), _]) => return self.comment(post).await,
            (2, [Some(user), _, _]) => return self.follow(user).await,
            (3, [Some(user), _, _]) => Subject::User(user),
            (4, [_, Some(post), _]) => Subject::Post(post),
            (_, [_, _, Some(comment)]) => Subject::Comment(comment),
            _ => return,
        };
        self.report(subject, reports).await;
    }
}

/// Lets everybody write a little, and everybody look at what was reported.
pub async fn check(maker: &mut Maker, viewers: &[(Viewer, Client)], seed: u64) {
    let standing = |world: &World, user: &Uuid| !world.users[user].suspended;
    let mut reports = Vec::new();
    for (viewer, client) in viewers {
        let Some(viewer) = viewer.filter(|user| standing(&maker.world, user)) else { continue };
        let whose = format!("WORLD_SEED={seed}, viewer {}", user_id(viewer));
        let mut writer = Writer { maker, viewer, client, whose };
        for _ in 0..ATTEMPTS {
            writer.attempt(&mut reports).await;
        }
    }
    for (viewer, client) in viewers {
        if viewer.is_some_and(|user| !standing(&maker.world, &user)) {
            continue;
        }
        for report in &reports {
            let sees = *viewer == Some(report.reporter) || maker.world.is_admin(*viewer);
            let subject = report.subject.shown(&maker.world, *viewer);
            let expected = if sees { json!({ "subject": subject }) } else { Value::Null };
            let select =
                format!("{{ node(id: \"{}\") {{ ... on Report {{ {SUBJECT} }} }} }}", report.id);
            let answer = client.query(&select, json!({})).await;
            assert_eq!(answer.data("/node"), &expected, "WORLD_SEED={seed}, {viewer:?}: {select}");
        }
    }
}
