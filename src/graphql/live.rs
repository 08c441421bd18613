//! Runs subscriptions: decides once whether each may begin, then answers for what happens.
//!
//! An answer is a request of its own: it has fresh loaders, sees what is committed by then, and is
//! the same for all who selected the same and see the same ([`super::sameness`]). So it is made
//! once, and once only, for all of them ([`crate::realtime`]).

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
};

use async_graphql::{Response, Variables};
use axum::http::HeaderValue;
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture, stream};
use sha2::{Digest, Sha256};

use super::{
    body,
    context::RequestInfo,
    documents::{Document, DocumentHash},
    error::failure,
    execution::{Executor, Outcome, Prepared, panicked, timed_out},
    sameness,
    subscription::Occasion,
};
use crate::{
    auth::Viewer,
    db::{statistics::Statements, watch::Happening},
    error::{Error, SESSION_ENDED},
    metrics,
    realtime::{End, GroupKey, Hangup, Selection, Subscription, Told, Wanted},
};

/// What a subscription tells its client. After a refusal or a break there is nothing more.
#[derive(Debug)]
pub enum Live {
    /// An answer's body.
    Answer(Bytes),
    /// Why it may not run, or no longer.
    Refused(Box<Outcome>),
    /// The server breaks it off, and the connection with it: the client did not take what came, or
    /// something was missed.
    Broken(End),
}

impl Executor {
    /// Runs a subscription. Who has to be broken off is, by `hangup`.
    pub fn subscribe(
        self,
        prepared: Prepared,
        info: RequestInfo,
        hangup: Hangup,
    ) -> impl Stream<Item = Live> + Send + 'static {
        let begun = async move {
            let request_id = info.id.clone();
            match LiveOperation::begin(self, prepared, info, hangup).await {
                Ok(subscription) => subscription
                    .filter_map(move |told| std::future::ready(live(told, &request_id)))
                    .left_stream(),
                Err(outcome) => stream::once(std::future::ready(Live::Refused(Box::new(outcome))))
                    .right_stream(),
            }
        };
        stream::once(begun).flatten()
    }
}

fn live(told: Told, request_id: &str) -> Option<Live> {
    match told {
        Told::Answer(body) => Some(Live::Answer(body)),
        Told::End(End::Done) => None,
        Told::End(End::LoggedOut) => {
            let error = failure(Error::Unauthenticated(SESSION_ENDED));
            Some(Live::Refused(Box::new(Outcome::refused(vec![error], request_id))))
        }
        Told::End(why @ (End::TooSlow | End::Missed)) => Some(Live::Broken(why)),
    }
}

/// What one or more people subscribed to.
struct LiveOperation {
    executor: Executor,
    document: Arc<Document>,
    variables: Variables,
    name: Option<String>,
    /// Of the request that came first.
    info: RequestInfo,
}

impl LiveOperation {
    async fn begin(
        executor: Executor,
        prepared: Prepared,
        info: RequestInfo,
        hangup: Hangup,
    ) -> Result<Subscription, Outcome> {
        let Prepared { document, variables, name, .. } = prepared;
        let operation = Self { executor, document, variables, name, info };
        let (viewer, topic) = (operation.info.viewer, Arc::new(OnceLock::new()));
        let statements = Statements::default();
        let refused = operation.execute(Occasion::Begin(topic.clone()), viewer, &statements).await;
        if let Some(response) = refused {
            return Err(refusal(operation.finish(response, &statements)));
        }
        let Some(topic) = topic.get().copied() else {
            let error = failure(Error::bad_input(
                "The subscription waits for nothing: `@skip` or `@include` leaves its field out.",
            ));
            return Err(operation.finish(Response::from_errors(vec![error]), &statements));
        };
        let hub = operation.executor.app().hub.clone();
        let (request_id, group) = (operation.info.id.clone(), operation.group());
        let wanted = Wanted { topic, group, selection: Arc::new(operation), viewer, hangup };
        let joined = hub.join(wanted).await;
        let joined = joined.map_err(|error| Outcome::refused(vec![failure(error)], &request_id))?;
        metrics::operation(metrics::Kind::Subscription, None, &[]);
        Ok(joined)
    }

    /// Those who get the same: by the document, the operation in it, its variables, and where these
    /// do not decide it alone, the viewer and the address of this server that they know.
    fn group(&self) -> GroupKey {
        let types = self.executor.types();
        let parsed = self.document.parsed();
        let operation = self.document.operation(self.name.as_deref());
        let same = operation.is_some_and(|it| sameness::is_same_for_all(parsed, it, types));
        let mut hash = Sha256::new_with_prefix(self.document.hash());
        hash.update(part(self.name.as_deref().unwrap_or_default().as_bytes()));
        hash.update(part(&serde_json::to_vec(&self.variables).unwrap_or_default()));
        if !same {
            if let Some(Viewer { user_id, session_id }) = self.info.viewer {
                hash.update(user_id);
                hash.update(session_id);
            }
            // Pictures have their addresses there.
            hash.update([u8::from(self.info.secure)]);
            hash.update(self.info.host.as_ref().map_or(&[][..], HeaderValue::as_bytes));
        }
        hash.finalize().into()
    }

    /// The first answer of the operation at this occasion; `None` when it has nothing to say.
    async fn execute(
        &self,
        occasion: Occasion,
        viewer: Option<Viewer>,
        statements: &Statements,
    ) -> Option<Response> {
        let merges = self.document.merges();
        let info = RequestInfo { viewer, merges, ..self.info.clone() };
        let request = self.document.request(self.name.as_deref(), self.variables.clone());
        let loaders = self.executor.loaders(&info);
        let request = request.data(loaders).data(info).data(occasion);
        let mut responses = self.executor.schema().execute_stream(request);
        let work = AssertUnwindSafe(statements.during(responses.next())).catch_unwind();
        let within = self.executor.app().config.request_timeout.duration();
        match tokio::time::timeout(within, work).await {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => Some(panicked()),
            Err(_) => Some(timed_out()),
        }
    }

    fn finish(&self, response: Response, statements: &Statements) -> Outcome {
        let kind = async_graphql::parser::types::OperationType::Subscription;
        Outcome::finished(response, kind, self.name.clone(), &self.info.id, statements)
    }
}

/// What kept a subscription from beginning refuses the whole of it, so it belongs to no field.
fn refusal(mut outcome: Outcome) -> Outcome {
    outcome.response.errors.iter_mut().for_each(|error| error.path.clear());
    metrics::operation(metrics::Kind::Subscription, None, &outcome.summary.codes);
    outcome
}

/// So that no two lists of parts are the same bytes.
fn part(bytes: &[u8]) -> DocumentHash {
    Sha256::digest(bytes).into()
}

impl Selection for LiveOperation {
    fn answer(&self, happening: Happening, viewer: Option<Viewer>) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(async move {
            let statements = Statements::default();
            let occasion = Occasion::Happened(happening);
            let response = self.execute(occasion, viewer, &statements).await?;
            metrics::event_answer();
            let outcome = self.finish(response, &statements);
            Some(body::write(&outcome.response).into())
        })
    }
}
