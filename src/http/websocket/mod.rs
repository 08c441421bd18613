//! The endpoint as a WebSocket: the graphql-transport-ws protocol with its close codes.
//!
//! A browser's page of a foreign origin gets no socket. Everything a client can make the server
//! hold is bounded: the size of a message, the operations at once, the time to introduce itself,
//! and how long it may leave answers lying.

mod close;
mod connection;
mod line;
mod message;
mod operations;

use axum::{
    extract::{FromRequestParts, WebSocketUpgrade},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};

use self::{close::Close, connection::Connection};
use super::{
    Shared,
    graphql::{Refusal, request_info},
    origin,
    places::Holder,
    viewer,
};
use crate::metrics::OpenSocket;

const PROTOCOL: &str = "graphql-transport-ws";
/// Sockets are many and mostly silent, so each holds little.
const BUFFER_BYTES: usize = 4096;

/// Whether a request wants to become a WebSocket.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|name| name.eq_ignore_ascii_case("websocket"))
}

/// Turns the request into a socket, or says why not.
pub(super) async fn upgrade(http: &Shared, mut parts: Parts) -> Response {
    let config = &http.app.config;
    if let Some(name) = parts.headers.get(header::ORIGIN)
        && !origin::is_allowed(name, &parts.headers, &http.origins)
    {
        return Refusal::foreign_origin().into_response();
    }
    let info = match request_info(http, &parts) {
        Ok(info) => info,
        Err(refusal) => return refusal.into_response(),
    };
    let credential = viewer::credential(&parts.headers).ok().flatten().map(str::to_owned);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let place = http.app.keys.address_hash(info.address).map(Holder::Address);
    let Some(place) = place.ok().and_then(|holder| http.places.take(holder)) else {
        return Refusal::too_many_connections().into_response();
    };
    let (http, alive) = (http.clone(), (http.sockets.subscribe(), OpenSocket::count(), place));
    let max = config.max_socket_message_bytes;
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        // Twice the limit, so that a message just above it is refused by its code.
        .max_message_size(max.saturating_mul(2))
        .max_frame_size(max.saturating_mul(2))
        .on_upgrade(async move |socket| {
            let _alive = alive;
            let speaks = socket.protocol().is_some();
            let connection = Connection::new(http, info, credential, socket);
            if speaks {
                connection.run().await;
            } else {
                connection.close(Close::unknown_protocol()).await;
            }
        })
}
