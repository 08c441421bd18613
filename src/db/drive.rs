//! Carries connections, each in a task of its own, for as long as they last.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio_postgres::AsyncMessage;

use crate::causes::causes;

/// Becomes false when the connection breaks.
#[derive(Clone, Debug)]
pub struct Alive(Arc<AtomicBool>);

impl Default for Alive {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Alive {
    /// Whether the connection can still carry statements.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Carries a connection for as long as it lasts; what the server says unasked goes to `unasked`.
pub(super) fn drive<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    alive: Alive,
    mut unasked: impl FnMut(AsyncMessage) + Send + 'static,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(message) => unasked(message),
                Err(error) => {
                    tracing::warn!(error = causes(&error), "a database connection broke");
                    break;
                }
            }
        }
        alive.0.store(false, Ordering::Relaxed);
    });
}
