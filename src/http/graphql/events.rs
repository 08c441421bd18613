//! Answers as server-sent events, by the distinct-connections mode of the graphql-sse protocol: one
//! request, one operation, a `next` for each answer, then `complete`.
//!
//! A stream that ends without `complete` was broken off, and the client should ask anew: the server
//! stops, the client was too slow, or events were missed.

use std::{convert::Infallible, ops::ControlFlow, time::Duration};

use async_graphql::parser::types::OperationType;
use axum::{
    body::Body as StreamBody,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use super::super::{
    Shared,
    places::{Holder, Place},
    viewer,
};
use super::Refusal;
use crate::{
    graphql::{
        body,
        context::RequestInfo,
        execution::{Outcome, Prepared, Summary},
        live::Live,
    },
    realtime::Hangup,
};

/// Proxies close connections that say nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(12);
const NOTHING: Bytes = Bytes::from_static(b":\n\n");
const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");
/// Tells nginx not to gather what should arrive at once.
const NO_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// The answers of an operation that may run.
pub(super) async fn stream(
    http: &Shared,
    prepared: Prepared,
    info: RequestInfo,
    hangup: Hangup,
) -> Result<Response, Refusal> {
    let kind = prepared.kind;
    let summary = Summary { kind: Some(kind), name: prepared.name.clone(), ..Summary::default() };
    let executor = http.executor.clone();
    let events = if kind == OperationType::Subscription {
        let places = take_places(http, &info).await?;
        let answers = executor.subscribe(prepared, info, hangup);
        let event = move |live| {
            let _held_as_long_as_the_stream = &places;
            event_of(live)
        };
        answers.map(event).boxed()
    } else {
        let within = http.app.config.request_timeout.duration();
        let answer = async move { executor.run_within(prepared, info, within).await };
        stream::once(answer).map(|outcome| ControlFlow::Continue(next(&outcome))).boxed()
    };
    Ok(respond(http, events, summary))
}

/// The refusal of an operation that may not run, as an answer: a browser's `EventSource` does not
/// show its page anything but events.
pub(super) fn refused(http: &Shared, outcome: &Outcome) -> Response {
    let event = ControlFlow::Continue(next(outcome));
    let summary = outcome.summary.clone();
    respond(http, stream::once(std::future::ready(event)).boxed(), summary)
}

/// A session that has ended takes none from its user: its operation is refused by itself.
async fn take_places(http: &Shared, info: &RequestInfo) -> Result<Vec<Place>, Refusal> {
    let address = http.app.keys.address_hash(info.address);
    let address = address.map_err(|_no_key| Refusal::panicked(&info.id))?;
    let user = match info.viewer {
        Some(viewer) if viewer::has_ended(&http.app, viewer).await => None,
        viewer => viewer.map(|viewer| Holder::User(viewer.user_id)),
    };
    let holders = [Some(Holder::Address(address)), user].into_iter().flatten();
    let places: Option<Vec<Place>> = holders.map(|holder| http.places.take(holder)).collect();
    places.ok_or_else(Refusal::too_many_connections)
}

/// An event; `Break` ends the stream without `complete`.
type Event = ControlFlow<(), Bytes>;

fn event_of(live: Live) -> Event {
    match live {
        Live::Answer(body) => ControlFlow::Continue(next_of(&body)),
        Live::Refused(outcome) => ControlFlow::Continue(next(&outcome)),
        Live::Broken(_) => ControlFlow::Break(()),
    }
}

fn next(outcome: &Outcome) -> Bytes {
    next_of(&body::write(&outcome.response))
}

/// JSON as it is written here has no line breaks.
fn next_of(body: &[u8]) -> Bytes {
    [b"event: next\ndata: ", body, b"\n\n"].concat().into()
}

fn respond(http: &Shared, events: BoxStream<'static, Event>, summary: Summary) -> Response {
    let mut pulse = time::interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
    pulse.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    // What ends by itself may do so while the server stops.
    let endless = summary.kind == Some(OperationType::Subscription);
    let stopping = endless.then(|| http.stopping.clone());
    let chunks = stream::unfold(Some(Chunks { events, stopping, pulse }), async |chunks| {
        let mut chunks = chunks?;
        let (chunk, is_last) = chunks.next().await?;
        Some((chunk, (!is_last).then_some(chunks)))
    });
    // At once, so that the client sees that it is connected.
    let chunks = stream::once(std::future::ready(NOTHING)).chain(chunks).map(Ok::<_, Infallible>);
    let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    let body = StreamBody::from_stream(chunks);
    let mut response = (headers, [NO_BUFFERING], body).into_response();
    response.extensions_mut().insert(summary);
    response
}

/// What is still to be written.
struct Chunks {
    events: BoxStream<'static, Event>,
    stopping: Option<watch::Receiver<bool>>,
    pulse: time::Interval,
}

impl Chunks {
    /// The next bytes, and whether they are the last; `None` when the stream is broken off.
    async fn next(&mut self) -> Option<(Bytes, bool)> {
        let stopping = async {
            match &mut self.stopping {
                Some(stopping) => drop(stopping.wait_for(|stopping| *stopping).await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = self.events.next() => match event {
                Some(ControlFlow::Continue(bytes)) => Some((bytes, false)),
                Some(ControlFlow::Break(())) => None,
                None => Some((COMPLETE, true)),
            },
            _ = self.pulse.tick() => Some((NOTHING, false)),
            () = stopping => None,
        }
    }
}
