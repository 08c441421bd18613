//! Comments: said, changed and deleted.

use std::collections::BTreeMap;

use rand::RngExt;
use rookery::id::{CommentKind, Id};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        model::Comment,
        paths::{comment_id, post_id},
    },
    COMMENT, POST, Writer,
};

impl Writer<'_> {
    /// Under the post or to one of its comments, which may be a tombstone or hidden.
    pub async fn comment(&mut self, post: Uuid) {
        let under_it = |(id, comment): (&Uuid, &Comment)| (comment.post == post).then_some(*id);
        let there: Vec<Uuid> = self.maker.world.comments.iter().filter_map(under_it).collect();
        let answers = self.maker.rng.random_bool(0.5);
        let reply_to = self.maker.pick(there.into_iter()).filter(|_| answers);
        let (viewer, world) = (self.viewer(), &self.maker.world);
        let hidden_answered = reply_to.is_some_and(|above| !world.sees_comment(viewer, above));
        let code = if !world.sees_post(viewer, post) || hidden_answered {
            Some("NOT_FOUND")
        } else {
            let deleted = |above: Uuid| world.comments[&above].author.is_none();
            reply_to.is_some_and(deleted).then_some("NOT_ALLOWED")
        };
        let mut input = format!("postId: \"{}\", content: \"x\"", post_id(post));
        if let Some(above) = reply_to {
            input += &format!(", replyTo: \"{}\"", comment_id(above));
        }
        let select = format!("comment {COMMENT} post {POST}");
        let mut payload = self.run("comment", &input, &select).await;
        if code.is_some() && reply_to.is_some() && !self.maker.world.sees_post(viewer, post) {
            // Neither is there: one error each.
            let errors = payload["userErrors"].as_array_mut().unwrap();
            assert_eq!(errors.pop(), Some(json!({ "code": "NOT_FOUND" })), "{}", self.whose);
        }
        let expected = match (code, payload["comment"]["id"].as_str()) {
            (None, Some(id)) => {
                let key = Id::<CommentKind>::parse(id).unwrap().uuid();
                let world = &mut self.maker.world;
                world.comments.insert(key, Comment { post, author: viewer, reply_to });
                let (comment, post) =
                    (world.shown_comment(viewer, key), world.shown_post(viewer, post));
                Ok(json!({ "comment": comment, "post": post }))
            }
            (code, _) => Err(code.unwrap_or("none, and a comment")),
        };
        self.assert_payload(&format!("comment({input})"), payload, expected);
    }

    /// Its author may, as long as they see it.
    pub async fn update_comment(&mut self, comment: Uuid) {
        let (viewer, world) = (self.viewer(), &self.maker.world);
        let expected = if !world.sees_comment(viewer, comment) {
            Err("NOT_FOUND")
        } else if world.comments[&comment].author == viewer {
            Ok(json!({ "comment": world.shown_comment(viewer, comment) }))
        } else if world.comments[&comment].author.is_none() {
            Err("ALREADY_DONE")
        } else {
            Err("NOT_ALLOWED")
        };
        let input = format!("commentId: \"{}\", content: \"y\"", comment_id(comment));
        self.assert_run("updateComment", &input, &format!("comment {COMMENT}"), expected).await;
    }

    /// Its author may, whoever owns the post, and an admin.
    pub async fn delete_comment(&mut self, comment: Uuid) {
        let expected = self.expect_deleted_comment(comment);
        let input = format!("commentId: \"{}\"", comment_id(comment));
        let select = format!(
            "deletedCommentId comment {COMMENT} deletedTombstoneIds replyTo {COMMENT} post {POST}"
        );
        self.assert_run("deleteComment", &input, &select, expected).await;
    }

    fn expect_deleted_comment(&mut self, comment: Uuid) -> super::Expected {
        let (viewer, world) = (self.viewer(), &mut self.maker.world);
        let Comment { post, author, reply_to } = world.comments[&comment];
        let moderates = world.posts[&post].owner == self.me || world.is_admin(viewer);
        // What one said oneself one takes back wherever it stands.
        if !moderates && author != viewer && !world.sees_comment(viewer, comment) {
            return Err("NOT_FOUND");
        }
        if author.is_none() {
            return Err("ALREADY_DONE");
        }
        if !moderates && author != viewer {
            return Err("NOT_ALLOWED");
        }
        let answered: BTreeMap<_, _> =
            world.comments.iter().map(|(id, comment)| (*id, comment.reply_to)).collect();
        let mut gone = world.remove_comment(comment);
        let post = world.shown_post(viewer, post);
        let mut above = reply_to;
        while let Some(id) = above.filter(|id| gone.contains(id)) {
            above = answered[&id];
        }
        let above = above.map_or(Value::Null, |above| world.shown_comment(viewer, above));
        if !gone.remove(&comment) {
            return Ok(json!({
                "deletedCommentId": null,
                "comment": world.shown_comment(viewer, comment),
                "deletedTombstoneIds": [],
                "replyTo": above,
                "post": post,
            }));
        }
        let tombstones: Vec<_> = gone.into_iter().map(comment_id).collect();
        Ok(json!({
            "deletedCommentId": comment_id(comment),
            "comment": null,
            "deletedTombstoneIds": tombstones,
            "replyTo": above,
            "post": post,
        }))
    }
}
