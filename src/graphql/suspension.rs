//! Suspensions: the mutations by which admins hide a user, and bring them back.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    context::ContextExt,
    error::{Problems, UserError, UserErrorCode},
    id::{Id, UserKind},
    moderation,
    role::note_refusal,
    user::User,
};
use crate::{
    db::{
        Connection,
        role::{self, Changed},
    },
    error::Result,
};

/// Mutations of suspensions.
#[derive(Default)]
pub struct SuspensionMutation;

#[Object]
impl SuspensionMutation {
    /// Suspends a user: their sessions end at once, and nobody but admins sees them or what they
    /// wrote. Nothing is lost. For admins. Can be repeated.
    async fn suspend_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to suspend, and why.")] input: SuspendUserInput,
    ) -> Result<SuspendUserPayload> {
        let (user, user_errors) = set(ctx, input.user_id, input.reason, true).await?;
        Ok(SuspendUserPayload { user, user_errors })
    }

    /// Lifts a suspension: the user can log in again, and all that they wrote is seen again. For
    /// admins. Can be repeated.
    async fn restore_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to restore, and why.")] input: RestoreUserInput,
    ) -> Result<RestoreUserPayload> {
        let (user, user_errors) = set(ctx, input.user_id, input.reason, false).await?;
        Ok(RestoreUserPayload { user, user_errors })
    }
}

async fn set(
    ctx: &Context<'_>,
    user: Id<UserKind>,
    reason: Option<String>,
    suspended: bool,
) -> Result<(Option<User>, Vec<UserError>)> {
    let admin = ctx.begin_admin_write().await?.id;
    let user = user.uuid();
    let mut problems = Problems::default();
    if suspended && user == admin {
        let message = "You cannot suspend yourself.";
        problems.push(UserError::field("userId", UserErrorCode::NotOneself, message));
    }
    let reason = moderation::reason(&mut problems, reason);
    let db = &ctx.app().db;
    let changed = if problems.is_empty() {
        let set = move |mut conn: Connection| {
            let reason = reason.clone();
            async move { role::set_suspended(&mut conn, Some(admin), user, suspended, reason).await }
        };
        Some(db.finishing(set).await?)
    } else if user == admin {
        None
    } else {
        role::refusal(&mut *db.write().await?, admin, user, suspended).await?
    };
    if let Some(Changed::Done(row)) = changed {
        ctx.loaders().clear().await;
        return Ok((Some(User::from(row)), Vec::new()));
    }
    note_refusal(&mut problems, changed, "userId")?;
    Ok((None, problems.into_vec()))
}

/// Whom to suspend, and why.
#[derive(InputObject)]
pub struct SuspendUserInput {
    /// The user.
    pub user_id: Id<UserKind>,
    /// Why, for the moderation log: up to 2,000 characters.
    pub reason: Option<String>,
}

/// Whom to restore, and why.
#[derive(InputObject)]
pub struct RestoreUserInput {
    /// The user.
    pub user_id: Id<UserKind>,
    /// Why, for the moderation log: up to 2,000 characters.
    pub reason: Option<String>,
}

/// What `suspendUser` changed.
#[derive(SimpleObject)]
pub struct SuspendUserPayload {
    /// The suspended user; null when there are errors.
    pub user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

/// What `restoreUser` changed.
#[derive(SimpleObject)]
pub struct RestoreUserPayload {
    /// The restored user; null when there are errors.
    pub user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
