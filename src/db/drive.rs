//! Carries connections, each in a task of its own, for as long as they last.

use std::{
    future::poll_fn,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::task::AbortHandle;
use tokio_postgres::AsyncMessage;

use crate::causes::causes;

/// Whether a connection lives, and the way to give it up.
#[derive(Clone, Debug, Default)]
pub struct Alive(Arc<Life>);

#[derive(Debug, Default)]
struct Life {
    is_over: AtomicBool,
    /// How many statements it has answered.
    answers: AtomicUsize,
    driver: OnceLock<AbortHandle>,
}

impl Alive {
    /// Whether the connection can still carry statements.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.0.is_over.load(Ordering::Relaxed)
    }

    /// Notes that a statement was answered.
    pub(super) fn answered(&self) {
        self.0.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were.
    pub(super) fn answers(&self) -> usize {
        self.0.answers.load(Ordering::Relaxed)
    }

    /// Ends the connection, and with it whatever waits for an answer on it. False when it was over
    /// already.
    pub(super) fn give_up(&self) -> bool {
        if let Some(driver) = self.0.driver.get() {
            driver.abort();
        }
        !self.0.is_over.swap(true, Ordering::Relaxed)
    }
}

/// Carries a connection for as long as it lasts; what the server says unasked goes to `unasked`.
pub(super) fn drive<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    alive: &Alive,
    mut unasked: impl FnMut(AsyncMessage) + Send + 'static,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let life = alive.0.clone();
    let driver = tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(message) => unasked(message),
                Err(error) => {
                    tracing::warn!(error = causes(&error), "a database connection broke");
                    break;
                }
            }
        }
        life.is_over.store(true, Ordering::Relaxed);
    });
    let _first = alive.0.driver.set(driver.abort_handle());
}
