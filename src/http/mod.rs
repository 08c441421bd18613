//! What speaks HTTP: the listener, the routes, the GraphQL endpoint, its WebSocket, health.
//!
//! Turns requests into operations and outcomes into responses. What an operation may do is decided
//! below, in `graphql`; nothing uses this module but the program itself.

mod client;
mod envelope;
mod graphql;
mod health;
mod log;
mod media;
mod origin;
mod places;
mod playground;
mod routes;
mod server;
mod stream;
mod viewer;
mod websocket;

use std::sync::Arc;

use tokio::sync::watch;

use self::places::Places;
pub use self::server::{serve, while_starting};
use crate::{
    app::App,
    config::Origin,
    error::Result,
    graphql::{execution::Executor, sdl},
};

/// What all handlers share.
struct Http {
    app: App,
    executor: Executor,
    /// The schema's text.
    sdl: String,
    /// The web origins that may call besides the one that a request itself names.
    origins: Vec<Origin>,
    /// Becomes true when the server begins to stop.
    stopping: watch::Receiver<bool>,
    /// The live connections that may still be opened.
    places: Arc<Places>,
    /// The requests with files that may still be sent.
    uploads: Arc<Places>,
    /// Every open WebSocket holds a receiver, so that a stopping server knows when all are closed.
    sockets: Arc<watch::Sender<()>>,
}

type Shared = Arc<Http>;

impl Http {
    fn new(
        app: App,
        stopping: watch::Receiver<bool>,
        sockets: Arc<watch::Sender<()>>,
    ) -> Result<Self> {
        let executor = Executor::new(app.clone())?;
        let config = &app.config;
        let places = Places::new(
            config.max_live_connections_per_user,
            config.max_live_connections_per_address,
        );
        let uploads = Places::new(config.max_uploads_per_user, usize::MAX);
        let (places, uploads) = (Arc::new(places), Arc::new(uploads));
        let origins = origin::known(&app.config);
        Ok(Self { app, executor, sdl: sdl(), origins, stopping, places, uploads, sockets })
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}
