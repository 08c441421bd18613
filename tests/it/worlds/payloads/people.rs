//! People: follows, blocks, mutes, and one's own profile.

use rand::RngExt;
use serde_json::json;
use uuid::Uuid;

use super::{super::paths::user_id, USER, Writer};

fn about(user: Uuid) -> String {
    format!("userId: \"{}\"", user_id(user))
}

impl Writer<'_> {
    pub async fn follow(&mut self, user: Uuid) {
        let at = self.maker.now();
        let (me, viewer, world) = (self.me, self.viewer(), &mut self.maker.world);
        let expected = if user == me {
            Err("NOT_ONESELF")
        } else if !world.sees_user(viewer, user) {
            Err("NOT_FOUND")
        } else if world.blocked(viewer, user) {
            // Only admins see whom they block.
            Err("NOT_ALLOWED")
        } else {
            world.follows.entry((me, user)).or_insert(at);
            let (user, viewer) = (world.shown_user(viewer, user), world.shown_user(viewer, me));
            Ok(json!({ "user": user, "viewer": viewer }))
        };
        let select = format!("user {USER} viewer {USER}");
        self.assert_run("follow", &about(user), &select, expected).await;
    }

    /// What was there ends also when the other is not seen any more.
    pub async fn unfollow(&mut self, user: Uuid) {
        let (me, viewer, world) = (self.me, self.viewer(), &mut self.maker.world);
        let ended = world.follows.remove(&(me, user)).is_some();
        let expected = self.expect_ended(user, ended);
        let (viewer, field) = (self.maker.world.shown_user(viewer, me), "unfollow");
        let mut payload =
            self.run(field, &about(user), &format!("user {USER} viewer {USER}")).await;
        let shown = payload.as_object_mut().unwrap().remove("viewer");
        assert_eq!(shown, Some(viewer), "{}: {field}", self.whose);
        self.assert_payload(field, payload, expected);
    }

    fn expect_ended(&self, user: Uuid, ended: bool) -> super::Expected {
        let shown = self.maker.world.shown_user(self.viewer(), user);
        if shown.is_null() && !ended { Err("NOT_FOUND") } else { Ok(json!({ "user": shown })) }
    }

    /// Whom one blocks already can be blocked again, although they are not seen.
    pub async fn block(&mut self, user: Uuid) {
        let (me, viewer, world) = (self.me, self.viewer(), &mut self.maker.world);
        let expected = if user == me {
            Err("NOT_ONESELF")
        } else if !world.sees_user(viewer, user) && !world.blocks.contains(&(me, user)) {
            Err("NOT_FOUND")
        } else {
            world.blocks.insert((me, user));
            world.remove_follows_between(me, user);
            let viewer = world.shown_user(viewer, me);
            Ok(json!({ "blockedUserId": user_id(user), "viewer": viewer }))
        };
        let select = format!("blockedUserId viewer {USER}");
        self.assert_run("blockUser", &about(user), &select, expected).await;
    }

    pub async fn unblock(&mut self, user: Uuid) {
        let ended = self.maker.world.blocks.remove(&(self.me, user));
        let expected = self.expect_ended(user, ended);
        self.assert_run("unblockUser", &about(user), &format!("user {USER}"), expected).await;
    }

    pub async fn mute(&mut self, user: Uuid) {
        let (me, viewer, world) = (self.me, self.viewer(), &mut self.maker.world);
        let expected = if user == me {
            Err("NOT_ONESELF")
        } else if !world.sees_user(viewer, user) {
            Err("NOT_FOUND")
        } else {
            world.mutes.insert((me, user));
            Ok(json!({ "user": world.shown_user(viewer, user) }))
        };
        self.assert_run("muteUser", &about(user), &format!("user {USER}"), expected).await;
    }

    pub async fn unmute(&mut self, user: Uuid) {
        let ended = self.maker.world.mutes.remove(&(self.me, user));
        let expected = self.expect_ended(user, ended);
        self.assert_run("unmuteUser", &about(user), &format!("user {USER}"), expected).await;
    }

    /// A new name, or one that somebody has.
    pub async fn update_profile(&mut self) {
        let (free, taken) = (format!("heron_by_{}", self.maker.now() % 1_000_000), {
            let names: Vec<Uuid> = self.maker.world.users.keys().copied().collect();
            self.maker.pick(names.into_iter()).unwrap_or(self.me)
        });
        let (viewer, world) = (self.viewer(), &mut self.maker.world);
        let (name, expected) = if self.maker.rng.random_bool(0.5) {
            world.users.get_mut(&self.me).unwrap().name.clone_from(&free);
            (free, Ok(json!({ "user": world.shown_user(viewer, self.me) })))
        } else if taken == self.me {
            let name = world.users[&taken].name.clone();
            (name, Ok(json!({ "user": world.shown_user(viewer, self.me) })))
        } else {
            (world.users[&taken].name.clone(), Err("TAKEN"))
        };
        let input = format!("username: \"{name}\"");
        self.assert_run("updateProfile", &input, &format!("user {USER}"), expected).await;
    }
}
