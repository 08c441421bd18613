//! Votes: on the few hot posts nearly everybody's.

use super::{
    World,
    moments::{END, after, time},
    random::{Kind, Random, Shuffle},
    shares::share,
};
use crate::db::bulk::Rows;

pub(super) const COLUMNS: &str = "votes (post_id, user_id, value, created_at)";

impl World {
    /// How many votes each post gets.
    pub(super) fn plan_votes(&self) -> Vec<u32> {
        share(self.sizes.votes, self.sizes.users, &self.attention(0.95))
    }

    pub(super) fn write_votes(&self, index: u64, rows: &mut Rows) {
        let post = self.post(index);
        let random = &mut Random::of(self.seed, Kind::Vote, index);
        let voters = Shuffle::new(self.sizes.users, random);
        // Some posts divide people.
        let approval = 0.55 + 0.44 * random.unit().sqrt();
        for vote in 0..self.votes[index as usize] {
            let user = voters.at(vote.into());
            let value = if random.chance(approval) { 1 } else { -1 };
            let moment = after(post.written.max(self.joined(user)), END, random);
            rows.uuid(post.id).uuid(self.user_id(user)).number(value).time(time(moment)).end();
        }
    }
}
