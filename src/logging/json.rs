//! Events as JSON, an object a line, as collectors of logs want them.
//!
//! Written by hand, since a line is written for every request: the formatter of tracing-subscriber
//! took a quarter of all that the server does itself for a request that reads nothing. Spans are not
//! told: the server has none.

use std::{
    cell::Cell,
    fmt::{self, Debug, Write as _},
    io::Write as _,
    time::{Duration, SystemTime},
};

use chrono::DateTime;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use super::Lines;
use crate::json_string;

/// Where a moment's second ends: `2026-01-02T03:04:05`.
const SECOND_BYTES: usize = 19;

thread_local! {
    /// The memory of the line before.
    static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    /// The second of the line before, and how it is written.
    static SECOND: Cell<(u64, [u8; SECOND_BYTES])> = const { Cell::new((0, *b"1970-01-01T00:00:00")) };
}

/// Writes every event as a line of JSON.
pub(super) struct JsonLayer(pub Lines);

impl<S: Subscriber> Layer<S> for JsonLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        add_line(&self.0, |line| write_event(line, event));
    }
}

fn add_line(mut lines: &Lines, write: impl FnOnce(&mut Vec<u8>)) {
    // Taken, since what is logged may itself log while it is written.
    let mut line = LINE.take();
    line.clear();
    write(&mut line);
    let _infallible = lines.write_all(&line);
    LINE.set(line);
}

fn write_event(line: &mut Vec<u8>, event: &Event<'_>) {
    let metadata = event.metadata();
    line.extend_from_slice(b"{\"timestamp\":\"");
    write_moment(line, SystemTime::now());
    line.extend_from_slice(b"\",\"level\":\"");
    line.extend_from_slice(metadata.level().as_str().as_bytes());
    line.push(b'"');
    event.record(&mut Fields(line));
    line.extend_from_slice(b",\"target\":");
    json_string::write(line, metadata.target());
    line.extend_from_slice(b"}\n");
}

/// With microseconds, in UTC. A clock before 1970 says 1970.
fn write_moment(line: &mut Vec<u8>, at: SystemTime) {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (mut second, mut text) = SECOND.get();
    if second != since.as_secs() {
        second = since.as_secs();
        let moment = i64::try_from(second).ok().and_then(|it| DateTime::from_timestamp(it, 0));
        let written = moment.unwrap_or_default().format("%Y-%m-%dT%H:%M:%S").to_string();
        // The year 10000 does not fit.
        text = written.as_bytes().try_into().unwrap_or(text);
        SECOND.set((second, text));
    }
    line.extend_from_slice(&text);
    line.push(b'.');
    // Digits of a million and so many, whose first is left out.
    let micros = since.subsec_micros() + 1_000_000;
    line.extend_from_slice(&itoa::Buffer::new().format(micros).as_bytes()[1..]);
    line.push(b'Z');
}

/// Appends the fields of an event, each after a comma.
struct Fields<'a>(&'a mut Vec<u8>);

impl Fields<'_> {
    fn key(&mut self, field: &Field) {
        let name = field.name();
        self.0.push(b',');
        // A keyword of the language.
        json_string::write(self.0, name.strip_prefix("r#").unwrap_or(name));
        self.0.push(b':');
    }

    fn number(&mut self, field: &Field, number: impl itoa::Integer) {
        self.key(field);
        self.0.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.key(field);
        let _infallible =
            if value.is_finite() { write!(self.0, "{value:?}") } else { self.0.write_all(b"null") };
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.key(field);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.key(field);
        json_string::write(self.0, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.key(field);
        self.0.push(b'"');
        // What cannot be told in full is told as far as it can.
        let _cut_short = write!(Escaped(self.0), "{value:?}");
        self.0.push(b'"');
    }
}

/// Text that is escaped while it is written.
struct Escaped<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        json_string::escape(self.0, text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// The lines that come of it.
    fn logged(log: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let registry = tracing_subscriber::registry().with(JsonLayer(lines.clone()));
        tracing::subscriber::with_default(registry, log);
        let text = String::from_utf8(lines.gathered().text.clone()).unwrap();
        assert_eq!(text.matches('\n').count(), text.lines().count(), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_kind_of_value_is_written_as_what_it_is() {
        let lines = logged(|| {
            let nothing: Option<&str> = None;
            tracing::warn!(
                text = "a \"quoted\"\nline", shown = %"\u{1}\\", debugged = ?["a"], count = 7_u32,
                below = -7, ms = 3.0, part = 0.25, not_a_number = f64::NAN, yes = true, r#type = "a",
                nothing, "what {}", "happened"
            );
            tracing::info!("once more");
        });
        let mut first = lines[0].clone();
        assert!(first["timestamp"].as_str().unwrap().parse::<DateTime<chrono::Utc>>().is_ok());
        first.as_object_mut().unwrap().remove("timestamp");
        let expected = json!({
            "level": "WARN", "message": "what happened", "text": "a \"quoted\"\nline",
            "shown": "\u{1}\\", "debugged": "[\"a\"]", "count": 7, "below": -7, "ms": 3.0,
            "part": 0.25, "not_a_number": null, "yes": true, "type": "a",
            "target": "rookery::logging::json::tests",
        });
        assert_eq!(first, expected);
        assert_eq!((&lines[1]["level"], lines.len()), (&json!("INFO"), 2));
    }

    #[test]
    fn what_is_logged_within_a_line_gets_a_line_of_its_own() {
        let lines = Lines::default();
        add_line(&lines, |line| {
            line.extend_from_slice(b"aro");
            add_line(&lines, |line| line.extend_from_slice(b"within\n"));
            line.extend_from_slice(b"und\n");
        });
        assert_eq!(lines.gathered().text, b"within\naround\n");
    }

    #[test]
    fn moments_are_written_with_all_their_digits() {
        for (micros, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_700_000_000_000_042, "2023-11-14T22:13:20.000042Z"),
            (1_700_000_000_999_999, "2023-11-14T22:13:20.999999Z"),
            (1_700_000_001_000_000, "2023-11-14T22:13:21.000000Z"),
        ] {
            let mut line = Vec::new();
            write_moment(&mut line, SystemTime::UNIX_EPOCH + Duration::from_micros(micros));
            assert_eq!(String::from_utf8(line).unwrap(), expected);
        }
    }
}
