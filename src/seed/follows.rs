//! Follows: most people follow a few, some follow 2,000, and everybody follows the well-known.

use std::collections::HashSet;

use super::{
    Sizes, World,
    moments::{END, after, time},
    random::{Kind, Random, Shuffle},
    shares::share,
};
use crate::db::bulk::Rows;

pub(super) const COLUMNS: &str = "follows (follower_id, followee_id, created_at)";

/// The most that one person follows.
const MOST: u64 = 2_000;
/// How many the person with the known login follows, so that there is a feed to look at.
const DEMO: u64 = 100;

impl World {
    /// How many people each user follows.
    pub(super) fn plan_follows(&self) -> Vec<u32> {
        let Sizes { users, follows, .. } = self.sizes;
        let cap = MOST.min(users - 1);
        let demo = DEMO.min(cap).min(follows);
        let order = Shuffle::new(users, &mut Random::of(self.seed, Kind::Order, 2));
        let mut weights: Vec<f64> =
            (0..users).map(|user| (order.at(user) as f64 + 2.0).powf(-0.8)).collect();
        weights[0] = 0.0;
        let mut shares = share(follows - demo, cap, &weights);
        shares[0] = demo as u32;
        shares
    }

    pub(super) fn write_follows(&self, user: u64, rows: &mut Rows) {
        let random = &mut Random::of(self.seed, Kind::Follow, user);
        let wanted = self.follows[user as usize] as usize;
        let follower = self.user_id(user);
        for followee in self.followees(user, wanted, random) {
            let moment = after(self.joined(user).max(self.joined(followee)), END, random);
            rows.uuid(follower).uuid(self.user_id(followee)).time(time(moment)).end();
        }
    }

    fn followees(&self, user: u64, wanted: usize, random: &mut Random) -> Vec<u64> {
        // Well known is not who came first, but who is first in this order.
        let fame = Shuffle::new(self.sizes.users, &mut Random::of(self.seed, Kind::Order, 3));
        let mut met = HashSet::from([user]);
        let mut chosen = Vec::with_capacity(wanted);
        for _ in 0..wanted * 4 {
            if chosen.len() == wanted {
                break;
            }
            let rank = (self.sizes.users as f64 * random.unit().powf(2.2)) as u64;
            let followee = fame.at(rank);
            if met.insert(followee) {
                chosen.push(followee);
            }
        }
        // Where nearly everybody is followed, chance takes too long to find the others.
        let others = (0..self.sizes.users).map(|rank| fame.at(rank));
        let missing = wanted - chosen.len();
        chosen.extend(others.filter(|followee| !met.contains(followee)).take(missing));
        chosen
    }
}
