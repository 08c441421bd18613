//! One subscription: the room's end of its queue, and the subscriber's.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::{Notify, mpsc};

use super::{End, hub::Seat};
use crate::{auth::Viewer, metrics};

/// How many answers may wait for a subscriber.
const QUEUE: usize = 32;

/// Breaks off whatever a connection, or a stream of one, is stuck in when it does not take what is
/// sent to it.
#[derive(Clone, Debug, Default)]
pub struct Hangup(Arc<Notify>);

impl Hangup {
    /// Waits until the connection should be broken off.
    pub async fn asked(&self) {
        self.0.notified().await;
    }
}

/// What a subscriber is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An answer, ready to be sent.
    Answer(Bytes),
    /// That there will be no more.
    End(End),
}

/// The room's end.
pub(super) struct Member {
    pub viewer: Option<Viewer>,
    queue: mpsc::Sender<Bytes>,
    ended: Arc<OnceLock<End>>,
    hangup: Hangup,
}

impl Member {
    pub fn new(viewer: Option<Viewer>, hangup: Hangup) -> (Self, Queue) {
        let (queue, answers) = mpsc::channel(QUEUE);
        let ended = Arc::default();
        let member = Self { viewer, queue, ended: Arc::clone(&ended), hangup };
        (member, Queue { answers, ended })
    }

    /// Hands over an answer. False when the member is to be let go.
    pub fn tell(&self, answer: Bytes) -> bool {
        match self.queue.try_send(answer) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.end(End::TooSlow);
                self.hangup.0.notify_one();
                false
            }
        }
    }

    /// Says why it is over, which the subscriber hears after what waits for it, and once the member
    /// is let go.
    pub fn end(&self, why: End) {
        if self.ended.set(why).is_ok() {
            metrics::subscription_ended(why.name());
        }
    }
}

/// The subscriber's end, before there is a seat for it.
pub(super) struct Queue {
    answers: mpsc::Receiver<Bytes>,
    ended: Arc<OnceLock<End>>,
}

impl Queue {
    pub fn seated(self, seat: Seat) -> Subscription {
        Subscription { queue: self, seat: Some(seat) }
    }
}

/// The subscriber's end: a stream that ends with why it ended. Dropping it ends the subscription.
pub struct Subscription {
    queue: Queue,
    /// `None` once it was told that there is no more.
    seat: Option<Seat>,
}

impl Stream for Subscription {
    type Item = Told;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Told>> {
        if self.seat.is_none() {
            return Poll::Ready(None);
        }
        let answer = std::task::ready!(self.queue.answers.poll_recv(context));
        Poll::Ready(Some(match answer {
            Some(answer) => Told::Answer(answer),
            None => {
                self.seat = None;
                Told::End(self.queue.ended.get().copied().unwrap_or(End::Missed))
            }
        }))
    }
}
