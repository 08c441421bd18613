//! The pool of connections of one's own.

use std::{sync::Arc, time::Duration};

use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{self, Object, PoolError},
    },
};
use futures_util::FutureExt;

use super::{ConnectOptions, Connection, Endpoint, PoolStatus, connect::FULL};
use crate::error::{Error, Result};

/// How long until it is tried again where PostgreSQL has no connection left.
const UNTIL_ONE_COMES_BACK: Duration = Duration::from_millis(10);

/// Connections that are lent out one at a time. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pool {
    pool: deadpool::Pool<AsyncPgConnection>,
    endpoint: Arc<Endpoint>,
    wait: Duration,
}

impl Pool {
    /// Prepares the pool. No connection is opened before it is needed.
    pub(super) fn new(options: &ConnectOptions) -> Result<Self> {
        let endpoint = Arc::new(options.endpoint.clone());
        let opened = endpoint.clone();
        let mut manager = ManagerConfig::<AsyncPgConnection>::default();
        // A connection that broke while it rested is noticed by its driver, without a ping.
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |_| {
            let endpoint = opened.clone();
            async move { endpoint.connect().await.map(|(connection, _)| connection) }.boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", manager);
        let pool = deadpool::Pool::builder(manager)
            .max_size(options.pool_size)
            .build()
            .map_err(Error::internal)?;
        Ok(Self { pool, endpoint, wait: options.wait })
    }

    /// Borrows a connection.
    pub(super) async fn get(&self) -> Result<Connection> {
        // Boxed, since a future that may connect is large, and every field that writes would hold it.
        match tokio::time::timeout(self.wait, Box::pin(self.lent())).await {
            Ok(Ok(object)) => Ok(Connection::new(object, &self.endpoint)),
            Ok(Err(error)) => Err(Error::ServiceUnavailable(error.to_string().into())),
            Err(elapsed) => Err(Error::ServiceUnavailable(elapsed.into())),
        }
    }

    /// One that is free, or a new one, or where PostgreSQL has none left for us the next that comes
    /// back.
    async fn lent(&self) -> std::result::Result<Object<AsyncPgConnection>, PoolError> {
        loop {
            match self.pool.get().await {
                Err(error) if error.to_string().contains(FULL) => {
                    tokio::time::sleep(UNTIL_ONE_COMES_BACK).await;
                }
                other => return other,
            }
        }
    }

    pub(super) fn status(&self) -> PoolStatus {
        let status = self.pool.status();
        PoolStatus {
            in_use: status.size.saturating_sub(status.available),
            size: status.size,
            waiting: status.waiting,
        }
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }
}
