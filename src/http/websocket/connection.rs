//! One socket from its introduction to its end.
//!
//! All of it is one task: what the client says, what its operations answer and the clock take
//! turns. While an answer is being sent nothing else is read or run, so a client that does not
//! read cannot make the server pile anything up; after a while it is dropped.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use async_graphql::{ServerError, parser::types::OperationType};
use axum::extract::ws::{Message, WebSocket};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use tokio::{sync::watch, time};

use super::{
    super::{
        Shared,
        graphql::{Parameters, Refusal},
        log,
        places::{Holder, Place},
        viewer::{self, BadCredential},
    },
    close::Close,
    line::{CLOSE_WITHIN, Line, Turn},
    message::{Incoming, Outgoing, next_frame},
    operations::{Answer, Event, Operations},
};
use crate::{
    error::Code,
    graphql::{
        body::{self, is_request_error},
        context::RequestInfo,
        execution::{Outcome, Prepared, Summary},
        live::Live,
        syntax::request_error,
    },
    realtime::End,
};

/// How often a client is pinged, and its session asked for; one that says nothing between two pings
/// is gone.
const HEARTBEAT: Duration = Duration::from_secs(20);

pub(super) struct Connection {
    http: Shared,
    stopping: watch::Receiver<bool>,
    info: RequestInfo,
    credential: Option<String>,
    line: Line,
    operations: Operations,
    /// One of those that its user may have.
    place: Option<Place>,
    /// Comes when its user's session has ended.
    session_end: BoxFuture<'static, ()>,
    acknowledged: bool,
    heard: bool,
    /// How many operations were asked for: numbers them in the log.
    asked: u64,
}

impl Connection {
    pub fn new(
        http: Shared,
        info: RequestInfo,
        credential: Option<String>,
        socket: WebSocket,
    ) -> Self {
        let send_within = http.app.config.socket_send.duration();
        Self {
            stopping: http.stopping.clone(),
            http,
            info,
            credential,
            line: Line::new(socket, send_within),
            operations: Operations::default(),
            place: None,
            session_end: std::future::pending().boxed(),
            acknowledged: false,
            heard: true,
            asked: 0,
        }
    }

    pub async fn run(mut self) {
        let init = time::sleep(self.http.app.config.socket_init.duration());
        tokio::pin!(init);
        let mut heartbeat = time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            let is_stopping = *self.stopping.borrow();
            if is_stopping && !self.operations.any_finite() {
                return self.close(Close::going_away()).await;
            }
            let turn = tokio::select! {
                message = self.line.recv(), if !is_stopping => self.receive(message).await,
                event = self.operations.next() => self.tell(event).await,
                () = &mut init, if !self.acknowledged => {
                    ControlFlow::Break(Some(Close::init_timeout()))
                }
                _ = heartbeat.tick() => self.check_pulse().await,
                () = &mut self.session_end => {
                    ControlFlow::Break(Some(Close::forbidden(BadCredential::Token)))
                }
                Ok(()) = self.stopping.changed() => ControlFlow::Continue(()),
            };
            match turn {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(Some(close)) => return self.close(close).await,
                ControlFlow::Break(None) => return,
            }
        }
    }

    pub async fn close(self, close: Close) {
        // What nobody will hear any more need not run on.
        drop(self.operations);
        self.line.close(close).await;
    }

    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Turn {
        self.heard = true;
        match message {
            Some(Ok(Message::Text(text))) => {
                if text.len() > self.http.app.config.max_socket_message_bytes {
                    return ControlFlow::Break(Some(Close::too_large()));
                }
                match Incoming::read(&text) {
                    Ok(incoming) => self.handle(incoming).await,
                    Err(close) => ControlFlow::Break(Some(close)),
                }
            }
            Some(Ok(Message::Binary(_))) => {
                ControlFlow::Break(Some(Close::bad_message("Messages are text")))
            }
            // Answered below us.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => ControlFlow::Continue(()),
            Some(Ok(Message::Close(_))) => {
                // The library has its answer ready, and sends it when it is asked for more.
                let _best_effort = time::timeout(CLOSE_WITHIN, self.line.recv()).await;
                ControlFlow::Break(None)
            }
            None => ControlFlow::Break(None),
            Some(Err(error)) => ControlFlow::Break(Some(Close::unreadable(&error))),
        }
    }

    async fn handle(&mut self, incoming: Incoming) -> Turn {
        match incoming {
            Incoming::Init { .. } if self.acknowledged => {
                ControlFlow::Break(Some(Close::second_init()))
            }
            Incoming::Init { credential } => {
                self.credential = credential.or_else(|| self.credential.take());
                self.authenticate()?;
                self.take_place().await?;
                self.acknowledged = true;
                self.send(&Outgoing::ConnectionAck).await
            }
            Incoming::Ping { payload } => self.send(&Outgoing::Pong { payload }).await,
            Incoming::Pong => ControlFlow::Continue(()),
            Incoming::Subscribe { .. } if !self.acknowledged => {
                ControlFlow::Break(Some(Close::unauthorized()))
            }
            Incoming::Subscribe { id, parameters } => self.subscribe(id, *parameters).await,
            Incoming::Complete { id } => {
                self.operations.stop(&id);
                ControlFlow::Continue(())
            }
        }
    }

    /// Asked again for every operation, since a token may expire while its socket is open.
    fn authenticate(&mut self) -> Turn {
        match viewer::verify(self.credential.as_deref(), &self.http.app.tokens) {
            Ok(viewer) => {
                self.info.viewer = viewer;
                ControlFlow::Continue(())
            }
            Err(why) => ControlFlow::Break(Some(Close::forbidden(why))),
        }
    }

    /// Only a session that stands takes a place from its user, and holds it for no longer than it does.
    async fn take_place(&mut self) -> Turn {
        let Some(viewer) = self.info.viewer else { return ControlFlow::Continue(()) };
        if viewer::has_ended(&self.http.app, viewer).await {
            return ControlFlow::Break(Some(Close::forbidden(BadCredential::Token)));
        }
        self.place = self.http.places.take(Holder::User(viewer.user_id));
        if self.place.is_none() {
            return ControlFlow::Break(Some(Close::too_many()));
        }
        let app = self.http.app.clone();
        self.session_end = viewer::until_ended(app, viewer, HEARTBEAT).boxed();
        ControlFlow::Continue(())
    }

    async fn subscribe(&mut self, id: String, parameters: Parameters) -> Turn {
        if self.operations.contains(&id) {
            return ControlFlow::Break(Some(Close::duplicate_id(&id)));
        }
        self.authenticate()?;
        self.asked += 1;
        let info = RequestInfo {
            id: format!("{}.{}", self.info.id, self.asked).into(),
            ..self.info.clone()
        };
        let max = self.http.app.config.max_socket_operations;
        let prepared = if self.operations.len() < max {
            self.http.executor.prepare(parameters.into_operation(), info.viewer)
        } else {
            Err(vec![too_many(max)])
        };
        match prepared {
            Ok(prepared) => self.start(id, prepared, info),
            Err(errors) => {
                let outcome = Outcome::refused(errors, &info.id);
                log::operation(&info.id, "websocket", None, Instant::now(), &outcome.summary);
                return self
                    .send(&Outgoing::Error { id: &id, payload: &outcome.response.errors })
                    .await;
            }
        }
        ControlFlow::Continue(())
    }

    fn start(&mut self, id: String, prepared: Prepared, info: RequestInfo) {
        let (kind, executor) = (prepared.kind, self.http.executor.clone());
        if kind == OperationType::Subscription {
            let summary =
                Summary { kind: Some(kind), name: prepared.name.clone(), ..Summary::default() };
            log::operation(&info.id, "websocket", None, Instant::now(), &summary);
            let events = executor.subscribe(prepared, info, self.line.hangup());
            return self.operations.start(id, kind, events.map(Answer::Live));
        }
        let within = self.http.app.config.request_timeout.duration();
        let answer = async move {
            let (started, request_id) = (Instant::now(), info.id.clone());
            let outcome = executor.run_within(prepared, info, within).await;
            log::operation(&request_id, "websocket", None, started, &outcome.summary);
            Answer::Whole(Box::new(outcome))
        };
        self.operations.start(id, kind, stream::once(answer));
    }

    async fn tell(&mut self, event: Event) -> Turn {
        match event {
            Event::Answer { id, answer } => self.answer(&id, answer).await,
            Event::End { id } => {
                self.operations.stop(&id);
                self.send(&Outgoing::Complete { id: &id }).await
            }
        }
    }

    async fn answer(&mut self, id: &str, answer: Answer) -> Turn {
        match answer {
            Answer::Whole(outcome) if !is_request_error(&outcome.response) => {
                self.line.send(next_frame(id, &body::write(&outcome.response))).await
            }
            Answer::Whole(outcome) | Answer::Live(Live::Refused(outcome)) => {
                self.operations.stop(id);
                self.send(&Outgoing::Error { id, payload: &outcome.response.errors }).await
            }
            Answer::Live(Live::Answer(body)) => self.line.send(next_frame(id, &body)).await,
            Answer::Live(Live::Broken(why)) => ControlFlow::Break(Some(match why {
                End::TooSlow => Close::too_slow(),
                _ => Close::missed(),
            })),
        }
    }

    async fn check_pulse(&mut self) -> Turn {
        if !std::mem::take(&mut self.heard) {
            return ControlFlow::Break(None);
        }
        self.line.send(Message::Ping(axum::body::Bytes::new())).await
    }

    async fn send(&mut self, message: &Outgoing<'_>) -> Turn {
        self.line.send(message.to_frame()).await
    }
}

fn too_many(max: usize) -> ServerError {
    let message = format!("This connection runs {max} operations already; complete one first.");
    let mut error = request_error(Code::RateLimited, message, &[]);
    if let Some(extensions) = &mut error.extensions {
        extensions.set("retryAfter", Refusal::TRY_AGAIN_AFTER);
    }
    error
}
