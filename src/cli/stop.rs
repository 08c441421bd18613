//! Ctrl-C, SIGTERM, and SIGHUP of a terminal that was closed: the first asks the server to stop, the
//! second ends the program at once.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::{failure::Failure, output};

/// What a shell shows for a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Whether the program was asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens from now on; `tell` tells whoever asked that they were heard.
    pub(super) fn listen(tell: impl FnOnce() + Send + 'static) -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::io("listen to the system's signals", error))
        };
        let mut interrupts = listen(SignalKind::interrupt())?;
        let mut terminations = listen(SignalKind::terminate())?;
        let mut hangups = listen(SignalKind::hangup())?;
        let (ask, asked) = watch::channel(false);
        tokio::spawn(async move {
            let mut next = async || {
                tokio::select! {
                    _ = interrupts.recv() => {}
                    _ = terminations.recv() => {}
                    _ = hangups.recv() => {}
                }
            };
            next().await;
            tell();
            ask.send_replace(true);
            next().await;
            // The embedded database notices that we are gone and ends by itself.
            std::process::exit(INTERRUPTED);
        });
        Ok(Self(asked))
    }

    /// Listens for a person at a terminal.
    pub(super) fn listen_to_person() -> Result<Self, Failure> {
        Self::listen(|| output::note("Stopping … (once more to stop at once)"))
    }

    /// Waits until the program is asked to stop.
    pub(super) async fn asked(mut self) {
        // An error means that nobody listens any more, so nobody can ask.
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Does the work, unless the program is asked to stop before it is done.
    pub(super) async fn unless_asked<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.clone().asked() => None,
        }
    }
}
