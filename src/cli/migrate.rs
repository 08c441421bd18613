//! `rookery migrate`: moves the database between versions.

use std::fmt::Write as _;

use clap::Subcommand;

use super::{Outcome, database::Database, failure::Failure, output};
use crate::{
    config::Config,
    db::migrations::{self, State},
};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run all migrations that the database lacks; `rookery serve` does so by itself
    Up,
    /// Undo the latest migrations; what is in the tables that they made is lost
    Down {
        /// How many to undo
        #[arg(long, short = 'n', default_value_t = 1, conflicts_with = "all")]
        count: usize,
        /// Undo every migration, which leaves an empty database
        #[arg(long)]
        all: bool,
        /// Yes, what is in the tables may be lost
        #[arg(long)]
        yes: bool,
    },
    /// List every migration and whether the database has it
    Status,
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let database = match command {
        Command::Up => Database::join(&config).await?,
        Command::Down { .. } | Command::Status => Database::join_existing(&config).await?,
    };
    let report = report(command, &database).await;
    database.close().await?;
    output::print(&report?)
}

async fn report(command: Command, database: &Database) -> Result<String, Failure> {
    let endpoint = &database.options.endpoint;
    Ok(match command {
        Command::Up => {
            list("applied", &migrations::up(endpoint).await?, "The database is up to date.")
        }
        Command::Down { yes: false, .. } => {
            return Err(Failure::Refused(format!(
                "what is in the tables that a migration made is lost with it; if that is what you \
                 want for {}, say --yes",
                endpoint.place()
            )));
        }
        Command::Down { count, all, .. } => {
            let count = if all { usize::MAX } else { count };
            list("undone", &migrations::down(endpoint, count).await?, "There is nothing to undo.")
        }
        Command::Status => {
            let mut text = String::new();
            for migration in migrations::status(endpoint).await? {
                let state = match migration.state {
                    State::Applied => "applied",
                    State::Pending => "pending",
                    State::Unknown => "unknown",
                };
                // Writing to a string does not fail.
                let _written = writeln!(text, "{state}  {}", migration.name);
            }
            text
        }
    })
}

fn list(done: &str, names: &[String], nothing: &str) -> String {
    if names.is_empty() {
        return format!("{nothing}\n");
    }
    names.iter().map(|name| format!("{done}  {name}\n")).collect()
}
