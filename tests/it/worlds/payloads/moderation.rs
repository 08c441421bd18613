//! What admins do to accounts and reports; others are told that they are none.

use rand::RngExt;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::paths::user_id,
    Expected, USER, Writer,
    reports::{Report, SUBJECT},
};

impl Writer<'_> {
    fn is_admin(&self) -> bool {
        self.maker.world.is_admin(self.viewer())
    }

    /// Runs what only admins may. To others nothing is said but that.
    async fn moderate(&self, field: &str, input: &str, select: &str, expected: Option<Expected>) {
        if let Some(expected) = expected {
            return self.assert_run(field, input, select, expected).await;
        }
        let document = format!("mutation {{ it: {field}(input: {{ {input} }}) {{ {select} }} }}");
        let answer = self.client.query(&document, json!({})).await;
        assert_eq!(answer.code(), Some("FORBIDDEN"), "{}: {document}", self.whose);
        assert_eq!(answer.json["data"], json!(null), "{}: {document}", self.whose);
    }

    async fn change(&self, field: &str, input: &str, user: Uuid, refused: Option<&'static str>) {
        let shown = json!({ "user": self.maker.world.shown_user(self.viewer(), user) });
        let expected = self.is_admin().then(|| refused.map_or(Ok(shown), Err));
        self.moderate(field, input, &format!("user {USER}"), expected).await;
    }

    pub async fn suspend(&mut self, user: Uuid) {
        let oneself = user == self.me;
        if self.is_admin() && !oneself {
            self.maker.world.users.get_mut(&user).unwrap().suspended = true;
        }
        let input = format!("userId: \"{}\"", user_id(user));
        self.change("suspendUser", &input, user, oneself.then_some("NOT_ONESELF")).await;
    }

    pub async fn restore(&mut self, user: Uuid) {
        let input = format!("userId: \"{}\"", user_id(user));
        let came_back = self.is_admin() && self.maker.world.users[&user].suspended;
        if came_back {
            self.maker.world.users.get_mut(&user).unwrap().suspended = false;
        }
        self.change("restoreUser", &input, user, None).await;
        if came_back {
            // They log in again.
            let session = format!(
                "INSERT INTO sessions (id, user_id, idle_expires_at, expires_at)
                 VALUES ('{user}', '{user}', now() + interval '1 day', now() + interval '1 day')"
            );
            self.app.sql(&session).await;
        }
    }

    /// There is always an admin; and of the viewer's own power nothing is taken here, so that they
    /// see what became of it.
    pub async fn set_role(&mut self, user: Uuid) {
        let to_admin = user == self.me || self.maker.rng.random_bool(0.5);
        if self.is_admin() {
            self.maker.world.users.get_mut(&user).unwrap().admin = to_admin;
        }
        let role = if to_admin { "ADMIN" } else { "USER" };
        let input = format!("userId: \"{}\", role: {role}", user_id(user));
        self.change("setUserRole", &input, user, None).await;
    }

    pub async fn resolve(&mut self, reports: &mut [Report]) {
        let picked = self.maker.rng.random_range(0..reports.len());
        let (viewer, world, report) = (self.viewer(), &self.maker.world, &mut reports[picked]);
        let expected = world.is_admin(viewer).then(|| {
            if !report.subject.exists(world) {
                return Err("NOT_FOUND");
            }
            report.open = false;
            let subject = report.subject.shown(world, viewer);
            Ok(json!({ "report": { "id": report.id, "subject": subject } }))
        });
        let input = format!("reportId: \"{}\"", report.id);
        let select = format!("report {{ id {SUBJECT} }}");
        self.moderate("resolveReport", &input, &select, expected).await;
    }
}
