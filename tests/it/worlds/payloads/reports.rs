//! Reports, and whom they show what they are about.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        model::{Viewer, World},
        paths::{comment_id, post_id, user_id},
    },
    Writer,
};
use crate::support::client::Client;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    User(Uuid),
    Post(Uuid),
    Comment(Uuid),
}

/// A report by its id in the API.
pub struct Report {
    pub id: String,
    reporter: Uuid,
    pub subject: Subject,
    /// Whether it waits for an admin.
    pub open: bool,
}

pub const SUBJECT: &str = "subject { ... on User { id } ... on Post { id } ... on Comment { id } }";

impl Subject {
    fn id(self) -> String {
        match self {
            Self::User(id) => user_id(id),
            Self::Post(id) => post_id(id),
            Self::Comment(id) => comment_id(id),
        }
    }

    /// A report goes with what it is about.
    pub fn exists(self, world: &World) -> bool {
        match self {
            Self::User(id) => world.users.contains_key(&id),
            Self::Post(id) => world.posts.contains_key(&id),
            Self::Comment(id) => world.comments.contains_key(&id),
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
    pub fn shown(self, world: &World, viewer: Viewer) -> Value {
        if self.is_seen(world, viewer) { json!({ "id": self.id() }) } else { Value::Null }
    }
}

impl Writer<'_> {
    pub async fn report(&mut self, subject: Subject, reports: &mut Vec<Report>) {
        let (world, viewer) = (&self.maker.world, self.viewer());
        let author = subject.author(world);
        let before = |it: &Report| it.open && it.reporter == self.me && it.subject == subject;
        let code = if !subject.is_seen(world, viewer) || author.is_none() {
            Some("NOT_FOUND")
        } else if author == viewer {
            Some("NOT_ALLOWED")
        } else {
            reports.iter().any(before).then_some("ALREADY_DONE")
        };
        let input = format!("subjectId: \"{}\", reason: \"x\"", subject.id());
        let payload = self.run("report", &input, &format!("report {{ id {SUBJECT} }}")).await;
        let id = payload["report"]["id"].as_str().unwrap_or_default().to_owned();
        let shown = json!({ "report": { "id": id, "subject": subject.shown(world, viewer) } });
        self.assert_payload(&format!("report({input})"), payload, code.map_or(Ok(shown), Err));
        if code.is_none() {
            reports.push(Report { id, reporter: self.me, subject, open: true });
        }
    }
}

/// Whoever made a report sees it, and admins do.
pub async fn assert_seen(
    reports: &[Report],
    world: &World,
    viewer: Viewer,
    client: &Client,
    whose: &str,
) {
    for report in reports {
        let concerned = viewer == Some(report.reporter) || world.is_admin(viewer);
        let expected = if concerned && report.subject.exists(world) {
            json!({ "subject": report.subject.shown(world, viewer) })
        } else {
            Value::Null
        };
        let select =
            format!("{{ node(id: \"{}\") {{ ... on Report {{ {SUBJECT} }} }} }}", report.id);
        let answer = client.query(&select, json!({})).await;
        assert_eq!(answer.data("/node"), &expected, "{whose}: {select}");
    }
}
