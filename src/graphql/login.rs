//! Login, and the change of what one logs in with.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    context::ContextExt,
    error::{Problems, UserError, UserErrorCode},
    password_check::{self, Verified},
    token::{AuthTokens, new_session},
    user::User,
};
use crate::{
    auth::{Email, Password, RefreshToken, Username, Viewer},
    db::{
        account::{self, Identity},
        session,
    },
    error::Result,
};

/// Mutations of logging in.
#[derive(Default)]
pub struct LoginMutation;

#[Object]
impl LoginMutation {
    /// Logs in with a username or an email address.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who logs in.")] input: LoginInput,
    ) -> Result<LoginPayload> {
        ctx.count_write().await?;
        let LoginInput { identifier, password } = input;
        let identity = identity(&identifier);
        let verified = password_check::check(ctx, &identifier, identity, password).await?;
        let Some(Verified { id, hash, suspended, .. }) = verified else {
            return Ok(LoginPayload::refused(wrong_credentials()));
        };
        if suspended {
            let message = "This account is suspended.";
            return Ok(LoginPayload::refused(UserError::input(UserErrorCode::Suspended, message)));
        }
        let refresh = RefreshToken::generate();
        let session = new_session(ctx, id, &refresh)?;
        let (db, new, hash) = (&ctx.app().db, &session, hash.as_str());
        let opened = db
            .retrying(|mut conn| async move { session::open(&mut conn, new, hash).await })
            .await?;
        let Some(user) = opened else {
            return Ok(LoginPayload::refused(wrong_credentials()));
        };
        ctx.loaders().admitted.insert(id);
        let viewer = Viewer { user_id: id, session_id: session.id };
        Ok(LoginPayload {
            tokens: Some(AuthTokens::new(ctx, viewer, &refresh)?),
            user: Some(User::from(user)),
            user_errors: Vec::new(),
        })
    }

    /// Changes the viewer's password and ends all their other sessions.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The old password and the new one.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let (viewer, user) = ctx.begin_guarding().await?;
        let mut problems = Problems::default();
        let new = problems.check("newPassword", Password::new(input.new_password));
        let verified = password_check::check_own(ctx, user.id, input.current_password).await?;
        if verified.is_none() {
            problems.push(wrong_password("currentPassword"));
        }
        let (Some(new), Some(Verified { hash: old, slot, .. })) = (new, verified) else {
            return Ok(ChangePasswordPayload { user: None, user_errors: problems.into_vec() });
        };
        let new = slot.hash(new).await?;
        // Not kept from others while this waits for the database.
        drop(slot);
        let (db, Viewer { user_id, session_id }) = (&ctx.app().db, viewer);
        let (old, new) = (old.as_str(), new.as_str());
        let changed = db
            .retrying(|mut conn| async move {
                account::change_password(&mut conn, user_id, old, new, session_id).await
            })
            .await?;
        if !changed {
            let user_errors = vec![wrong_password("currentPassword")];
            return Ok(ChangePasswordPayload { user: None, user_errors });
        }
        Ok(ChangePasswordPayload { user: Some(User(user)), user_errors: Vec::new() })
    }
}

/// What somebody typed to say who they are. A text that no account can have names none.
fn identity(text: &str) -> Option<Identity> {
    if text.contains('@') {
        Email::new(text).ok().map(|email| Identity::Email(email.into_string()))
    } else {
        Username::existing(text).ok().map(|name| Identity::Username(name.into_string()))
    }
}

fn wrong_credentials() -> UserError {
    UserError::input(
        UserErrorCode::WrongCredentials,
        "There is no account with this name and this password.",
    )
}

/// What a mutation says that asks for the viewer's own password.
#[must_use]
pub fn wrong_password(field: &str) -> UserError {
    UserError::field(field, UserErrorCode::WrongCredentials, "This is not your password.")
}

/// Who logs in.
#[derive(InputObject)]
pub struct LoginInput {
    /// The username or the email address, in any case.
    pub identifier: String,
    /// The password.
    #[graphql(secret)]
    pub password: String,
}

/// What `login` gave.
#[derive(SimpleObject)]
pub struct LoginPayload {
    /// The tokens of a new session; null when there are errors.
    pub tokens: Option<AuthTokens>,
    /// Who logged in; null when there are errors.
    pub user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

impl LoginPayload {
    fn refused(error: UserError) -> Self {
        Self { tokens: None, user: None, user_errors: vec![error] }
    }
}

/// The old password and the new one.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password up to now.
    #[graphql(secret)]
    pub current_password: String,
    /// The password from now on: 8 to 128 characters of any kind.
    #[graphql(secret)]
    pub new_password: String,
}

/// What `changePassword` changed.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// The viewer; null when there are errors.
    pub user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
