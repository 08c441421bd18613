//! The listener: accepts connections, bounds what a client may hold open, stops in good order.

use std::{
    convert::Infallible,
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    http::{Request, Version},
    response::Response,
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::Service;

use super::{
    Http,
    client::Peer,
    routes,
    stream::{self, Streams},
};
use crate::{app::App, config::Config, logging::Sparse, realtime::Hangup};

/// The longest head of a request, with its address.
const HEAD_MAX_BYTES: usize = 64 * 1024;
/// How long to wait when no connection can be accepted, as when the process may open no more files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// That comes again and again for as long as it lasts.
static NOT_ACCEPTED: Sparse = Sparse::new(Duration::from_secs(5));
const HTTP2_STREAMS: u32 = 128;

/// Serves until `shutdown` resolves, then finishes what runs and returns.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let sockets = Arc::new(watch::channel(()).0);
    let patience = app.config.shutdown_timeout.duration();
    let head_within = app.config.request_head_timeout.duration();
    let http = Http::new(app, stopping, sockets.clone()).map_err(io::Error::other)?;
    let protocol = Arc::new(protocol(head_within));
    let service = routes::service(Arc::new(http));
    let server = Server { service, protocol, head_within, listener: &listener };
    let connections = GracefulShutdown::new();
    tokio::select! {
        never = server.accept(&connections) => match never {},
        () = shutdown => {}
    }
    tracing::info!("stopping: no longer ready, finishing what runs");
    stop.send_replace(true);
    // Whoever comes now is told so, rather than refused: probes see that the server is not ready.
    let late = GracefulShutdown::new();
    let finished = async { tokio::join!(connections.shutdown(), sockets.closed()) };
    tokio::select! {
        never = server.accept(&late) => match never {},
        _ = finished => {}
        () = tokio::time::sleep(patience) => {
            tracing::warn!("some requests did not finish in time and were dropped");
        }
    }
    Ok(())
}

/// Does what must be done before anything can be served, and tells probes meanwhile that the process
/// lives and is not ready.
pub async fn while_starting<T>(
    listener: &TcpListener,
    config: &Config,
    work: impl Future<Output = T>,
) -> T {
    let head_within = config.request_head_timeout.duration();
    let protocol = Arc::new(protocol(head_within));
    let server = Server { service: routes::starting(), protocol, head_within, listener };
    let connections = GracefulShutdown::new();
    let done = tokio::select! {
        never = server.accept(&connections) => match never {},
        done = work => done,
    };
    // Whoever would ask once more over the same connection connects anew.
    tokio::spawn(connections.shutdown());
    done
}

struct Server<'l, S> {
    listener: &'l TcpListener,
    service: S,
    protocol: Arc<Builder<Streams>>,
    /// How long a client may take to send a request's head.
    head_within: Duration,
}

impl<S> Server<'_, S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    async fn accept(&self, connections: &GracefulShutdown) -> Infallible {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => self.open(stream, Peer(peer), connections.watcher()),
                Err(error) => {
                    if let Some(untold) = NOT_ACCEPTED.ask() {
                        tracing::warn!(%error, untold, "a connection could not be accepted");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn open(&self, stream: TcpStream, peer: Peer, watcher: Watcher) {
        // Answers are written whole, so there is nothing to wait for.
        let _best_effort = stream.set_nodelay(true);
        let (service, protocol) = (self.service.clone(), self.protocol.clone());
        let head_within = self.head_within;
        tokio::spawn(async move {
            let (spoke, hangup) = (AtomicBool::new(false), Hangup::default());
            let spoken = service_fn(|request: Request<Incoming>| {
                spoke.store(true, Ordering::Relaxed);
                let mut service = service.clone();
                let has_connection_to_itself = request.version() < Version::HTTP_2;
                let connection = has_connection_to_itself.then(|| hangup.clone());
                async move {
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(peer);
                    request.extensions_mut().insert(connection.unwrap_or_else(stream::hangup));
                    service.call(request).await
                }
            });
            let connection = protocol.serve_connection_with_upgrades(TokioIo::new(stream), spoken);
            let serving = watcher.watch(connection);
            tokio::pin!(serving);
            // hyper bounds the head of each request, but not how long it takes to tell HTTP/1 from
            // HTTP/2 by the first bytes.
            let served = async {
                let ended = tokio::time::timeout(head_within, &mut serving).await;
                if ended.is_err() && spoke.load(Ordering::Relaxed) {
                    let _broken = serving.await;
                }
            };
            tokio::select! {
                () = served => {}
                () = hangup.asked() => {}
            }
        });
    }
}

fn protocol(head_within: Duration) -> Builder<Streams> {
    let mut builder = Builder::new(Streams);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .max_buf_size(HEAD_MAX_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(HEAD_MAX_BYTES as u32)
        .keep_alive_interval(Some(head_within));
    builder
}
