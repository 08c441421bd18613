//! Whether somebody knows the password of an account, however often and from wherever they try.
//!
//! The only way to a verified password. Attempts are counted before anything is hashed, by address
//! and by name; the count by name spares those who come from where the owner is known to be,
//! and both spare those who are in a session of the account, so that no stranger can lock an owner
//! out. What comes out of a session is counted by that session alone: whoever stole a token of it
//! guesses no faster than a stranger, and keeps nobody out of the others.

use std::time::Duration;

use async_graphql::Context;
use uuid::Uuid;

use super::context::ContextExt;
use crate::{
    app::App,
    auth::{Slot, Verdict},
    db::{
        account::{self, Credentials, Identity, Upgrade},
        throttle::{self, Permit, Policy},
    },
    error::{Error, Result},
};

/// An account whose password was just found right.
pub struct Verified {
    /// Whose account.
    pub id: Uuid,
    /// The stored hash that the password fits.
    pub hash: String,
    /// Whether the account is suspended.
    pub suspended: bool,
    /// The right to hash once more.
    pub slot: Slot,
}

/// Checks a password of the account that `identity` names, which was read out of what somebody
/// `typed`; `None` when there is no such account or the password is wrong, after the same time.
///
/// # Errors
/// [`Error::RateLimited`] after too many failures.
pub async fn check(
    ctx: &Context<'_>,
    typed: &str,
    identity: Option<Identity>,
    password: String,
) -> Result<Option<Verified>> {
    let app = ctx.app();
    let place = app.keys.address_hash(ctx.request().address)?;
    let name = counted_name(typed, identity.as_ref());
    let known = match identity {
        Some(who) => account::find_credentials(&*app.db.read().await?, who, place.clone()).await?,
        None => None,
    };
    let session = match &known {
        Some(known) => session_of(ctx, known.id).await,
        None => None,
    };
    let attempts = match session {
        Some(session) => vec![by_session(app, session)?],
        None => {
            let familiar = known.as_ref().is_some_and(|known| known.familiar);
            by_place_and_name(app, &place, &name, familiar)?
        }
    };
    let reserved = reserve(app, attempts).await?;
    settle(app, reserved, known, password).await
}

/// The counts for somebody who is in no session of the account. What they typed is counted, whether
/// somebody has such a name or not: a count that a name and an email address shared would tell whoever
/// tries both that they are one person's.
fn by_place_and_name(
    app: &App,
    place: &[u8],
    name: &str,
    familiar: bool,
) -> Result<Vec<(String, Policy)>> {
    let mut attempts = vec![(app.keys.alias("login from", place)?, by_address(app))];
    if !familiar {
        attempts.push((app.keys.alias("login to", name.as_bytes())?, by_account(app)));
    }
    Ok(attempts)
}

/// The count for somebody who is in a session of the account.
fn by_session(app: &App, session: Uuid) -> Result<(String, Policy)> {
    Ok((app.keys.alias("own password", session.as_bytes())?, by_account(app)))
}

/// Under which name attempts are counted, however it was spelled. A text that no account can have is
/// taken as it is.
fn counted_name(typed: &str, identity: Option<&Identity>) -> String {
    match identity {
        Some(Identity::Username(name) | Identity::Email(name)) => name.to_lowercase(),
        _ => typed.to_lowercase(),
    }
}

/// Verifies, and takes the attempt back when it turns out well.
async fn settle(
    app: &App,
    reserved: Vec<Reserved>,
    known: Option<Credentials>,
    password: String,
) -> Result<Option<Verified>> {
    let verified = verify(app, known, password).await?;
    if verified.is_some() {
        let mut conn = app.db.write().await?;
        for Reserved { key, failures, success_clears } in reserved {
            if success_clears {
                throttle::delete(&mut conn, &key).await?;
            } else {
                throttle::release(&mut conn, &key, failures).await?;
            }
        }
    }
    Ok(verified)
}

/// Checks the viewer's own password, where the session alone is not proof enough.
///
/// # Errors
/// [`Error::RateLimited`] after too many failures: a stolen access token is no way to guess; and
/// [`Error::Unauthenticated`] when the session has ended meanwhile.
pub async fn check_own(
    ctx: &Context<'_>,
    viewer: Uuid,
    password: String,
) -> Result<Option<Verified>> {
    let app = ctx.app();
    let place = app.keys.address_hash(ctx.request().address)?;
    let who = Identity::Id(viewer);
    let known = account::find_credentials(&*app.db.read().await?, who, place).await?;
    let session = ctx.require_viewer()?.session_id;
    let reserved = reserve(app, vec![by_session(app, session)?]).await?;
    let verified = settle(app, reserved, known, password).await?;
    if verified.is_none() {
        // An account that is deleted this moment has no password any more, and no session.
        ctx.loaders().standing.clear(session).await;
        ctx.require_session().await?;
    }
    Ok(verified)
}

/// The session of this very account that the request comes out of, if it still stands.
async fn session_of(ctx: &Context<'_>, account: Uuid) -> Option<Uuid> {
    let viewer = ctx.viewer().filter(|viewer| viewer.user_id == account)?;
    let user = ctx.session_user().await.ok()?;
    user.map(|_stands| viewer.session_id)
}

/// An attempt that was counted under a key.
struct Reserved {
    key: String,
    failures: i32,
    success_clears: bool,
}

/// Counts the attempt under every key, or under none, and says how long to wait.
async fn reserve(app: &App, attempts: Vec<(String, Policy)>) -> Result<Vec<Reserved>> {
    let mut conn = app.db.write().await?;
    let mut reserved = Vec::with_capacity(attempts.len());
    for (key, policy) in attempts {
        match throttle::reserve(&mut conn, &key, &policy).await? {
            Permit::Granted { failures } => {
                reserved.push(Reserved { key, failures, success_clears: policy.success_clears });
            }
            Permit::Wait(retry_after) => {
                // Nothing was tried, so nothing has failed.
                for Reserved { key, failures, .. } in reserved {
                    throttle::release(&mut conn, &key, failures).await?;
                }
                return Err(Error::RateLimited { retry_after });
            }
        }
    }
    Ok(reserved)
}

async fn verify(
    app: &App,
    known: Option<Credentials>,
    password: String,
) -> Result<Option<Verified>> {
    let slot = app.hasher.slot().await?;
    let stored = known.as_ref().map(|known| known.password_hash.clone());
    let verdict = slot.verify(password.clone(), stored).await?;
    let Some(Credentials { id, password_hash, suspended, .. }) =
        known.filter(|_| verdict != Verdict::Wrong)
    else {
        return Ok(None);
    };
    let mut hash = password_hash;
    if verdict == Verdict::RightButOutdated {
        let better = slot.hash_again(password.clone()).await?;
        let mut conn = app.db.write().await?;
        let upgrade = account::upgrade_hash(&mut conn, id, &hash, better).await?;
        // Not kept from others while this hashes once more.
        drop(conn);
        hash = match upgrade {
            Upgrade::Done(better) => better,
            // Another login was quicker, or it is not the password any more.
            Upgrade::Late(now) => match slot.verify(password, Some(now.clone())).await? {
                Verdict::Wrong => return Ok(None),
                Verdict::Right | Verdict::RightButOutdated => now,
            },
            Upgrade::Gone => return Ok(None),
        };
    }
    Ok(Some(Verified { id, hash, suspended, slot }))
}

fn by_account(app: &App) -> Policy {
    Policy {
        free: app.config.login_failures_per_account,
        forget_one_after: Duration::from_secs(15 * 60),
        longest: app.config.login_longest_wait.duration(),
        success_clears: true,
    }
}

fn by_address(app: &App) -> Policy {
    Policy {
        free: app.config.login_failures_per_address,
        forget_one_after: Duration::from_secs(60),
        longest: app.config.login_longest_wait.duration(),
        // Else whoever has one account could guess at all others between two logins.
        success_clears: false,
    }
}

/// Counts a registration from the address that asks.
///
/// # Errors
/// [`Error::RateLimited`] after too many.
pub async fn count_registration(ctx: &Context<'_>) -> Result<()> {
    let app = ctx.app();
    let place = app.keys.address_hash(ctx.request().address)?;
    let most = app.config.registrations_per_hour.max(1);
    let policy = Policy {
        free: most,
        forget_one_after: Duration::from_secs(3600) / most,
        longest: Duration::from_secs(3600),
        success_clears: false,
    };
    reserve(app, vec![(app.keys.alias("registration from", &place)?, policy)]).await?;
    Ok(())
}
