//! The SQL that the server sends for an operation, as PostgreSQL itself logs it.

use std::{fs::File, io::Read, io::Seek, io::SeekFrom};

use crate::{Outcome, generator::Connection, operations::Operation, server::Server, world::World};

/// How many requests are looked at; pgbench takes at most 128 scripts.
const SAMPLES: usize = 100;
/// A statement is prepared and planned for good after some executions.
const WARM: usize = 20;

/// A statement with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub text: String,
    /// As literals.
    pub values: Vec<String>,
}

impl Statement {
    /// The text with `replace` of each value in its place.
    pub fn filled(&self, replace: impl Fn(&str) -> String) -> String {
        let mut filled = String::new();
        let mut rest = self.text.as_str();
        while let Some(at) = rest.find('$') {
            let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let number = rest[at + 1..=at + digits].parse::<usize>().unwrap_or(0);
            filled.push_str(&rest[..at]);
            match self.values.get(number.wrapping_sub(1)) {
                Some(value) => filled.push_str(&replace(value)),
                None => filled.push_str(&rest[at..=at + digits]),
            }
            rest = &rest[at + digits + 1..];
        }
        filled + rest
    }
}

/// The statements of each of some requests of an operation.
pub async fn capture(operation: Operation, world: &World) -> Outcome<Vec<Vec<Statement>>> {
    world.client.batch_execute("ALTER DATABASE rookery SET log_statement = 'all'").await?;
    let captured = capture_logged(operation, world).await;
    world.client.batch_execute("ALTER DATABASE rookery RESET log_statement").await?;
    captured
}

async fn capture_logged(operation: Operation, world: &World) -> Outcome<Vec<Vec<Statement>>> {
    let server = Server::start(world, &[("DATABASE_READERS", "1")]).await?;
    let requests = operation.requests(world, &server).await?;
    let mut connection = Connection::open(server.address).await?;
    let mut log = File::open(world.log())?;
    let mut captured = Vec::new();
    for number in 0..WARM + SAMPLES {
        log.seek(SeekFrom::End(0))?;
        // A prime step, so that votes are not all of one direction.
        connection.call(&requests[number * 7919 % requests.len()]).await?;
        let mut text = String::new();
        log.read_to_string(&mut text)?;
        if number >= WARM {
            captured.push(statements(&text));
        }
    }
    server.stop().await?;
    Ok(captured)
}

/// The statements in a piece of the log.
fn statements(log: &str) -> Vec<Statement> {
    const TEXT: &str = "LOG:  execute ";
    const VALUES: &str = "DETAIL:  parameters: ";
    let mut found: Vec<Statement> = Vec::new();
    let mut in_text = false;
    for line in log.lines() {
        if let Some((_, execute)) = line.split_once(TEXT) {
            let text = execute.split_once(": ").map_or(execute, |(_, text)| text);
            found.push(Statement { text: text.to_owned(), values: Vec::new() });
            in_text = true;
        } else if let Some((_, list)) = line.split_once(VALUES) {
            if let Some(statement) = found.last_mut() {
                statement.values = values(list);
            }
            in_text = false;
        } else if let (true, Some(more), Some(statement)) =
            (in_text, line.strip_prefix('\t'), found.last_mut())
        {
            statement.text.push('\n');
            statement.text.push_str(more);
        } else {
            in_text = false;
        }
    }
    found
}

/// The literals of a list like `$1 = 'it''s', $2 = NULL`.
fn values(list: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = list;
    while let Some((_, value)) = rest.split_once(" = ") {
        let length = match value.strip_prefix('\'') {
            Some(quoted) => 2 + end_of_quoted(quoted),
            None => value.find(',').unwrap_or(value.len()),
        };
        values.push(value[..length].to_owned());
        rest = &value[length..];
    }
    values
}

/// Where the quote is that ends the literal; two quotes are one in it.
fn end_of_quoted(text: &str) -> usize {
    let mut quotes = text.match_indices('\'').map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.next_if_eq(&(at + 1)).is_none() {
            return at;
        }
    }
    text.len() - 1
}
