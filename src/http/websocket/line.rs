//! The socket itself: what is sent on it, within what time, and how it is closed.

use std::{ops::ControlFlow, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use tokio::time;

use super::close::Close;
use crate::{metrics, realtime::Hangup};

/// How long to wait for a close frame to leave.
pub(super) const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// `Break` ends the socket, with a close frame where there is still somebody to read it.
pub(super) type Turn = ControlFlow<Option<Close>>;

pub(super) struct Line {
    socket: WebSocket,
    /// How long a client may leave one message lying.
    within: Duration,
    /// Asked for by a subscription whose events this client does not take.
    hangup: Hangup,
    /// Whether something came that could not be read.
    unreadable: bool,
}

impl Line {
    pub fn new(socket: WebSocket, within: Duration) -> Self {
        Self { socket, within, hangup: Hangup::default(), unreadable: false }
    }

    pub fn hangup(&self) -> Hangup {
        self.hangup.clone()
    }

    pub async fn recv(&mut self) -> Option<Result<Message, axum::Error>> {
        let message = self.socket.recv().await;
        self.unreadable |= matches!(message, Some(Err(_)));
        message
    }

    pub async fn send(&mut self, frame: Message) -> Turn {
        tokio::select! {
            biased;
            sent = self.socket.send(frame) => match sent {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(None),
            },
            () = self.hangup.asked() => ControlFlow::Break(Some(Close::too_slow())),
            () = time::sleep(self.within) => ControlFlow::Break(Some(Close::too_slow())),
        }
    }

    pub async fn close(mut self, close: Close) {
        metrics::socket_closed(close.code());
        // A socket that is dropped with something unread resets the connection, and the close frame
        // with it.
        let unread = self.unreadable && close == Close::too_large();
        let leave = async {
            if self.socket.send(close.into_message()).await.is_ok() {
                while self.recv().await.is_some() {}
                if unread {
                    // What cannot be read stays so: only time is left to give.
                    std::future::pending::<()>().await;
                }
            }
        };
        let _best_effort = time::timeout(CLOSE_WITHIN, leave).await;
    }
}
