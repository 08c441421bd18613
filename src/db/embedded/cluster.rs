//! The data folder on disk: made by initdb, its version, and what a server that died left in it.
//!
//! Whoever calls this holds the lock of the home.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::process::Command;
use tokio::time::Instant;

use super::account::Account;
use super::binaries::Binaries;
use super::error::EmbeddedError;

/// The superuser and owner of everything in the embedded server.
pub(super) const USER: &str = "app";

/// The major version that made the data, none if there is no data yet.
pub(super) fn major_version(data: &Path) -> Result<Option<u32>, EmbeddedError> {
    let path = data.join("PG_VERSION");
    match std::fs::read_to_string(&path) {
        Ok(text) => match text.trim().parse() {
            Ok(major) => Ok(Some(major)),
            Err(_) => Err(EmbeddedError::io("understand", path)(ErrorKind::InvalidData.into())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::io("read", path)(error)),
    }
}

/// Makes a cluster at `home/data`, aside first and then moved there, so that an initdb that is cut
/// short leaves nothing that looks like data.
pub(super) async fn create(
    home: &Path,
    binaries: &Binaries,
    account: Account,
    durable: bool,
) -> Result<(), EmbeddedError> {
    let fresh = home.join("data.new");
    match std::fs::remove_dir_all(&fresh) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(EmbeddedError::io("remove the folder", fresh)(error));
        }
        _ => {}
    }
    std::fs::create_dir(&fresh).map_err(EmbeddedError::io("make the folder", &fresh))?;
    account.own(&fresh)?;
    let mut initdb = account.command(binaries.folder.join("initdb"));
    initdb.arg("-D").arg(&fresh).args(["-U", USER, "-E", "UTF8"]).args(locale());
    initdb.args(["--auth-local=trust", "--auth-host=reject"]);
    initdb.arg(if durable { "--data-checksums" } else { "--no-sync" });
    let output = initdb.output().await.map_err(EmbeddedError::io("run", "initdb"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        let output = String::from_utf8_lossy(&said).trim().to_owned();
        return Err(EmbeddedError::Initdb { folder: fresh, output });
    }
    std::fs::rename(&fresh, home.join("data"))
        .map_err(EmbeddedError::io("move into place", fresh))?;
    if durable {
        File::open(home)
            .and_then(|folder| folder.sync_all())
            .map_err(EmbeddedError::io("write to disk", home))?;
    }
    Ok(())
}

/// Byte order for sorting and Unicode for letters, the same on every machine of a kind.
fn locale() -> &'static [&'static str] {
    if cfg!(target_os = "macos") {
        &["--locale=C", "--lc-ctype=en_US.UTF-8"]
    } else {
        &["--locale=C.UTF-8"]
    }
}

/// Puts right what a server that died has left: one that still runs is ended, and a
/// `postmaster.pid` whose number now belongs to another process is made harmless.
pub(super) async fn settle(data: &Path) -> Result<(), EmbeddedError> {
    let Some(named) = named_process(data)? else { return Ok(()) };
    match identify(named, data).await {
        // PostgreSQL sees that by itself.
        Identity::Gone => Ok(()),
        Identity::Ours => end_orphan(named, data).await,
        Identity::OtherPostgres => Err(EmbeddedError::ForeignServer {
            folder: data.to_owned(),
            pid: named.as_raw_nonzero().get().unsigned_abs(),
        }),
        Identity::Stranger => disarm(named, data),
    }
}

/// Whose the process is that `postmaster.pid` names.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    Gone,
    /// A server that we started on this folder, and that outlived us for the moment.
    Ours,
    /// A PostgreSQL server that may well run on this folder, started by someone else.
    OtherPostgres,
    /// Something else that has got the number since.
    Stranger,
}

fn named_process(data: &Path) -> Result<Option<Pid>, EmbeddedError> {
    let path = data.join("postmaster.pid");
    match std::fs::read_to_string(&path) {
        // Of a server, or a machine, that died while it wrote. The folder's lock is ours, so that it is
        // not one that is about to start, which is what PostgreSQL fears.
        Ok(text) if text.trim().is_empty() => {
            tracing::warn!("postmaster.pid is empty and is removed");
            std::fs::remove_file(&path).map_err(EmbeddedError::io("remove", path))?;
            Ok(None)
        }
        Ok(text) => {
            let number = text.lines().next().and_then(|line| line.trim().parse().ok());
            Ok(number.and_then(Pid::from_raw))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::io("read", path)(error)),
    }
}

async fn identify(pid: Pid, data: &Path) -> Identity {
    let Some(command_line) = command_line(pid).await else {
        // What can't be looked at is no server of ours; if it lives at all, it is a stranger.
        let lives = test_kill_process(pid) != Err(rustix::io::Errno::SRCH);
        return if lives { Identity::Stranger } else { Identity::Gone };
    };
    if command_line.is_empty() {
        return Identity::Gone;
    }
    let program = command_line.split(' ').next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    if name != "postgres" && name != "postmaster" {
        return Identity::Stranger;
    }
    let data = data.to_string_lossy();
    if command_line.contains(&format!("-D {data} ")) {
        return Identity::Ours;
    }
    // A server works in its data folder.
    match std::fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(folder) if folder.to_string_lossy() != data => Identity::Stranger,
        _ => Identity::OtherPostgres,
    }
}

/// The words of a process's command, with spaces between; empty for one that waits to be buried.
async fn command_line(pid: Pid) -> Option<String> {
    if Path::new("/proc/self/cmdline").exists() {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&words).replace('\0', " "));
    }
    let mut ps = Command::new("ps");
    let output = ps.args(["-o", "args=", "-p", &pid.to_string()]).output().await.ok()?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

/// Ends a server whose supervisor died with the one who started it, or waits for the supervisor to.
async fn end_orphan(pid: Pid, data: &Path) -> Result<(), EmbeddedError> {
    tracing::warn!(%pid, "a PostgreSQL of an earlier run is still there; ending it");
    for signal in [Signal::INT, Signal::QUIT] {
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(EmbeddedError::io("end the server of", data)(error.into())),
        }
        let patience = Instant::now() + Duration::from_secs(10);
        while Instant::now() < patience {
            if identify(pid, data).await != Identity::Ours {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let pid = pid.as_raw_nonzero().get().unsigned_abs();
    Err(EmbeddedError::ForeignServer { folder: data.to_owned(), pid })
}

/// Writes our own number over a stranger's. PostgreSQL would take the stranger for a server and
/// refuse to start. The file is not removed, since its other lines let PostgreSQL see whether
/// processes of the old server are still at the data; our number it ignores, because it is told
/// (`PG_GRANDPARENT_PID`) that we are the ones who start it.
fn disarm(stranger: Pid, data: &Path) -> Result<(), EmbeddedError> {
    let path = data.join("postmaster.pid");
    let text = std::fs::read_to_string(&path).map_err(EmbeddedError::io("read", &path))?;
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    if named_process(data)? == Some(stranger) {
        tracing::warn!(pid = %stranger, "postmaster.pid names a process that is no PostgreSQL");
        std::fs::write(&path, format!("{}\n{rest}", std::process::id()))
            .map_err(EmbeddedError::io("write", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Child, Stdio};

    use super::*;

    /// A process with the name and the words of a server, that ends with its standard input.
    fn actor(name: &Path, works_in: &Path, words: &[&str]) -> Child {
        std::fs::copy("/bin/sh", name).unwrap();
        let mut command = std::process::Command::new(name);
        command.args(["-c", "echo ready; read -r line; :", "--"]).args(words);
        command.current_dir(works_in).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Another test's new process may still hold the copy as this one wrote it.
        let mut child = loop {
            match command.spawn() {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                spawned => break spawned.unwrap(),
            }
        };
        // The system shows its words only once it really runs.
        child.stdout.take().unwrap().read_exact(&mut [0; 5]).unwrap();
        child
    }

    async fn identity(mut process: Child, data: &Path) -> Identity {
        let pid = Pid::from_child(&process);
        let identity = identify(pid, data).await;
        process.kill().unwrap();
        process.wait().unwrap();
        identity
    }

    #[tokio::test]
    async fn tells_servers_from_strangers() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().canonicalize().unwrap();
        let data = folder.join("data");
        let named = folder.join("postgres");
        std::fs::create_dir(&data).unwrap();
        let data_word = data.to_str().unwrap();

        let ours = actor(&named, &folder, &["-D", data_word, "-c", "port=5432"]);
        assert_eq!(identity(ours, &data).await, Identity::Ours);
        let other = actor(&folder.join("postmaster"), &data, &[]);
        assert_eq!(identity(other, &data).await, Identity::OtherPostgres);
        let neighbour = actor(&folder.join("else"), &data, &["-D", data_word, ""]);
        assert_eq!(identity(neighbour, &data).await, Identity::Stranger);
        if Path::new("/proc/self/cwd").exists() {
            let elsewhere = actor(&folder.join("postgres"), &folder, &["-D", "/elsewhere"]);
            assert_eq!(identity(elsewhere, &data).await, Identity::Stranger);
        }
    }

    #[tokio::test]
    async fn the_dead_are_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = Pid::from_child(&child);
        child.wait().unwrap();
        assert_eq!(identify(pid, Path::new("/data")).await, Identity::Gone);
    }

    #[tokio::test]
    async fn an_empty_note_of_the_server_before_is_in_nobodys_way() {
        let data = tempfile::tempdir().unwrap();
        let pid_file = data.path().join("postmaster.pid");
        std::fs::write(&pid_file, "").unwrap();
        settle(data.path()).await.unwrap();
        assert!(!pid_file.exists());
    }

    #[test]
    fn a_strangers_number_is_replaced_and_the_rest_is_kept() {
        let data = tempfile::tempdir().unwrap();
        let pid_file = data.path().join("postmaster.pid");
        std::fs::write(&pid_file, "77\n/data\n1700000000\n").unwrap();
        let other = Pid::from_raw(78).unwrap();
        disarm(other, data.path()).unwrap();
        assert!(std::fs::read_to_string(&pid_file).unwrap().starts_with("77\n"));
        disarm(Pid::from_raw(77).unwrap(), data.path()).unwrap();
        let left = std::fs::read_to_string(&pid_file).unwrap();
        assert_eq!(left, format!("{}\n/data\n1700000000\n", std::process::id()));
    }
}
