//! The command line: one file a command, and what they share.
//!
//! A command reads the configuration, does its work and prints what a person wants to know. What
//! goes wrong is a `Failure`: a sentence on standard error and an exit code, never a debug dump.

mod config;
mod database;
mod failure;
mod media;
mod migrate;
mod output;
mod schema;
mod seed;
mod serve;
mod stop;
mod user;

use std::{num::NonZero, process::ExitCode, thread, time::Duration};

use clap::{Parser, Subcommand};

pub use config::Format;
use failure::Failure;

use crate::{
    config::{Config, Source},
    logging,
};

/// What a command ends with.
type Outcome = Result<(), Failure>;

const EXAMPLES: &str = "\
Examples:
  rookery                          Start the server, with a database of its own
  rookery --demo                   The same, with a small world to look at
  rookery seed --users 20000       Fill the database with a large world
  rookery user promote ada         Make somebody an admin
  rookery config                   Show every setting and where its value comes from
  rookery media sweep --dry-run    Look for files that belong to no picture
  rookery migrate status           Show which migrations the database has
  rookery schema > schema.graphql  Write the API's schema to a file

Settings come from the environment and from a file named .env in the current folder.";

/// A social-feed backend: a GraphQL API server on PostgreSQL, in one binary.
#[derive(Debug, Parser)]
#[command(name = "rookery", version, after_help = EXAMPLES)]
#[group(id = "program")]
#[command(args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server; this is what happens without a command
    Serve(serve::Arguments),
    /// Bring the database to this version, take it back, or show where it stands
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Print the API's schema in GraphQL's own language
    Schema,
    /// Fill an empty database with a lively demo world
    Seed(seed::Arguments),
    /// Promote, demote, suspend or restore somebody
    #[command(subcommand)]
    User(user::Command),
    /// Look after the files of pictures
    #[command(subcommand)]
    Media(media::Command),
    /// Show every setting with its value, where that comes from, and what it means
    Config(config::Arguments),
}

/// Reads the command line and does what it says.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Serve(arguments.serve));
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

impl Command {
    fn run(self) -> Outcome {
        match self {
            Self::Schema => schema::run(),
            Self::Config(arguments) => config::run(&arguments),
            Self::Migrate(command) => beside_a_server(|config| migrate::run(command, config)),
            Self::Seed(arguments) => beside_a_server(|config| seed::run(arguments, config)),
            Self::User(command) => beside_a_server(|config| user::run(command, config)),
            Self::Media(command) => beside_a_server(|config| media::run(command, config)),
            Self::Serve(arguments) => on_runtime(|config| serve::run(arguments, config)),
        }
    }
}

fn configuration() -> Result<Config, Failure> {
    let source = Source::from_process()?;
    tell_misspelt(&source);
    Ok(Config::read(&source)?)
}

/// What is no setting may be somebody else's, so that it is told and no more.
fn tell_misspelt(source: &Source) {
    for (name, meant) in source.misspelt() {
        output::note(&format!("note: {name} is no setting; perhaps {meant} was meant"));
    }
}

/// For what has no log, since it does not serve.
fn beside_a_server<Work: Future<Output = Outcome>>(work: impl FnOnce(Config) -> Work) -> Outcome {
    logging::tell_of_database();
    on_runtime(work)
}

fn on_runtime<Work: Future<Output = Outcome>>(work: impl FnOnce(Config) -> Work) -> Outcome {
    let config = configuration()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(worker_threads(config.worker_threads))
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the program's threads", error))?;
    let outcome = runtime.block_on(work(config));
    // A migration that was asked to stop may be within a statement; PostgreSQL undoes it.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// As many as there are cores, also where PostgreSQL runs on them: a request takes more of the server's
/// time than of PostgreSQL's.
fn worker_threads(wanted: usize) -> usize {
    let one_a_core = || thread::available_parallelism().map_or(1, NonZero::get);
    if wanted == 0 { one_a_core() } else { wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_holds_together() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        assert!(parse("rookery").unwrap().command.is_none());
        assert!(parse("rookery --demo").unwrap().command.is_none());
        assert!(matches!(parse("rookery serve").unwrap().command, Some(Command::Serve(_))));
        parse("rookery --demo schema").unwrap_err();
    }
}
