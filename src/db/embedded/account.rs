//! The account that PostgreSQL runs under, and the one way in which its programs are started.
//!
//! PostgreSQL refuses root. A server started by root therefore runs it as the owner of the existing
//! data, or else as `postgres` or `nobody`.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::error::EmbeddedError;

/// What PostgreSQL's programs may see of our environment. Nothing else: it holds secrets, and the
/// account that they run under can be shared with strangers (`nobody`).
const ENVIRONMENT: [&str; 4] = ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// The account PostgreSQL runs under: our own, or one that root drops to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    dropped_to: Option<(u32, u32)>,
}

impl Account {
    /// Chooses the account; `data` is the data folder, which may not exist yet.
    pub(super) async fn choose(data: &Path) -> Result<Self, EmbeddedError> {
        use std::os::unix::fs::MetadataExt;

        if !rustix::process::geteuid().is_root() {
            return Ok(Self { dropped_to: None });
        }
        if let Ok(existing) = std::fs::metadata(data)
            && existing.uid() != 0
        {
            return Ok(Self { dropped_to: Some((existing.uid(), existing.gid())) });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (id("-u", name).await, id("-g", name).await)
                && user != 0
            {
                return Ok(Self { dropped_to: Some((user, group)) });
            }
        }
        Err(EmbeddedError::NoAccount)
    }

    /// Whether this is another account than our own.
    pub(super) fn is_dropped(self) -> bool {
        self.dropped_to.is_some()
    }

    /// A command that runs under this account, in a folder and an environment of no interest.
    pub(super) fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some((user, group)) = self.dropped_to {
            command.uid(user).gid(group);
        }
        command
    }

    /// Hands a file or folder to this account.
    pub(super) fn own(self, path: &Path) -> Result<(), EmbeddedError> {
        match self.dropped_to {
            None => Ok(()),
            Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group))
                .map_err(EmbeddedError::io("change the owner of", path)),
        }
    }

    /// Whether the account reaches a folder: a home folder of mode 0700 above it is enough to hide
    /// it. Asked of the system itself, since mode bits are not all that decides.
    pub(super) async fn can_enter(self, folder: &Path) -> bool {
        if !self.is_dropped() {
            return true;
        }
        let mut probe = self.command("/bin/sh");
        probe.args(["-c", "cd \"$1\"", "sh"]).arg(folder);
        probe.stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().await.is_ok_and(|status| status.success())
    }
}

/// Asks `id`, because not every system keeps its accounts in `/etc/passwd`.
async fn id(flag: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, name]).output().await.ok()?;
    std::str::from_utf8(&output.stdout).ok()?.trim().parse().ok()
}
