//! The messages of the graphql-transport-ws protocol, read and written.

use std::borrow::Cow;

use async_graphql::ServerError;
use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{super::graphql::Parameters, close::Close};

/// Ids are made by clients' libraries: a counter or a UUID.
const ID_MAX_BYTES: usize = 128;

/// What a client says.
#[derive(Debug)]
pub(super) enum Incoming {
    /// Introduces itself, with what proves who it is.
    Init {
        credential: Option<String>,
    },
    Ping {
        payload: Option<Box<RawValue>>,
    },
    Pong,
    /// Asks for an operation.
    Subscribe {
        id: String,
        parameters: Box<Parameters>,
    },
    /// Has enough of an operation.
    Complete {
        id: String,
    },
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: Cow<'a, str>,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl Incoming {
    /// Reads a message.
    ///
    /// # Errors
    /// How to close the socket on one that the protocol does not have.
    pub fn read(text: &str) -> Result<Self, Close> {
        let frame: Frame<'_> = serde_json::from_str(text)
            .map_err(|_unreadable| Close::bad_message("Invalid message"))?;
        match &*frame.kind {
            "connection_init" => Ok(Self::Init { credential: credential(frame.payload)? }),
            "ping" => Ok(Self::Ping { payload: frame.payload.map(ToOwned::to_owned) }),
            "pong" => Ok(Self::Pong),
            "subscribe" => {
                let id = id(frame.id)?;
                let payload = frame.payload.ok_or_else(|| Close::bad_message("No payload"))?;
                let parameters = Parameters::from_json(payload.get().as_bytes())
                    .map_err(|refusal| Close::bad_message(refusal.into_message()))?;
                Ok(Self::Subscribe { id, parameters: Box::new(parameters) })
            }
            "complete" => Ok(Self::Complete { id: id(frame.id)? }),
            _ => Err(Close::bad_message("Unknown message type")),
        }
    }
}

fn id(id: Option<String>) -> Result<String, Close> {
    id.filter(|id| (1..=ID_MAX_BYTES).contains(&id.len()))
        .ok_or_else(|| Close::bad_message("An id of 1 to 128 bytes is needed"))
}

/// The credential among the connection's parameters; clients spell it in two ways.
fn credential(payload: Option<&RawValue>) -> Result<Option<String>, Close> {
    #[derive(Deserialize)]
    struct Known {
        authorization: Option<String>,
        #[serde(rename = "Authorization")]
        capitalised: Option<String>,
    }
    let Some(payload) = payload else { return Ok(None) };
    let known: Known = serde_json::from_str(payload.get())
        .map_err(|_unreadable| Close::bad_message("The parameters must be an object"))?;
    Ok(known.authorization.or(known.capitalised))
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Box<RawValue>>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

/// The frame of an answer whose body is written already.
pub(super) fn next_frame(id: &str, body: &[u8]) -> Message {
    let frame = || {
        let id = serde_json::to_string(id).ok()?;
        let body = std::str::from_utf8(body).ok()?;
        Some(format!(r#"{{"type":"next","id":{id},"payload":{body}}}"#))
    };
    // JSON is text, so this cannot fail.
    frame()
        .map_or_else(|| Close::protocol_error().into_message(), |text| Message::Text(text.into()))
}

impl Outgoing<'_> {
    /// The message as a frame.
    pub fn to_frame(&self) -> Message {
        match serde_json::to_string(self) {
            Ok(text) => Message::Text(text.into()),
            // Maps with keys of text and finite numbers are all there is, so this cannot fail.
            Err(_) => Close::protocol_error().into_message(),
        }
    }
}
