//! How a WebSocket ends: the codes of the graphql-transport-ws protocol and of WebSocket itself.

use std::borrow::Cow;

use axum::extract::ws::{CloseFrame, Message};

use super::super::viewer::BadCredential;

/// A reason longer than this does not fit into the frame.
const REASON_MAX_BYTES: usize = 123;

/// Why the server closes a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    fn new(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// The server stops; the client should come back.
    pub fn going_away() -> Self {
        Self::new(1001, "Going away")
    }

    /// What came was no WebSocket traffic.
    pub fn protocol_error() -> Self {
        Self::new(1002, "Protocol error")
    }

    /// A text that is not UTF-8.
    pub fn not_text() -> Self {
        Self::new(1007, "Text must be UTF-8")
    }

    /// A message larger than is read.
    pub fn too_large() -> Self {
        Self::new(1009, "Message too large")
    }

    /// The client does not take what it asked for as fast as it comes; it may come back.
    pub fn too_slow() -> Self {
        Self::new(1013, "Too slow")
    }

    /// Events may have been missed; the client should subscribe anew.
    pub fn missed() -> Self {
        Self::new(1012, "Events were missed")
    }

    /// What came cannot be read. The socket's library keeps its error type to itself, so it is told
    /// by its text.
    pub fn unreadable(error: &axum::Error) -> Self {
        let text = error.to_string();
        if text.contains("Space limit exceeded") {
            Self::too_large()
        } else if text.contains("UTF-8") {
            Self::not_text()
        } else {
            Self::protocol_error()
        }
    }

    /// More connections than one person may have.
    pub fn too_many() -> Self {
        Self::new(1008, "Too many connections")
    }

    /// A message that the protocol does not have.
    pub fn bad_message(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(4400, reason)
    }

    /// An operation before the introduction.
    pub fn unauthorized() -> Self {
        Self::new(4401, "Unauthorized")
    }

    /// A credential that proves nothing, or no longer.
    pub fn forbidden(why: BadCredential) -> Self {
        let reason = match why {
            BadCredential::Form => "Forbidden: `Authorization` has to be `Bearer <token>`",
            BadCredential::Token => "Forbidden: the access token is not valid, or no longer",
        };
        Self::new(4403, reason)
    }

    /// None of the client's protocols is spoken here.
    pub fn unknown_protocol() -> Self {
        Self::new(4406, "Subprotocol not acceptable")
    }

    /// No introduction in time.
    pub fn init_timeout() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    /// An id that is still in use.
    pub fn duplicate_id(id: &str) -> Self {
        Self::new(4409, format!("Subscriber for {id} already exists"))
    }

    /// A second introduction.
    pub fn second_init() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    pub fn code(&self) -> u16 {
        self.code
    }

    pub fn into_message(self) -> Message {
        let end = self.reason.floor_char_boundary(REASON_MAX_BYTES);
        let reason = self.reason[..end].into();
        Message::Close(Some(CloseFrame { code: self.code, reason }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_to_what_fits() {
        let long = format!("a{}", "ü".repeat(100));
        let Message::Close(Some(frame)) = Close::duplicate_id(&long).into_message() else {
            panic!()
        };
        assert_eq!((frame.code, frame.reason.len()), (4409, 122));
    }
}
