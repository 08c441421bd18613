//! What was measured: a line at a time for whoever watches, JSON and a plot for later.

use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Serialize;

use crate::{
    Outcome, arguments::Arguments, cpu::Usage, generator::Measured, growth::Row, limit::Reached,
    operations::Operation, plot, server::Start,
};

/// The figures of one operation.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Processor time of the server a request.
    pub server_us: f64,
    /// Processor time of PostgreSQL a request.
    pub postgres_us: f64,
    /// SQL statements a request.
    pub statements: f64,
    pub memory_mb: f64,
    pub errors: u64,
    /// The same statements by pgbench.
    pub limit_per_second: Option<f64>,
    pub limit_postgres_us: Option<f64>,
}

impl Figures {
    pub fn new(
        measured: Measured,
        usage: Usage,
        statements: f64,
        memory_mb: f64,
        limit: Option<Reached>,
    ) -> Self {
        if let Some(sample) = &measured.sample {
            note(&format!("{} wrong answers, such as {sample}", measured.errors));
        }
        let each_us = |seconds: f64| seconds * 1e6 / measured.latencies.len() as f64;
        Self {
            per_second: measured.per_second(),
            p50_ms: measured.percentile_ms(0.5),
            p99_ms: measured.percentile_ms(0.99),
            server_us: each_us(usage.server),
            postgres_us: each_us(usage.postgres),
            statements,
            memory_mb,
            errors: measured.errors,
            limit_per_second: limit.map(|limit| limit.per_second),
            limit_postgres_us: limit.map(|limit| limit.postgres_us),
        }
    }
}

/// The figures of an operation, named.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub operation: &'static str,
    #[serde(flatten)]
    pub figures: Figures,
}

/// A table of how one cost grows.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    pub of: String,
    pub rows: Vec<Row>,
}

/// All that one run measured.
#[derive(Debug, Serialize)]
pub struct Report {
    unix_time: u64,
    connections: usize,
    seconds: u64,
    small_world: bool,
    start: Start,
    pub operations: Vec<Measurement>,
    growth: Vec<Growth>,
}

/// Says something to whoever watches.
pub fn note(line: &str) {
    // Nobody watching is no reason to stop.
    let _written = writeln!(std::io::stdout(), "{line}");
}

impl Report {
    pub fn new(arguments: &Arguments, start: Start) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        note(&format!(
            "first answer after {:.0} ms, {:.0} MB at rest\n",
            start.first_answer_ms, start.at_rest_mb
        ));
        note(&format!(
            "{} connections, {} s each; µs are processor time a request\n\n\
             | | req/s | p50 ms | p99 ms | server µs | PostgreSQL µs | SQL | MB | pgbench req/s | µs | ratio |\n\
             |---|---|---|---|---|---|---|---|---|---|---|",
            arguments.connections,
            arguments.seconds()
        ));
        Self {
            unix_time: now.as_secs(),
            connections: arguments.connections,
            seconds: arguments.seconds(),
            small_world: arguments.small,
            start,
            operations: Vec::new(),
            growth: Vec::new(),
        }
    }

    /// Fails when the server answered wrongly: such figures mean nothing.
    pub fn add(&mut self, operation: Operation, figures: Figures) -> Outcome<()> {
        let limit = match (figures.limit_per_second, figures.limit_postgres_us) {
            (Some(rate), Some(us)) => {
                format!("{rate:.0} | {us:.0} | {:.2}", figures.per_second / rate)
            }
            _ => "no pgbench | | ".to_owned(),
        };
        note(&format!(
            "| {} {} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {:.1} | {:.0} | {limit} |",
            operation.letter(),
            operation.title(),
            figures.per_second,
            figures.p50_ms,
            figures.p99_ms,
            figures.server_us,
            figures.postgres_us,
            figures.statements,
            figures.memory_mb,
        ));
        if figures.errors > 0 {
            return Err(format!("{} of the answers are errors", figures.errors).into());
        }
        self.operations.push(Measurement { operation: operation.title(), figures });
        Ok(())
    }

    pub fn add_growth(&mut self, of: String, rows: Vec<Row>) {
        let cells = |cell: fn(&Row) -> String| rows.iter().map(cell).collect::<Vec<_>>();
        note(&format!(
            "\n| {of} | {} |\n|---|{}\n| p50 ms | {} |\n| p99 ms | {} |\n| req/s | {} |",
            cells(|row| row.label.clone()).join(" | "),
            "---|".repeat(rows.len()),
            cells(|row| format!("{:.2}", row.p50_ms)).join(" | "),
            cells(|row| format!("{:.2}", row.p99_ms)).join(" | "),
            cells(|row| format!("{:.0}", row.per_second)).join(" | "),
        ));
        self.growth.push(Growth { of, rows });
    }

    pub fn write(&self, folder: &Path) -> Outcome<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("load.json"), serde_json::to_string_pretty(self)? + "\n")?;
        fs::write(folder.join("load.svg"), plot::svg(&self.operations))?;
        note(&format!("\n{0}/load.json, {0}/load.svg", folder.display()));
        Ok(())
    }
}
