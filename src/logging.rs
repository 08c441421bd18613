//! Where log lines go: to standard error, for people on a terminal and as JSON otherwise.
//!
//! A server that answers tens of thousands of requests a second writes as many lines. They are
//! gathered in memory and written a few times a second, so that no request waits for a terminal or
//! a pipe, unless so much has gathered that somebody has to.

mod json;
mod sparse;

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tracing_subscriber::{
    EnvFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

pub use self::sparse::Sparse;

use self::json::JsonLayer;
use crate::config::{Config, LogFormat};

/// How long a line may wait to be written.
const FLUSH_EVERY: Duration = Duration::from_millis(100);
/// How much may wait; whoever adds more writes it all.
const GATHER_MAX_BYTES: usize = 256 * 1024;

/// Keeps the log running; what has gathered is written when this is dropped.
#[derive(Debug)]
pub struct Logging {
    is_for_people: bool,
    lines: Lines,
    writer: Option<JoinHandle<()>>,
}

impl Logging {
    /// Whether people read it, so that they may be told something in between; programs expect events
    /// and nothing else.
    #[must_use]
    pub fn is_for_people(&self) -> bool {
        self.is_for_people
    }
}

/// Starts to log as the configuration wants it. A second start in one process changes nothing.
///
/// # Errors
/// When the thread that writes cannot be started.
pub fn start(config: &Config) -> io::Result<Logging> {
    let filter = EnvFilter::new(&config.log.0);
    let lines = Lines::default();
    let terminal = io::stderr().is_terminal();
    let pretty = match config.log_format {
        LogFormat::Auto => terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let _already = if pretty {
        let layer = tracing_subscriber::fmt::layer().with_writer(lines.clone());
        registry.with(layer.with_ansi(terminal).with_target(false)).try_init()
    } else {
        registry.with(JsonLayer(lines.clone())).try_init()
    };
    let writer = thread::Builder::new().name("log".into()).spawn({
        let lines = lines.clone();
        move || lines.write_until_closed()
    })?;
    Ok(Logging { is_for_people: pretty, lines, writer: Some(writer) })
}

/// Tells the person at the terminal what becomes of a database of our own, where no server runs that
/// would log it.
pub fn tell_of_database() {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal())
        .with_level(false)
        .with_target(false)
        .without_time();
    let told = "off,rookery::db=warn,rookery::db::embedded=info,rookery::db::migrations=info";
    let filter = EnvFilter::new(told);
    let _already = tracing_subscriber::registry().with(filter).with(layer).try_init();
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.lines.gathered().closed = true;
        self.lines.0.changed.notify_all();
        if let Some(writer) = self.writer.take() {
            let _panicked = writer.join();
        }
    }
}

#[derive(Debug, Default)]
struct Gathered {
    text: Vec<u8>,
    closed: bool,
}

impl Gathered {
    /// Whether whoever adds a line has to write, because there is too much or nobody else will.
    fn is_due(&self) -> bool {
        self.closed || self.text.len() > GATHER_MAX_BYTES
    }
}

#[derive(Debug, Default)]
struct Shared {
    gathered: Mutex<Gathered>,
    changed: Condvar,
}

/// The lines that wait to be written.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Shared>);

impl Lines {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_closed(&self) {
        loop {
            let nothing = |it: &mut Gathered| it.text.is_empty() && !it.closed;
            let waited = self.0.changed.wait_while(self.gathered(), nothing);
            let gathered = waited.unwrap_or_else(PoisonError::into_inner);
            let waited = self.0.changed.wait_timeout_while(gathered, FLUSH_EVERY, |it| !it.closed);
            let (mut gathered, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let (text, closed) = (std::mem::take(&mut gathered.text), gathered.closed);
            drop(gathered);
            write_out(&text);
            if closed {
                return;
            }
        }
    }
}

/// Nobody may be reading; there is nowhere to say so.
fn write_out(text: &[u8]) {
    if !text.is_empty() {
        let _unread = io::stderr().lock().write_all(text);
    }
}

impl Write for &Lines {
    /// The formatters hand over whole lines.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut gathered = self.gathered();
        if gathered.text.is_empty() {
            self.0.changed.notify_one();
        }
        gathered.text.extend_from_slice(line);
        if gathered.is_due() {
            write_out(&gathered.text);
            gathered.text.clear();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_gather_until_somebody_has_to_write() {
        let lines = Lines::default();
        (&lines).write_all(b"\n").unwrap();
        assert_eq!(lines.gathered().text, b"\n");
        assert!(!lines.gathered().is_due());
        lines.gathered().text.resize(GATHER_MAX_BYTES + 1, b'\n');
        assert!(lines.gathered().is_due());
        assert!(Gathered { closed: true, ..Gathered::default() }.is_due());
    }
}
