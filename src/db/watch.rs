//! What can be watched, and what is told of it: the words that the triggers and the server share.
//!
//! Whoever writes to a table need not know that anybody watches, nor does the writing: triggers look
//! into `watches` for what was written, one probe of an index for each row, and only where somebody
//! watches just that they notify. A NOTIFY has its price, for it makes commits wait for each other;
//! so a post that nobody looks at is voted on at full speed while others are followed. The table is
//! shared by all instances, so each tells the others without knowing of them, and so does `psql`.
//! What is notified is sent by PostgreSQL when, and only if, the transaction commits.

use std::str::FromStr;

use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::statement::Statement;
use crate::error::Result;

/// Something to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A post: its text, its counts, who may see it.
    Post(Uuid),
    /// What is said under a post.
    Comments(Uuid),
    /// What is published, by anybody.
    Feeds,
}

impl Topic {
    /// What kind of topic it is, as `watches` and the metrics have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post(_) => "post",
            Self::Comments(_) => "comments",
            Self::Feeds => "feeds",
        }
    }

    pub(super) const fn key(self) -> Uuid {
        match self {
            Self::Post(post) | Self::Comments(post) => post,
            Self::Feeds => Uuid::nil(),
        }
    }
}

/// Something that happened, as far as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Something about this post changed, or it is gone.
    Post(Uuid),
    /// Something was said under a post.
    Comment {
        /// The post.
        post: Uuid,
        /// What was said.
        comment: Uuid,
    },
    /// Feeds gained a post.
    FeedPost {
        /// The post.
        post: Uuid,
        /// Whether it was just published, so that its owner's feed gained it, too.
        published: bool,
    },
}

/// What a trigger wrote is not understood: another version of the server may have made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl FromStr for Happening {
    type Err = Unknown;

    fn from_str(payload: &str) -> Result<Self, Unknown> {
        let mut words = payload.split(' ');
        let kind = words.next();
        let mut key = || words.next().and_then(|word| word.parse().ok()).ok_or(Unknown);
        Ok(match kind {
            Some("post") => Self::Post(key()?),
            Some("comments") => Self::Comment { post: key()?, comment: key()? },
            Some("feeds") => {
                Self::FeedPost { post: key()?, published: words.next() == Some("published") }
            }
            _ => return Err(Unknown),
        })
    }
}

/// Removes the watches of listening connections that are gone; returns how many. Until then they
/// cost notifications that nobody hears.
///
/// # Errors
/// When the database fails.
pub async fn prune(conn: &mut AsyncPgConnection) -> Result<usize> {
    Ok(Statement::new(PRUNE).execute(conn).await?)
}

pub(super) const PRUNE: &str =
    "DELETE FROM watches WHERE listener NOT IN (SELECT pid FROM pg_stat_activity)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_triggers_write_is_understood_and_nothing_else() {
        let (post, comment) = (Uuid::now_v7(), Uuid::now_v7());
        let read = |payload: String| payload.parse::<Happening>();
        assert_eq!(read(format!("post {post}")), Ok(Happening::Post(post)));
        let said = Happening::Comment { post, comment };
        assert_eq!(read(format!("comments {post} {comment}")), Ok(said));
        for (word, published) in [("published", true), ("opened", false)] {
            let gained = Happening::FeedPost { post, published };
            assert_eq!(read(format!("feeds {post} {word}")), Ok(gained));
        }
        for payload in ["", "post", "post x", "comments", "other"] {
            assert_eq!(read(payload.to_owned()), Err(Unknown), "{payload}");
        }
    }
}
