//! The streams of HTTP/2: each can be broken off alone, since the other requests of its connection
//! have nothing to do with a client that does not take one answer.

use hyper::rt::Executor;

use crate::realtime::Hangup;

tokio::task_local! {
    static HANGUP: Hangup;
}

/// How to break off the stream that this task serves.
pub(super) fn hangup() -> Hangup {
    HANGUP.try_with(Clone::clone).unwrap_or_default()
}

/// Serves each stream in a task of its own. A body that waits for its client is not asked for more,
/// so that it could not end by itself: the task is what ends.
#[derive(Clone, Copy)]
pub(super) struct Streams;

impl<F> Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let hangup = Hangup::default();
        let broken_off = hangup.clone();
        tokio::spawn(HANGUP.scope(hangup, async move {
            tokio::select! {
                _ = stream => {}
                () = broken_off.asked() => {}
            }
        }));
    }
}
