//! A multipart body on its way to the parser, which by itself takes all that has come before it looks
//! at any of it, and searches the same bytes again and again while it waits for the end of a part's
//! head. Here it gets one piece at a time, and only so many bytes while it waits.

use std::{
    error::Error,
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::body::BodyDataStream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// How much may come before a part's content begins. Its head is a name and a kind.
pub(super) const HEAD_MAX: usize = 16 * 1024;

/// More than [`HEAD_MAX`] came.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a part begins too late")]
pub(super) struct HeadTooLong;

/// How many bytes the parser may still have.
#[derive(Clone)]
pub(super) struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    /// A part's head comes next.
    pub fn for_a_head(&self) {
        self.0.store(HEAD_MAX, Ordering::Relaxed);
    }

    /// What comes next is for whoever reads it to count.
    pub fn for_content(&self) {
        self.0.store(usize::MAX, Ordering::Relaxed);
    }

    /// Takes so many; the last few may be more than there are, since a piece is not cut.
    fn take(&self, count: usize) -> Result<(), HeadTooLong> {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(count), Ordering::Relaxed);
        if left == 0 { Err(HeadTooLong) } else { Ok(()) }
    }
}

/// The body.
pub(super) struct Arrival {
    body: BodyDataStream,
    allowance: Allowance,
    has_given: bool,
}

impl Arrival {
    pub fn new(body: BodyDataStream) -> (Self, Allowance) {
        let allowance = Allowance(Arc::new(AtomicUsize::new(HEAD_MAX)));
        (Self { body, allowance: allowance.clone(), has_given: false }, allowance)
    }
}

impl Stream for Arrival {
    type Item = Result<Bytes, Box<dyn Error + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if mem::take(&mut self.has_given) {
            // Nothing more until this piece has been looked at, which is at once.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(piece) = ready!(self.body.poll_next_unpin(cx)) else { return Poll::Ready(None) };
        self.has_given = true;
        let allowed = piece.map_err(Into::into).and_then(|bytes| {
            self.allowance.take(bytes.len())?;
            Ok(bytes)
        });
        Poll::Ready(Some(allowed))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::{future::poll_fn, stream};

    use super::*;

    #[tokio::test]
    async fn pieces_come_one_at_a_time_and_only_so_many_before_a_content() {
        let piece = || Ok::<_, std::io::Error>(vec![0; HEAD_MAX / 2 + 1]);
        let body = Body::from_stream(stream::repeat_with(piece).take(7));
        let (mut arrival, allowance) = Arrival::new(body.into_data_stream());
        let at_once =
            poll_fn(|cx| Poll::Ready([(); 3].map(|()| arrival.poll_next_unpin(cx).is_ready())));
        assert_eq!(at_once.await, [true, false, true]);
        let mut next = async || arrival.next().await.map(|piece| piece.is_ok());
        assert_eq!(next().await, Some(false), "two were enough");
        allowance.for_content();
        assert_eq!([next().await, next().await], [Some(true); 2]);
        allowance.for_a_head();
        assert_eq!([next().await, next().await, next().await], [Some(true), Some(true), None]);
    }
}
