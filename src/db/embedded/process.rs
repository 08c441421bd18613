//! The running server: started under a supervisor that outlives us by seconds at most, awaited,
//! started again when it dies, ended.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, ChildStdin};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::account::Account;
use super::cluster;
use super::error::EmbeddedError;
use crate::causes::causes;

const SUPERVISOR: &str = include_str!("supervise.sh");
/// Seconds for a fast shutdown before an immediate one.
const GRACE: &str = "10";
/// A throw-away server has nothing to write out.
const NO_GRACE: &str = "0";
/// The supervisor's grace, then ten seconds each for an immediate shutdown and for the kill.
const STOP_SECONDS: u64 = 30;
/// Recovery after a crash replays what was written since the last checkpoint, five minutes at most.
const READY_SECONDS: u64 = 120;
/// How long the processes of a server that was killed may stay at its memory.
const LINGER_SECONDS: u64 = 15;
/// A log that is longer at a start is put aside, and the one before it forgotten.
const LOG_BYTES: u64 = 8 << 20;
/// How much of the log an error shows.
const TAIL_BYTES: u64 = 4096;

/// All that is needed to start the server, again and again.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) account: Account,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    pub(super) durable: bool,
    /// How to reach the database that always exists.
    pub(super) config: Config,
}

/// A server and the end of the pipe that keeps it alive.
#[derive(Debug)]
pub(super) struct Running {
    supervisor: Child,
    life: ChildStdin,
}

impl Launch {
    /// Starts the server and waits until it answers.
    pub(super) async fn start(&self) -> Result<(Running, Client), EmbeddedError> {
        let patience = Instant::now() + Duration::from_secs(LINGER_SECONDS);
        loop {
            match self.attempt().await {
                Err(EmbeddedError::Startup { tail, .. })
                    if tail.contains("shared memory block") && Instant::now() < patience =>
                {
                    sleep(Duration::from_millis(100)).await;
                }
                other => return other,
            }
        }
    }

    async fn attempt(&self) -> Result<(Running, Client), EmbeddedError> {
        cluster::settle(&self.data).await?;
        let (log, written) = self.open_log()?;
        let mut running = self.spawn(log)?;
        let patience = Instant::now() + Duration::from_secs(READY_SECONDS);
        while Instant::now() < patience {
            match connect(&self.config).await {
                Ok(client) => return Ok((running, client)),
                Err(error) if is_final(&error) => return Err(error.into()),
                Err(_) => {}
            }
            if let Ok(Some(_)) = running.supervisor.try_wait() {
                let tail = tail(&self.log, written);
                return Err(EmbeddedError::Startup { log: self.log.clone(), tail });
            }
            sleep(Duration::from_millis(5)).await;
        }
        Err(self.too_slow("become ready", READY_SECONDS))
    }

    fn spawn(&self, log: File) -> Result<Running, EmbeddedError> {
        let failed = || EmbeddedError::io("run", "/bin/sh");
        let mut command = self.account.command("/bin/sh");
        // Without its comments, since it is seen where processes are listed.
        let script: Vec<&str> =
            SUPERVISOR.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        command.args(["-c", &script.join("\n"), "postgres-supervisor"]);
        command.arg(if self.durable { GRACE } else { NO_GRACE });
        command.arg(&self.program).args(&self.arguments);
        command.env("PG_GRANDPARENT_PID", std::process::id().to_string());
        command.stdin(Stdio::piped());
        command.stdout(log.try_clone().map_err(failed())?).stderr(log);
        // A group of its own, so that Ctrl-C in a terminal is for us alone.
        command.process_group(0);
        let mut supervisor = command.spawn().map_err(failed())?;
        match supervisor.stdin.take() {
            Some(life) => Ok(Running { supervisor, life }),
            None => Err(failed()(std::io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn open_log(&self) -> Result<(File, u64), EmbeddedError> {
        if std::fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_BYTES) {
            std::fs::rename(&self.log, self.log.with_extension("log.old"))
                .map_err(EmbeddedError::io("put aside", &self.log))?;
        }
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.log)
            .map_err(EmbeddedError::io("open the file", &self.log))?;
        let written = log.metadata().map_or(0, |log| log.len());
        Ok((log, written))
    }

    fn too_slow(&self, wanted: &'static str, seconds: u64) -> EmbeddedError {
        EmbeddedError::TooSlow { wanted, seconds, log: self.log.clone() }
    }

    async fn end(&self, running: Running) -> Result<(), EmbeddedError> {
        let Running { mut supervisor, life } = running;
        drop(life);
        match timeout(Duration::from_secs(STOP_SECONDS), supervisor.wait()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(EmbeddedError::io("wait for", "/bin/sh")(error)),
            Err(_) => Err(self.too_slow("end", STOP_SECONDS)),
        }
    }
}

/// Keeps the server running until `stop` is used or dropped, then ends it.
pub(super) async fn keep_running(
    launch: &Launch,
    mut running: Running,
    mut stop: oneshot::Receiver<()>,
) -> Result<(), EmbeddedError> {
    loop {
        tokio::select! {
            _ = &mut stop => return launch.end(running).await,
            _ = running.supervisor.wait() => {}
        }
        // If it is the supervisor that died, its watch ends the server now.
        drop(running.life);
        tracing::error!("the embedded PostgreSQL ended unexpectedly; starting it again");
        running = tokio::select! {
            // A start that is given up closes its pipe, and so ends what it began.
            _ = &mut stop => return Ok(()),
            again = start_again(launch) => again,
        };
        tracing::info!("the embedded PostgreSQL runs again");
    }
}

async fn start_again(launch: &Launch) -> Running {
    let mut pause = Duration::from_millis(100);
    loop {
        sleep(pause).await;
        match launch.start().await {
            Ok((running, _)) => return running,
            Err(error) => {
                let error = causes(&error);
                tracing::error!(error, "the embedded PostgreSQL does not start");
            }
        }
        pause = (pause * 2).min(Duration::from_secs(30));
    }
}

async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    // It ends with the client; what goes wrong on it, the client is told.
    tokio::spawn(connection);
    Ok(client)
}

/// Whether waiting won't help: the server answered, and not that it is still on its way.
fn is_final(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        *code != SqlState::CANNOT_CONNECT_NOW && *code != SqlState::TOO_MANY_CONNECTIONS
    })
}

/// The end of what was written to the log since it held `from` bytes.
fn tail(log: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(TAIL_BYTES))))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(text)
    };
    match read() {
        Ok(text) => String::from_utf8_lossy(&text).trim().to_owned(),
        Err(error) => format!("(it can't be read: {error})"),
    }
}
