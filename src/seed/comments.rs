//! Comments: threads with answers, in which the post's owner takes part.

use uuid::Uuid;

use super::{
    World,
    moments::{END, HOUR, Moment, key, time},
    posts::Post,
    prose,
    random::{Kind, Random},
    shares::share,
};
use crate::db::bulk::Rows;

pub(super) const COLUMNS: &str =
    "comments (id, post_id, author_id, reply_to, content, created_at, edited_at, deleted_at)";

/// The most under one post.
const MOST: u64 = 5_000;

struct Comment {
    id: Uuid,
    moment: Moment,
    author: u64,
    /// The place in the thread of what it answers.
    answers: Option<usize>,
}

impl World {
    /// How many comments each post gets.
    pub(super) fn plan_comments(&self) -> Vec<u32> {
        share(self.sizes.comments, MOST, &self.attention(0.7))
    }

    pub(super) fn write_comments(&self, index: u64, rows: &mut Rows) {
        let post = self.post(index);
        let random = &mut Random::of(self.seed, Kind::Comment, index);
        let thread = self.thread(&post, self.comments[index as usize], random);
        let mut answered = vec![false; thread.len()];
        for place in thread.iter().filter_map(|comment| comment.answers) {
            answered[place] = true;
        }
        for (comment, answered) in thread.iter().zip(answered) {
            // What was deleted stays only where something hangs on it.
            let deleted = answered && random.chance(0.02);
            let moment = time(comment.moment);
            let reply_to = comment.answers.map(|place| thread[place].id);
            let text = prose::comment(&post.topic, reply_to.is_some(), random);
            rows.uuid(comment.id).uuid(post.id);
            rows.optional_uuid((!deleted).then(|| self.user_id(comment.author)));
            rows.optional_uuid(reply_to).text(if deleted { "" } else { &text }).time(moment);
            rows.optional(None).optional_time(deleted.then_some(moment)).end();
        }
    }

    fn thread(&self, post: &Post, length: u32, random: &mut Random) -> Vec<Comment> {
        // A lively thread lasts longer.
        let longest = HOUR * (24 + 2 * Moment::from(length));
        let room = (END - post.written).clamp(0, longest) as f64;
        let mut thread: Vec<Comment> = Vec::with_capacity(length as usize);
        for number in 0..length {
            let part = (f64::from(number) + random.unit()) / f64::from(length);
            let moment = post.written + (room * part * part) as Moment;
            let answers = (number > 0 && random.chance(0.45))
                .then(|| random.below(thread.len() as u64) as usize);
            let author = if answers.is_some() && random.chance(0.25) {
                post.owner
            } else {
                random.below(self.users_at(moment))
            };
            thread.push(Comment { id: key(moment, random), moment, author, answers });
        }
        thread
    }
}
