//! Heavy work beside the server: on a thread of its own, which is little beside the work, so that it
//! can have a priority of its own and give way to whatever serves somebody.

use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// How nice the work is to what else wants its core: it gets a tenth of it then.
#[cfg(target_os = "linux")]
pub const NICENESS: i32 = 10;

/// Runs the work to its end, also where the caller hangs up. How much runs at once is the caller's
/// to bound.
///
/// # Errors
/// What the work fails with, and when there is no thread for it.
pub async fn run<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (reply, done) = oneshot::channel();
    let work = move || {
        give_way();
        // Nobody waits for it where the caller hung up.
        let _heard = reply.send(work());
    };
    std::thread::Builder::new().name(name.into()).spawn(work).map_err(Error::internal)?;
    done.await.map_err(Error::internal)?
}

/// Lowers the priority of the thread that runs this.
fn give_way() {
    // Elsewhere the priority is the whole process's.
    #[cfg(target_os = "linux")]
    let _best_effort = rustix::process::nice(NICENESS);
}
