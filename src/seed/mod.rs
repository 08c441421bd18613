//! A demo world: people, what they post, whom they follow, how they vote and what they say.
//!
//! Everything about a row follows from the seed, the sizes and the row's number, so that the same
//! command makes the same world again, keys and times included, and no row has to be remembered.
//! [`fill`](fill::fill) writes it. Nothing here knows of the command line.

mod comments;
mod drawing;
mod fill;
mod follows;
mod moments;
mod people;
mod pictures;
mod posts;
mod prose;
mod random;
mod shares;
mod votes;
mod words;

use std::collections::HashMap;

pub use fill::{Stage, fill};
pub use pictures::draw;

/// Who can log in without knowing more: the first person of every world.
pub const LOGIN: &str = "demo";

/// How much there is of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// People, at least one.
    pub users: u64,
    /// Posts, of which some are drafts or not for everyone.
    pub posts: u64,
    /// Votes, at most one a person and public post.
    pub votes: u64,
    /// Follows, at most 2,000 a person.
    pub follows: u64,
    /// Comments.
    pub comments: u64,
}

impl Sizes {
    /// What fits so many people.
    #[must_use]
    pub fn of(users: u64) -> Self {
        let users = users.max(1);
        // The few of a very small world cannot vote and follow as often.
        let voting = users.div_ceil(2).min(10);
        Self {
            users,
            posts: users * 10,
            votes: users * 10 * voting,
            follows: users * (users - 1).min(20),
            comments: users * 25,
        }
    }
}

/// A world that can be written.
#[derive(Clone, Debug)]
pub struct World {
    seed: u64,
    sizes: Sizes,
    /// Everybody has the same password, since hashing one each would take hours.
    password_hash: String,
    /// By post.
    votes: Vec<u32>,
    /// By post.
    comments: Vec<u32>,
    /// By user.
    follows: Vec<u32>,
    /// By post, as their rows have them: none before they are drawn.
    pictures: HashMap<u64, String>,
    /// By user.
    avatars: HashMap<u64, String>,
}

impl World {
    /// Plans a world. `password_hash` is for everybody's password.
    #[must_use]
    pub fn new(seed: u64, sizes: Sizes, password_hash: String) -> Self {
        let sizes = Sizes { users: sizes.users.max(1), ..sizes };
        let none = Vec::new;
        let (votes, comments, follows) = (none(), none(), none());
        let (pictures, avatars) = (HashMap::new(), HashMap::new());
        let mut world =
            Self { seed, sizes, password_hash, votes, comments, follows, pictures, avatars };
        world.votes = world.plan_votes();
        world.comments = world.plan_comments();
        world.follows = world.plan_follows();
        let total = |shares: &[u32]| shares.iter().map(|share| u64::from(*share)).sum();
        world.sizes.votes = total(&world.votes);
        world.sizes.comments = total(&world.comments);
        world.sizes.follows = total(&world.follows);
        world
    }

    /// How much there will be; less than was asked for where so many people cannot do so much.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }
}
