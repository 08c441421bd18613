//! The pool of connections of one's own.

use std::{sync::Arc, time::Duration};

use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool},
};
use futures_util::FutureExt;

use super::{ConnectOptions, Connection, Endpoint, PoolStatus};
use crate::error::{Error, Result};

/// Connections that are lent out one at a time. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writers {
    pool: deadpool::Pool<AsyncPgConnection>,
    endpoint: Arc<Endpoint>,
    wait: Duration,
}

impl Writers {
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
        match tokio::time::timeout(self.wait, Box::pin(self.pool.get())).await {
            Ok(Ok(object)) => Ok(Connection::new(object, &self.endpoint)),
            Ok(Err(error)) => Err(Error::ServiceUnavailable(error.to_string().into())),
            Err(elapsed) => Err(Error::ServiceUnavailable(elapsed.into())),
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
