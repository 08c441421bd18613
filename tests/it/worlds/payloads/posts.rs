//! Posts and votes.

use rand::RngExt;
use rookery::id::{Id, PostKind};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        model::{Post, Vote},
        paths::post_id,
        random::unix_now,
    },
    POST, USER, Writer,
};

impl Writer<'_> {
    pub async fn vote(&mut self, post: Uuid) {
        let (direction, value) =
            [("UP", 1), ("DOWN", -1), ("NONE", 0)][self.maker.rng.random_range(0..3)];
        let at = self.maker.now();
        let (viewer, world) = (self.viewer(), &mut self.maker.world);
        let expected = if world.sees_post(viewer, post) {
            let place = (post, self.me);
            let before = world.votes.get(&place).map_or(0, |vote| vote.value);
            if value == 0 {
                world.votes.remove(&place);
            } else if value != before {
                world.votes.insert(place, Vote { value, at });
            }
            Ok(json!({ "post": world.shown_post(viewer, post) }))
        } else {
            Err("NOT_FOUND")
        };
        let input = format!("postId: \"{}\", direction: {direction}", post_id(post));
        self.assert_run("vote", &input, &format!("post {POST}"), expected).await;
    }

    pub async fn create_post(&mut self) {
        let (published, visibility) = (self.maker.rng.random_bool(0.7), self.maker.visibility());
        let input = format!(
            "title: \"x\", content: \"x\", published: {published}, visibility: {}",
            visibility.to_uppercase()
        );
        let payload = self.run("createPost", &input, &format!("post {POST}")).await;
        let id = payload["post"]["id"].as_str().unwrap_or_default();
        let key = Id::<PostKind>::parse(id).unwrap().uuid();
        let post = Post {
            owner: self.me,
            published,
            visibility,
            word_in_title: false,
            word_in_content: false,
            created: unix_now(),
        };
        self.maker.world.posts.insert(key, post);
        let expected = json!({ "post": self.maker.world.shown_post(self.viewer(), key) });
        self.assert_payload("createPost", payload, Ok(expected));
    }

    /// Makes it public or hides it; who owns it may.
    pub async fn update_post(&mut self, post: Uuid) {
        let (published, visibility) = (self.maker.rng.random_bool(0.7), self.maker.visibility());
        let (viewer, world) = (self.viewer(), &mut self.maker.world);
        let sees = world.sees_post(viewer, post);
        let row = world.posts.get_mut(&post).unwrap();
        let expected = if row.owner == self.me {
            (row.published, row.visibility) = (published, visibility);
            Ok(json!({ "post": world.shown_post(viewer, post) }))
        } else {
            Err(if sees { "NOT_ALLOWED" } else { "NOT_FOUND" })
        };
        let input = format!(
            "id: \"{}\", published: {published}, visibility: {}",
            post_id(post),
            visibility.to_uppercase()
        );
        self.assert_run("updatePost", &input, &format!("post {POST}"), expected).await;
    }

    /// Its owner may, and an admin, who need not see it.
    pub async fn delete_post(&mut self, post: Uuid) {
        let (viewer, world) = (self.viewer(), &mut self.maker.world);
        let owner = world.posts[&post].owner;
        let expected = if owner == self.me || world.is_admin(viewer) {
            world.remove_post(post);
            let owner = world.shown_user(viewer, owner);
            Ok(json!({ "deletedPostId": post_id(post), "owner": owner }))
        } else {
            Err(if world.sees_post(viewer, post) { "NOT_ALLOWED" } else { "NOT_FOUND" })
        };
        let input = format!("id: \"{}\"", post_id(post));
        let select = format!("deletedPostId owner {USER}");
        self.assert_run("deletePost", &input, &select, expected).await;
    }
}
