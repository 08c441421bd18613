//! Roles: who moderates, and who says so.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};

use super::{
    context::{ADMINS_ONLY, ContextExt},
    error::{Problems, UserError, UserErrorCode},
    follow::user_not_found,
    id::{Id, UserKind},
    moderation,
    user::User,
};
use crate::{
    db::{
        Connection,
        role::{self, Changed},
        user,
    },
    error::{Error, Result},
};

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "user::Role")]
pub enum Role {
    /// Uses the network.
    User,
    /// Moderates it.
    Admin,
}

/// Mutations of roles.
#[derive(Default)]
pub struct RoleMutation;

#[Object]
impl RoleMutation {
    /// Makes a user an admin, or an admin a plain user, at once in all their sessions. For admins.
    /// There is always at least one admin. Can be repeated.
    async fn set_user_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who becomes what.")] input: SetUserRoleInput,
    ) -> Result<SetUserRolePayload> {
        let admin = ctx.begin_admin_write().await?;
        let mut problems = Problems::default();
        let reason = moderation::reason(&mut problems, input.reason);
        let (id, to_admin) = (input.user_id.uuid(), input.role == Role::Admin);
        let (db, actor, reason) = (&ctx.app().db, admin.id, reason.as_deref());
        let changed = if problems.is_empty() {
            let set = |mut conn: Connection| async move {
                let reason = reason.map(str::to_owned);
                role::set_role(&mut conn, Some(actor), id, to_admin, reason).await
            };
            Some(db.retrying(set).await?)
        } else {
            role::refusal(&mut *db.write().await?, actor, id, !to_admin).await?
        };
        if let Some(Changed::Done(user)) = changed {
            ctx.loaders().forget_user(id).await;
            if id == actor {
                ctx.loaders().standing.clear(ctx.require_viewer()?.session_id).await;
            }
            let user = Some(User::from(user));
            return Ok(SetUserRolePayload { user, user_errors: Vec::new() });
        }
        note_refusal(&mut problems, changed, "role")?;
        Ok(SetUserRolePayload { user: None, user_errors: problems.into_vec() })
    }
}

/// Notes why an act of an admin on an account did not happen; `power` is the field that would take
/// the last admin's power away.
pub(super) fn note_refusal(
    problems: &mut Problems,
    changed: Option<Changed>,
    power: &str,
) -> Result<()> {
    match changed {
        None | Some(Changed::Done(_)) => {}
        Some(Changed::NotFound) => problems.push(user_not_found()),
        Some(Changed::LastAdmin) => {
            let message = "There must be at least one admin.";
            problems.push(UserError::field(power, UserErrorCode::NotAllowed, message));
        }
        Some(Changed::NotAdmin) => return Err(Error::Forbidden(ADMINS_ONLY)),
    }
    Ok(())
}

/// Who becomes what.
#[derive(InputObject)]
pub struct SetUserRoleInput {
    /// The user.
    pub user_id: Id<UserKind>,
    /// What they may do from now on.
    pub role: Role,
    /// Why, for the moderation log: up to 2,000 characters.
    pub reason: Option<String>,
}

/// What `setUserRole` changed.
#[derive(SimpleObject)]
pub struct SetUserRolePayload {
    /// The user with the new role; null when there are errors.
    pub user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
