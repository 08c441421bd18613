//! A client's end of a WebSocket, frame by frame.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::StatusCode},
};

/// Longer than anything that is waited for on purpose.
const PATIENCE: Duration = Duration::from_secs(5);

const PROTOCOL_HEADER: &str = "sec-websocket-protocol";
const PROTOCOL: &str = "graphql-transport-ws";

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket, which nobody has introduced yet.
    pub async fn open(address: SocketAddr) -> Self {
        Self::connect(address, &[(PROTOCOL_HEADER, PROTOCOL)]).await.unwrap()
    }

    /// Opens a socket with another header; gives the status where there is none to be had.
    pub async fn open_with(
        address: SocketAddr,
        name: &'static str,
        value: &str,
    ) -> Result<Self, StatusCode> {
        let headers = [(PROTOCOL_HEADER, PROTOCOL), (name, value)];
        Self::connect(address, &headers).await
    }

    /// Opens a socket that offers no protocol.
    pub async fn open_silent(address: SocketAddr) -> Self {
        Self::connect(address, &[]).await.unwrap()
    }

    async fn connect(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, StatusCode> {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a socket and introduces it.
    pub async fn introduced(address: SocketAddr) -> Self {
        let mut socket = Self::open(address).await;
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// Opens a socket and introduces it as somebody.
    pub async fn of(address: SocketAddr, token: &str) -> Self {
        let mut socket = Self::open(address).await;
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// The data of the next event of a subscription.
    pub async fn event(&mut self, id: &str) -> Value {
        let message = self.hear().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        message["payload"]["data"].clone()
    }

    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// Asks for an operation under an id.
    pub async fn subscribe(&mut self, id: &str, document: &str) {
        let payload = json!({ "query": document });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next message.
    pub async fn hear(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("no text but {other:?}"),
        }
    }

    /// The code that the server closes with, whatever it says before.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.next().await {
                return frame.expect("a code").code.into();
            }
        }
    }

    /// Does nothing but answer pings, for as long as nothing else is said.
    pub async fn stay(&mut self) -> Infallible {
        loop {
            match self.0.next().await.expect("an open socket").unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                message => panic!("{message:?}"),
            }
        }
    }

    async fn next(&mut self) -> Message {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("the server to speak");
            match message.expect("an open socket").unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }
}
