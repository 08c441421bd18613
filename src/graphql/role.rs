//! Roles: who moderates, and who says so.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};

use super::{
    context::{ADMINS_ONLY, ContextExt},
    error::{Problems, UserError, UserErrorCode},
    follow::user_not_found,
    id::{Id, UserKind},
    moderation::REASON,
    user::User,
};
use crate::{
    db::{
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
        let reason = input.reason.and_then(|text| problems.check("reason", REASON.check(&text)));
        if !problems.is_empty() {
            return Ok(SetUserRolePayload { user: None, user_errors: problems.into_vec() });
        }
        let (id, to_admin) = (input.user_id.uuid(), input.role == Role::Admin);
        let changed = {
            let mut conn = ctx.app().db.write().await?;
            role::set_role(&mut conn, Some(admin.id), id, to_admin, reason).await?
        };
        match changed {
            Changed::Done(user) => {
                ctx.loaders().forget_user(id).await;
                if id == admin.id {
                    ctx.loaders().standing.clear(ctx.require_viewer()?.session_id).await;
                }
                return Ok(SetUserRolePayload {
                    user: Some(User::from(user)),
                    user_errors: Vec::new(),
                });
            }
            Changed::NotFound => problems.push(user_not_found()),
            Changed::LastAdmin => problems.push(UserError::field(
                "role",
                UserErrorCode::NotAllowed,
                "There must be at least one admin.",
            )),
            Changed::NotAdmin => return Err(Error::Forbidden(ADMINS_ONLY)),
        }
        Ok(SetUserRolePayload { user: None, user_errors: problems.into_vec() })
    }
}

/// Who becomes what.
#[derive(InputObject)]
pub struct SetUserRoleInput {
    /// The user.
    pub user_id: Id<UserKind>,
    /// What they may do from now on.
    pub role: Role,
    /// Why, for the moderation log.
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
