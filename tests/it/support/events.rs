//! A client's end of a stream of server-sent events.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::client::Client;

/// Longer than anything that is waited for on purpose.
const PATIENCE: Duration = Duration::from_secs(5);
pub const EVENT_STREAM: &str = "text/event-stream";

/// What comes on a stream.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// A comment, which only says that the stream lives.
    Alive,
    Next(Value),
    Complete,
    /// The stream is over.
    Closed,
}

pub struct Events {
    response: Response,
    unread: String,
    /// How much of it is known to hold no end of an event.
    looked_through: usize,
}

impl Events {
    /// Asks for an operation as most clients do it: by POST.
    pub async fn of(client: &Client, document: &str) -> Self {
        let request = client.accepting(Method::POST, "/graphql", EVENT_STREAM);
        Self::open(request.json(&json!({ "query": document }))).await
    }

    /// Sends the request, which is answered with a stream.
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        let mut events = Self { response, unread: String::new(), looked_through: 0 };
        assert_eq!(events.hear().await, Heard::Alive, "at once");
        events
    }

    /// The data of the next event.
    pub async fn event(&mut self) -> Value {
        match self.hear().await {
            Heard::Next(answer) => answer["data"].clone(),
            other => panic!("no event but {other:?}"),
        }
    }

    /// Whatever comes next.
    pub async fn hear(&mut self) -> Heard {
        let block = loop {
            if let Some(end) = self.unread[self.looked_through..].find("\n\n") {
                let rest = self.unread.split_off(self.looked_through + end + 2);
                self.looked_through = 0;
                break std::mem::replace(&mut self.unread, rest);
            }
            self.looked_through = self.unread.trim_end_matches('\n').len();
            let chunk =
                timeout(PATIENCE, self.response.chunk()).await.expect("the server to speak");
            match chunk {
                Ok(Some(bytes)) => self.unread.push_str(std::str::from_utf8(&bytes).unwrap()),
                Ok(None) | Err(_) => return Heard::Closed,
            }
        };
        match &block[..block.len() - 2] {
            ":" => Heard::Alive,
            "event: complete\ndata:" => Heard::Complete,
            next => {
                let data = next.strip_prefix("event: next\ndata: ").expect(next);
                Heard::Next(serde_json::from_str(data).unwrap())
            }
        }
    }
}
