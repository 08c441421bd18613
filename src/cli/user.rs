//! `rookery user`: what only whoever runs the server can do to accounts, such as making the first
//! admin.

use clap::{Args, Subcommand};
use rand::distr::{Alphanumeric, SampleString};

use super::{Outcome, database::Database, failure::Failure, output};
use crate::{
    auth::Hasher,
    config::Config,
    db::{
        ConnectOptions, Connection, Db, account,
        role::{self, Changed},
        user::UserRow,
    },
    graphql::moderation::REASON,
};

/// Letters and digits: nobody guesses so many, and one can still dictate them.
const PASSWORD_LENGTH: usize = 16;

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
    /// Give somebody who forgot theirs a new password, which is printed, and end their sessions
    ResetPassword {
        /// Their username, in any case
        name: String,
    },
}

/// Whom, and why.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Their username, in any case
    name: String,
    /// Why, for the moderation log: up to 2,000 characters
    #[arg(long, value_parser = reason)]
    reason: Option<String>,
}

fn reason(text: &str) -> Result<String, String> {
    REASON.check(text).map_err(|rejected| rejected.message)
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let database = Database::join_existing(&config).await?;
    let done = apply(command, &config, &database).await;
    database.close().await?;
    output::print(&done?)
}

async fn apply(command: Command, config: &Config, database: &Database) -> Result<String, Failure> {
    database.is_migrated().await?;
    // Somebody who wrote very much may take longer than a request may.
    let endpoint = database.options.endpoint.without_limits();
    let db = Db::new(&ConnectOptions { endpoint, ..database.options.clone() })?;
    let mut connection = db.write().await?;
    let (Command::Promote(Arguments { name, .. })
    | Command::Demote(Arguments { name, .. })
    | Command::Suspend(Arguments { name, .. })
    | Command::Restore(Arguments { name, .. })
    | Command::ResetPassword { name }) = &command;
    let Some(user) = role::find_by_username(&connection, name).await? else {
        return Err(Failure::Refused(format!("nobody has the username {name}")));
    };
    let connection = &mut connection;
    let (changed, now) = match command {
        Command::Promote(Arguments { reason, .. }) => {
            (role::set_role(connection, None, user.id, true, reason).await?, "is an admin")
        }
        Command::Demote(Arguments { reason, .. }) => {
            (role::set_role(connection, None, user.id, false, reason).await?, "is a plain user")
        }
        Command::Suspend(Arguments { reason, .. }) => {
            (role::set_suspended(connection, None, user.id, true, reason).await?, "is suspended")
        }
        Command::Restore(Arguments { reason, .. }) => (
            role::set_suspended(connection, None, user.id, false, reason).await?,
            "is not suspended",
        ),
        Command::ResetPassword { .. } => {
            return reset_password(connection, &Hasher::new(config)?, &user).await;
        }
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

/// Whoever is told the password logs in with it and chooses another.
async fn reset_password(
    connection: &mut Connection,
    hasher: &Hasher,
    user: &UserRow,
) -> Result<String, Failure> {
    let password = Alphanumeric.sample_string(&mut rand::rng(), PASSWORD_LENGTH);
    let hash = hasher.slot().await?.hash_again(password.clone()).await?;
    if account::reset_password(connection, user.id, &hash).await? {
        Ok(format!("The password of {} is {password} now.\n", user.username))
    } else {
        Err(Failure::Refused(format!("{} has gone meanwhile", user.username)))
    }
}
