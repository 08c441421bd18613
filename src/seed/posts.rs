//! Posts: most are for everyone; some are drafts, private, or for followers.

use uuid::Uuid;

use super::{
    World,
    moments::{HOUR, Moment, after, key, time},
    prose,
    random::{Kind, Random, Shuffle},
    words::topics::Topic,
};
use crate::db::bulk::Rows;

pub(super) const COLUMNS: &str = "posts (id, owner_id, title, content, published, visibility, \
                                  created_at, updated_at, edited_at, image)";

/// What votes and comments need to know of a post.
pub(super) struct Post {
    pub(super) id: Uuid,
    pub(super) written: Moment,
    pub(super) owner: u64,
    pub(super) topic: Topic,
    published: bool,
    visibility: &'static str,
    /// For the texts.
    random: Random,
}

impl World {
    pub(super) fn post(&self, post: u64) -> Post {
        let mut random = Random::of(self.seed, Kind::Post, post);
        let written = self.written(post, &mut random);
        let id = key(written, &mut random);
        // Those who came early write most.
        let owner = (self.users_at(written) as f64 * random.unit().powf(1.4)) as u64;
        let (published, visibility) = match random.below(100) {
            0..3 => (false, "public"),
            3..6 => (true, "private"),
            6..14 => (true, "followers"),
            _ => (true, "public"),
        };
        let topic = prose::topic(&mut random);
        Post { id, written, owner, topic, published, visibility, random }
    }

    pub(super) fn write_post(&self, post: u64, rows: &mut Rows) {
        let Post { id, written, owner, topic, published, visibility, mut random } = self.post(post);
        let random = &mut random;
        let friend = self.friend(random);
        rows.uuid(id).uuid(self.user_id(owner));
        rows.text(&prose::title(&topic, friend, random));
        rows.text(&prose::content(&topic, friend, random));
        let edited = random.chance(0.06).then(|| time(after(written, 48 * HOUR, random)));
        rows.boolean(published).text(visibility);
        rows.time(time(written)).time(edited.unwrap_or(time(written))).optional_time(edited);
        rows.optional(self.pictures.get(&post).map(String::as_str)).end();
    }

    /// How much attention each post gets: a few nearly all, and only those that everyone sees any.
    pub(super) fn attention(&self, steepness: f64) -> Vec<f64> {
        let order = Shuffle::new(self.sizes.posts, &mut Random::of(self.seed, Kind::Order, 1));
        (0..self.sizes.posts)
            .map(|post| match self.post(post) {
                Post { published: true, visibility: "public", .. } => {
                    (order.at(post) as f64 + 2.0).powf(-steepness)
                }
                _ => 0.0,
            })
            .collect()
    }
}
