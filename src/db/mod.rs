//! The database: connections, migrations, and one file a noun with its rows and queries.
//!
//! Reads take a shared, pipelined connection (`&AsyncPgConnection`): many requests put their short
//! statements on the same few connections, which saves wake-ups on both sides. Writes take a
//! connection of their own, since a transaction on a shared one would hold up everybody; so do
//! searches and wide counts, from a pool of their own, since they would hold up writes. Nothing here
//! knows of GraphQL or HTTP.
//!
//! Writers never wait for each other in a ring, because each locks what it needs in this order, and
//! rows of one table in the order of their keys: `users` (its own row first), `posts`,
//! `post_stats`, `user_stats`, then whatever else. To take part, a write that changes votes or
//! comments locks its post's `post_stats` row before it touches them, and one that changes follows
//! locks both `user_stats` rows before it touches them. Deleting or suspending through the `users`
//! and `posts` tables does so by itself, by triggers.

pub mod account;
pub mod account_delete;
pub mod audience;
mod ballot_box;
pub mod boundary;
pub mod bulk;
pub mod capacity;
pub mod comment;
pub mod comment_delete;
pub mod comment_list;
mod connect;
mod drive;
pub mod embedded;
mod endpoint;
pub mod feed;
pub mod follow;
pub mod gather;
pub mod housekeeping;
pub mod image;
pub mod keyset;
mod language;
mod large;
mod lent;
pub mod listen;
pub mod lists;
pub mod migrations;
pub mod moderation;
pub mod newest;
pub mod page;
mod pipeline;
mod pool;
pub mod post;
pub mod post_list;
pub mod post_write;
pub mod refresh_token;
pub mod relation;
pub mod report;
mod retry;
pub mod role;
pub mod schema;
pub mod search;
pub mod session;
pub mod statement;
pub mod statistics;
pub mod throttle;
mod tls;
pub mod user;
pub mod visibility;
pub mod vote;
pub mod vote_cast;
pub mod watch;

use std::{future::Future, sync::Arc};

use ballot_box::BallotBox;
use diesel_async::AsyncPgConnection;
use diesel_async::RunQueryDsl;
use gather::Lane;
use pool::Pool;
use statement::Statement;
use vote_cast::{Ballot, Cast};

pub use endpoint::{ConnectOptions, Endpoint};
pub use lent::Connection;
pub use pipeline::Reader;

use crate::error::Result;

/// The way to the database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Ways>);

/// The ways to the database, behind one pointer: every loader of every request has it.
struct Ways {
    pipeline: pipeline::Pipeline,
    writers: Pool,
    large_writers: Pool,
    wide_readers: Pool,
    lanes: Lanes,
    ballots: BallotBox,
}

/// What is gathered across requests.
pub struct Lanes {
    /// Users by key, for those who are known to see them.
    pub users: Lane<user::Known>,
    /// Posts by key, as strangers see them.
    pub listed_posts: Lane<post::Listed>,
    /// Counts of posts by key, for those who are known to see them.
    pub post_stats: Lane<post::Counts>,
    /// Votes by person and post.
    pub votes: Lane<vote::Votes>,
    /// Sessions that stand by key.
    pub sessions: Lane<session::Standings>,
    /// Pages of the newest posts that strangers see.
    pub newest_posts: Lane<newest::Public>,
    /// Pages of feeds, the newest posts first.
    pub newest_feed: Lane<newest::Feed>,
}

/// The answer to `SELECT count(*)`.
#[derive(Clone, Copy, Debug, diesel::QueryableByName)]
pub struct Counted {
    /// How many.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub count: i64,
}

/// How busy a pool is.
#[derive(Clone, Copy, Debug)]
pub struct PoolStatus {
    /// Connections that are lent out.
    pub in_use: usize,
    /// Connections that exist.
    pub size: usize,
    /// Requests that wait for one.
    pub waiting: usize,
}

impl Db {
    /// Prepares the connections. None is opened before it is needed.
    ///
    /// # Errors
    /// When the pool cannot be built from these options.
    pub fn new(options: &ConnectOptions) -> Result<Self> {
        let writers = Pool::new(options)?;
        let pipeline = pipeline::Pipeline::new(options);
        let lanes = Lanes {
            users: Lane::new(&pipeline),
            listed_posts: Lane::new(&pipeline),
            post_stats: Lane::new(&pipeline),
            votes: Lane::new(&pipeline),
            sessions: Lane::new(&pipeline),
            newest_posts: Lane::new(&pipeline),
            newest_feed: Lane::new(&pipeline),
        };
        let ballots = BallotBox::new(&writers);
        let large_writers = large::writers(options)?;
        let wide_readers = Pool::new(&ConnectOptions {
            endpoint: options.endpoint.for_wide_reads(),
            pool_size: options.wide_reads,
            ..options.clone()
        })?;
        Ok(Self(Arc::new(Ways { pipeline, writers, large_writers, wide_readers, lanes, ballots })))
    }

    /// Reads by key, gathered with those of other requests.
    #[must_use]
    pub fn lanes(&self) -> &Lanes {
        &self.0.lanes
    }

    /// A shared connection for short reads. Never hold a transaction or wait on a lock with it.
    ///
    /// # Errors
    /// [`Error::ServiceUnavailable`](crate::error::Error::ServiceUnavailable) when the database cannot be reached in time.
    pub async fn read(&self) -> Result<Reader> {
        self.0.pipeline.reader().await
    }

    /// A connection of one's own, for writes.
    ///
    /// # Errors
    /// [`Error::ServiceUnavailable`](crate::error::Error::ServiceUnavailable) when none is free in time.
    pub async fn write(&self) -> Result<Connection> {
        self.0.writers.get().await
    }

    /// A connection of one's own, for what may read much: searches and wide counts. Anybody may ask
    /// for many of them, so there are few, and none is taken from the writes.
    ///
    /// # Errors
    /// [`Error::ServiceUnavailable`](crate::error::Error::ServiceUnavailable) when none is free in time.
    pub async fn wide_read(&self) -> Result<Connection> {
        self.0.wide_readers.get().await
    }

    /// Runs a write that is one statement or one transaction; again, up to five times, when it loses
    /// to a concurrent one.
    ///
    /// # Errors
    /// What the write fails with, and [`Error::ServiceUnavailable`](crate::error::Error::ServiceUnavailable) when no connection is free.
    pub async fn retrying<T, F>(&self, write: impl Fn(Connection) -> F + Send) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        self.0.writers.retrying(write).await
    }

    /// Casts, changes or takes back a vote, together with those of others. `None` when the viewer's
    /// session has ended, or when there is no such post that they may see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn vote(&self, ballot: Ballot) -> Result<Option<Cast>> {
        self.0.ballots.cast(ballot).await
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn ping(&self) -> Result<()> {
        let reader = self.read().await?;
        let mut conn: &AsyncPgConnection = &reader;
        Statement::new("SELECT 1").execute(&mut conn).await?;
        Ok(())
    }

    /// How busy the pools are, by their names.
    #[must_use]
    pub fn pools(&self) -> [(&'static str, PoolStatus); 3] {
        [
            ("writes", self.0.writers.status()),
            ("large_writes", self.0.large_writers.status()),
            ("wide_reads", self.0.wide_readers.status()),
        ]
    }

    /// Closes all connections; what waits for one fails.
    pub fn close(&self) {
        self.0.writers.close();
        self.0.large_writers.close();
        self.0.wide_readers.close();
    }
}
