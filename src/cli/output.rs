//! Writing to the terminal, where the reader may go away at any time.

use std::io::{self, ErrorKind, Write as _};

use super::{Outcome, failure::Failure};

/// Writes what the command was asked for. A closed pipe (`rookery schema | head`) ends it quietly.
pub(super) fn print(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::NobodyListens,
        _ => Failure::io("write the output", error),
    })
}

/// Tells the person something on the side. That nobody may read it is no failure.
pub(super) fn note(text: &str) {
    let _unread = writeln!(io::stderr().lock(), "{text}");
}
