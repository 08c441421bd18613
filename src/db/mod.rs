//! The database: connections, migrations, and one file a noun with its rows and queries.
//!
//! Reads take a shared, pipelined connection (`&AsyncPgConnection`): many requests put their short
//! statements on the same few connections, which saves wake-ups on both sides. Writes, searches and
//! wide counts take a connection of their own, since a transaction or a slow statement on a shared
//! one would hold up everybody. Nothing here knows of GraphQL or HTTP.
//!
//! Writers never wait for each other in a ring, because each locks what it needs in this order, and
//! rows of one table in the order of their keys: `users` (its own row first), `posts`,
//! `post_stats`, `user_stats`, then whatever else. To take part, a write that changes votes or
//! comments locks its post's `post_stats` row before it touches them, and one that changes follows
//! locks both `user_stats` rows before it touches them. Deleting or suspending through the `users`
//! and `posts` tables does so by itself, by triggers.

pub mod account;
pub mod audience;
pub mod boundary;
pub mod bulk;
pub mod comment;
pub mod comment_list;
mod connect;
pub mod embedded;
pub mod feed;
pub mod follow;
pub mod housekeeping;
pub mod keyset;
pub mod listen;
pub mod lists;
pub mod migrations;
pub mod moderation;
pub mod page;
mod pipeline;
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
pub mod watch;

use std::time::Duration;

use diesel_async::RunQueryDsl;
use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool},
};
use futures_util::FutureExt;
use statement::Statement;

pub use connect::{ConnectOptions, Endpoint};
pub use pipeline::Reader;

use crate::error::{Error, Result};

/// A connection of one's own, for the length of a borrow.
pub type Connection = deadpool::Object<AsyncPgConnection>;

/// The way to the database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pipeline: pipeline::Pipeline,
    pool: deadpool::Pool<AsyncPgConnection>,
    wait: Duration,
}

/// The answer to `SELECT count(*)`.
#[derive(Clone, Copy, Debug, diesel::QueryableByName)]
pub struct Counted {
    /// How many.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub count: i64,
}

/// How busy the pool is.
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
        let endpoint = options.endpoint.clone();
        let mut manager = ManagerConfig::<AsyncPgConnection>::default();
        // A connection that broke while it rested is noticed by its driver, without a ping.
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |_| {
            let endpoint = endpoint.clone();
            async move { endpoint.connect().await.map(|(connection, _)| connection) }.boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", manager);
        let pool = deadpool::Pool::builder(manager)
            .max_size(options.pool_size)
            .build()
            .map_err(Error::internal)?;
        let pipeline = pipeline::Pipeline::new(
            options.endpoint.for_short_reads(),
            options.readers,
            options.wait,
        );
        Ok(Self { pipeline, pool, wait: options.wait })
    }

    /// A shared connection for short reads. Never hold a transaction or wait on a lock with it.
    ///
    /// # Errors
    /// [`Error::ServiceUnavailable`] when the database cannot be reached in time.
    pub async fn read(&self) -> Result<Reader> {
        self.pipeline.reader().await
    }

    /// A connection of one's own, for writes, searches and wide counts.
    ///
    /// # Errors
    /// [`Error::ServiceUnavailable`] when none is free in time.
    pub async fn write(&self) -> Result<Connection> {
        // Boxed, since a future that may connect is large, and every field that writes would hold it.
        match tokio::time::timeout(self.wait, Box::pin(self.pool.get())).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(Error::ServiceUnavailable(error.to_string().into())),
            Err(elapsed) => Err(Error::ServiceUnavailable(elapsed.into())),
        }
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

    /// How busy the pool is.
    #[must_use]
    pub fn pool_status(&self) -> PoolStatus {
        let status = self.pool.status();
        PoolStatus {
            in_use: status.size.saturating_sub(status.available),
            size: status.size,
            waiting: status.waiting,
        }
    }

    /// Closes all connections; what waits for one fails.
    pub fn close(&self) {
        self.pool.close();
    }
}
