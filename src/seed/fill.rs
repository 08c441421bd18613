//! Writes a world into a database: by COPY, in pieces that are committed one by one.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{World, comments, follows, people, posts, votes};
use crate::{
    db::bulk::{Bulk, Rows},
    error::{Error, Result},
};

/// How many rows go into one piece.
const PIECE: usize = 10_000;

/// What is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// People.
    Users,
    /// Posts.
    Posts,
    /// Follows.
    Follows,
    /// Votes.
    Votes,
    /// Comments.
    Comments,
}

impl Stage {
    /// In the order in which they are written: what a row refers to comes before it.
    pub const ALL: [Self; 5] =
        [Self::Users, Self::Posts, Self::Follows, Self::Votes, Self::Comments];

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Posts => "posts",
            Self::Follows => "follows",
            Self::Votes => "votes",
            Self::Comments => "comments",
        }
    }

    /// How many rows a world has of it.
    #[must_use]
    pub fn rows(self, world: &World) -> u64 {
        match self {
            Self::Users => world.sizes.users,
            Self::Posts => world.sizes.posts,
            Self::Follows => world.sizes.follows,
            Self::Votes => world.sizes.votes,
            Self::Comments => world.sizes.comments,
        }
    }

    fn columns(self) -> &'static str {
        match self {
            Self::Users => people::COLUMNS,
            Self::Posts => posts::COLUMNS,
            Self::Follows => follows::COLUMNS,
            Self::Votes => votes::COLUMNS,
            Self::Comments => comments::COLUMNS,
        }
    }

    /// Votes and comments are made post by post, follows user by user.
    fn steps(self, world: &World) -> u64 {
        match self {
            Self::Users | Self::Follows => world.sizes.users,
            Self::Posts | Self::Votes | Self::Comments => world.sizes.posts,
        }
    }

    fn write(self, world: &World, step: u64, rows: &mut Rows) {
        match self {
            Self::Users => world.write_user(step, rows),
            Self::Posts => world.write_post(step, rows),
            Self::Follows => world.write_follows(step, rows),
            Self::Votes => world.write_votes(step, rows),
            Self::Comments => world.write_comments(step, rows),
        }
    }
}

/// Writes the whole world; `progress` hears how many rows of a stage have been committed.
///
/// # Errors
/// When the database fails; what was committed before stays.
pub async fn fill(world: World, bulk: &Bulk, progress: impl Fn(Stage, u64)) -> Result<()> {
    let world = Arc::new(world);
    for stage in Stage::ALL {
        progress(stage, 0);
        let mut pieces = pieces(world.clone(), stage);
        let mut done = 0;
        while let Some(piece) = pieces.recv().await {
            done += bulk.copy(stage.columns(), piece).await?;
            progress(stage, done);
        }
        if done != stage.rows(&world) {
            return Err(Error::internal(format!("only {done} {} were written", stage.name())));
        }
    }
    bulk.tidy().await
}

/// Makes the rows beside the writing, a piece ahead of it.
fn pieces(world: Arc<World>, stage: Stage) -> mpsc::Receiver<Rows> {
    let (send, receive) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let mut rows = Rows::default();
        for step in 0..stage.steps(&world) {
            stage.write(&world, step, &mut rows);
            // Nobody receives any more once the writing has failed.
            if rows.len() >= PIECE && send.blocking_send(std::mem::take(&mut rows)).is_err() {
                return;
            }
        }
        if rows.len() > 0 {
            let _unless_failed = send.blocking_send(rows);
        }
    });
    receive
}
