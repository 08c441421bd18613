//! Many rows at once, by COPY: for filling a database from the command line, never for a request.

use std::fmt::Write as _;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::SinkExt;
use tokio_postgres::Client;
use uuid::Uuid;

use super::endpoint::Endpoint;
use crate::error::{Error, Result};

/// A connection that copies.
pub struct Bulk(Client);

/// Rows in COPY's text format: the values of a row in the order of its columns, then
/// [`Rows::end`].
#[derive(Debug, Default)]
pub struct Rows {
    text: String,
    count: usize,
    /// Whether the row under way has a value already.
    begun: bool,
}

impl Bulk {
    /// Opens the connection; its statements may take as long as they need.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn connect(endpoint: &Endpoint) -> Result<Self> {
        let opened = endpoint.without_limits().open().await;
        let (client, _) = opened.map_err(|error| Error::ServiceUnavailable(error.into()))?;
        Ok(Self(client))
    }

    /// Whether nobody has an account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_empty(&self) -> Result<bool> {
        let found = self.0.query_opt("SELECT FROM users LIMIT 1", &[]).await;
        Ok(found.map_err(Error::internal)?.is_none())
    }

    /// Removes all accounts with everything that hangs on them.
    ///
    /// # Errors
    /// When the database fails; nothing is removed then.
    pub async fn remove_everything(&self) -> Result<()> {
        self.0.batch_execute("TRUNCATE users CASCADE").await.map_err(Error::internal)
    }

    /// Appends rows and commits them; returns how many. `into` is the table with its columns.
    ///
    /// # Errors
    /// When one row does not fit; none of them is there then.
    pub async fn copy(&self, into: &str, rows: Rows) -> Result<u64> {
        let statement = format!("COPY {into} FROM STDIN");
        let sink = self.0.copy_in::<_, Bytes>(&statement).await.map_err(Error::internal)?;
        let mut sink = std::pin::pin!(sink);
        sink.send(rows.text.into()).await.map_err(Error::internal)?;
        sink.finish().await.map_err(Error::internal)
    }

    /// Lets PostgreSQL look at what is new, so that its plans fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tidy(&self) -> Result<()> {
        self.0.batch_execute("VACUUM (ANALYZE)").await.map_err(Error::internal)
    }
}

impl Rows {
    /// How many rows there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Ends a row.
    pub fn end(&mut self) {
        self.text.push('\n');
        self.count += 1;
        self.begun = false;
    }

    /// A text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        let column = self.column();
        for letter in value.chars() {
            match letter {
                '\\' => column.push_str("\\\\"),
                '\n' => column.push_str("\\n"),
                '\r' => column.push_str("\\r"),
                '\t' => column.push_str("\\t"),
                _ => column.push(letter),
            }
        }
        self
    }

    /// A text or null.
    pub fn optional(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    /// A key.
    pub fn uuid(&mut self, value: Uuid) -> &mut Self {
        self.shown(value)
    }

    /// A key or null.
    pub fn optional_uuid(&mut self, value: Option<Uuid>) -> &mut Self {
        match value {
            Some(value) => self.uuid(value),
            None => self.null(),
        }
    }

    /// A time.
    pub fn time(&mut self, value: DateTime<Utc>) -> &mut Self {
        self.shown(value.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    /// A time or null.
    pub fn optional_time(&mut self, value: Option<DateTime<Utc>>) -> &mut Self {
        match value {
            Some(value) => self.time(value),
            None => self.null(),
        }
    }

    /// A whole number.
    pub fn number(&mut self, value: i64) -> &mut Self {
        self.shown(value)
    }

    /// True or false.
    pub fn boolean(&mut self, value: bool) -> &mut Self {
        self.shown(value)
    }

    fn null(&mut self) -> &mut Self {
        self.column().push_str("\\N");
        self
    }

    /// A value that needs no escaping.
    fn shown(&mut self, value: impl std::fmt::Display) -> &mut Self {
        // Writing to a string does not fail.
        let _written = write!(self.column(), "{value}");
        self
    }

    fn column(&mut self) -> &mut String {
        if self.begun {
            self.text.push('\t');
        }
        self.begun = true;
        &mut self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_copy_would_misread_is_escaped() {
        let mut rows = Rows::default();
        rows.text("a\tb\\N\nc\r").optional(None).number(-1).boolean(true).end();
        rows.text("").end();
        assert_eq!(rows.text, "a\\tb\\\\N\\nc\\r\t\\N\t-1\ttrue\n\n");
        assert_eq!(rows.len(), 2);
    }
}
