//! The operations that run on one socket, by their ids. Dropping this stops them all.

use std::collections::HashMap;

use async_graphql::parser::types::OperationType;
use futures_util::{
    StreamExt,
    stream::{AbortHandle, BoxStream, SelectAll, abortable},
};

use crate::graphql::{execution::Outcome, live::Live};

/// What comes of an operation.
pub(super) enum Answer {
    /// The only answer of a query or mutation.
    Whole(Box<Outcome>),
    /// One of many of a subscription.
    Live(Live),
}

/// What an operation has to tell.
pub(super) enum Event {
    /// An answer, of several if it is a subscription.
    Answer { id: String, answer: Answer },
    /// There will be no more.
    End { id: String },
}

struct Running {
    handle: AbortHandle,
    is_subscription: bool,
}

/// The running operations.
#[derive(Default)]
pub(super) struct Operations {
    running: HashMap<String, Running>,
    events: SelectAll<BoxStream<'static, Event>>,
}

impl Operations {
    pub fn contains(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether there is one that will end by itself.
    pub fn any_finite(&self) -> bool {
        self.running.values().any(|running| !running.is_subscription)
    }

    pub fn start(
        &mut self,
        id: String,
        kind: OperationType,
        answers: impl futures_util::Stream<Item = Answer> + Send + 'static,
    ) {
        let is_subscription = kind == OperationType::Subscription;
        let (named, last) = (id.clone(), id.clone());
        let answers = answers.map(move |answer| Event::Answer { id: named.clone(), answer });
        let end = futures_util::stream::once(async move { Event::End { id: last } });
        let (events, handle) = abortable(answers.chain(end));
        self.running.insert(id, Running { handle, is_subscription });
        self.events.push(events.boxed());
    }

    /// Forgets the operation; if it still runs, it stops here.
    pub fn stop(&mut self, id: &str) {
        if let Some(running) = self.running.remove(id) {
            running.handle.abort();
        }
    }

    /// Whatever comes next from any of them; never, while none runs.
    pub async fn next(&mut self) -> Event {
        match self.events.next().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}
