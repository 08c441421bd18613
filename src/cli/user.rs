//! `rookery user`: what only whoever runs the server can do to accounts, such as making the first
//! admin.

use clap::{Args, Subcommand};

use super::{Outcome, database::Database, failure::Failure, output};
use crate::{
    config::Config,
    db::{
        ConnectOptions, Db,
        role::{self, Changed},
    },
};

/// What to do to whom.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make somebody an admin
    Promote(Arguments),
    /// Make an admin a plain user
    Demote(Arguments),
    /// Hide somebody with everything they wrote, end their sessions and keep them out
    Suspend(Arguments),
    /// Take a suspension back
    Restore(Arguments),
}

/// Whom, and why.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Their username, in any case
    name: String,
    /// Why, for the moderation log
    #[arg(long)]
    reason: Option<String>,
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let database = Database::join_existing(&config).await?;
    let done = apply(command, &database).await;
    database.close().await?;
    output::print(&done?)
}

async fn apply(command: Command, database: &Database) -> Result<String, Failure> {
    database.is_migrated().await?;
    // Somebody who wrote very much may take longer than a request may.
    let endpoint = database.options.endpoint.without_limits();
    let db = Db::new(&ConnectOptions { endpoint, ..database.options.clone() })?;
    let mut connection = db.write().await?;
    let (Command::Promote(who)
    | Command::Demote(who)
    | Command::Suspend(who)
    | Command::Restore(who)) = &command;
    let Some(user) = role::find_by_username(&connection, &who.name).await? else {
        return Err(Failure::Refused(format!("nobody has the username {}", who.name)));
    };
    let reason = who.reason.clone();
    let connection = &mut connection;
    let (changed, now) = match command {
        Command::Promote(_) => {
            (role::set_role(connection, None, user.id, true, reason).await?, "is an admin")
        }
        Command::Demote(_) => {
            (role::set_role(connection, None, user.id, false, reason).await?, "is a plain user")
        }
        Command::Suspend(_) => {
            (role::set_suspended(connection, None, user.id, true, reason).await?, "is suspended")
        }
        Command::Restore(_) => (
            role::set_suspended(connection, None, user.id, false, reason).await?,
            "is not suspended",
        ),
    };
    match changed {
        Changed::Done(user) => Ok(format!("{} {now}.\n", user.username)),
        Changed::LastAdmin => Err(Failure::Refused(format!(
            "{} is the last admin; make somebody else one first",
            user.username
        ))),
        Changed::NotFound | Changed::NotAdmin => {
            Err(Failure::Refused(format!("{} has gone meanwhile", user.username)))
        }
    }
}
