//! `rookery media`: the files of pictures, compared with the database.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::{Outcome, database::Database, failure::Failure, output};
use crate::{
    config::Config,
    db::{ConnectOptions, Db},
    media::{Media, sweep::Findings},
};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Remove files that belong to nothing, and name pictures whose files are missing
    Sweep(Sweep),
}

/// How to sweep.
#[derive(Debug, Args)]
#[command(after_help = "\
A running server removes the files of what was deleted by itself. A sweep finds what is left where
a server was killed and none runs any more, where files were restored from a backup or put there by
hand. Uploads that are under way meanwhile get ten seconds to come to their end. Another database
would know none of the files: look first with --dry-run.")]
pub(super) struct Sweep {
    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let Command::Sweep(Sweep { dry_run }) = command;
    let database = Database::join_existing(&config).await?;
    let report = sweep(&config, &database, dry_run).await;
    database.close().await?;
    output::print(&report?)
}

async fn sweep(config: &Config, database: &Database, dry_run: bool) -> Result<String, Failure> {
    database.is_migrated().await?;
    // A statement about everything may take longer than a request may.
    let endpoint = database.options.endpoint.without_limits();
    let db = Db::new(&ConnectOptions { endpoint, ..database.options.clone() })?;
    let media = Media::new(config, &db)?;
    let findings = media.sweep(dry_run).await?;
    Ok(told(&findings, &media.store().place()?, dry_run))
}

fn told(findings: &Findings, place: &str, dry_run: bool) -> String {
    let Findings { litter, unfinished, missing, sound } = findings;
    let mut told = String::new();
    let verb = if dry_run { "would be removed" } else { "removed" };
    for (names, why) in [(litter, "unknown to the database"), (unfinished, "shown by nothing")] {
        for name in names {
            // Writing to a string does not fail.
            let _written = writeln!(told, "{name}  {verb}: {why}");
        }
    }
    for image in missing {
        let name = image.split(' ').next().unwrap_or_default();
        let _written = writeln!(told, "{name}  has files missing");
    }
    let (gone, missing) = (litter.len() + unfinished.len(), missing.len());
    let _written =
        writeln!(told, "{place}: {sound} sound, {gone} {verb}, {missing} with files missing.");
    told
}
