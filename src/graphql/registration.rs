//! Registration: how an account is made.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::{
    context::ContextExt,
    error::{Problems, UserError, UserErrorCode},
    password_check,
    token::{AuthTokens, new_session},
    user::User,
};
use crate::{
    auth::{DisplayName, Email, Password, PhoneNumber, RefreshToken, Slot, Username, Viewer},
    db::account::{self, NewUser, Written},
    db::user::UserRow,
    error::Result,
    text::is_blank,
};

/// The mutation that makes an account.
#[derive(Default)]
pub struct RegistrationMutation;

#[Object]
impl RegistrationMutation {
    /// Makes an account and logs it in.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who registers.")] input: RegisterInput,
    ) -> Result<RegisterPayload> {
        ctx.count_write().await?;
        let mut problems = Problems::default();
        let Some(registration) = Registration::check(ctx, input, &mut problems).await? else {
            return Ok(RegisterPayload::refused(problems));
        };
        let Some((new, _slot)) = registration.hash(ctx, &mut problems).await? else {
            return Ok(RegisterPayload::refused(problems));
        };
        let refresh = RefreshToken::generate();
        let session = new_session(ctx, new.id, &refresh)?;
        let (db, account, session) = (&ctx.app().db, &new, &session);
        let written = db
            .retrying(|mut conn| async move { account::insert(&mut conn, account, session).await })
            .await?;
        let Some(user) = note_written(&mut problems, written) else {
            return Ok(RegisterPayload::refused(problems));
        };
        ctx.loaders().admitted.insert(user.id);
        let viewer = Viewer { user_id: user.id, session_id: session.id };
        Ok(RegisterPayload {
            tokens: Some(AuthTokens::new(ctx, viewer, &refresh)?),
            user: Some(User::from(user)),
            user_errors: Vec::new(),
        })
    }
}

/// A registration in which every field is right.
struct Registration {
    username: Username,
    email: Email,
    password: Password,
    display_name: Option<DisplayName>,
    phone_number: Option<PhoneNumber>,
}

impl Registration {
    /// Notes everything that is wrong, and who has the name and the address already.
    async fn check(
        ctx: &Context<'_>,
        input: RegisterInput,
        problems: &mut Problems,
    ) -> Result<Option<Self>> {
        let username = problems.check("username", Username::new(&input.username));
        let email = problems.check("email", Email::new(&input.email));
        let password = problems.check("password", Password::new(input.password));
        let given = |text: &String| !is_blank(text);
        let display_name = input
            .display_name
            .filter(given)
            .and_then(|text| problems.check("displayName", DisplayName::new(&text)));
        let phone_number = input
            .phone_number
            .filter(given)
            .and_then(|text| problems.check("phoneNumber", PhoneNumber::new(&text)));
        note_taken(ctx, problems, username.as_ref(), email.as_ref(), None).await?;
        let required = username.zip(email).zip(password).filter(|_| problems.is_empty());
        Ok(required.map(|((username, email), password)| Self {
            username,
            email,
            password,
            display_name,
            phone_number,
        }))
    }

    /// Waits for a turn, counts the registration and hashes the password. Of a thousand who want one
    /// name at once, those who waited learn here that it is gone, and cost neither; so the turn ends
    /// when the account is there.
    async fn hash(
        self,
        ctx: &Context<'_>,
        problems: &mut Problems,
    ) -> Result<Option<(NewUser, Slot)>> {
        let slot = ctx.app().hasher.slot().await?;
        note_taken(ctx, problems, Some(&self.username), Some(&self.email), None).await?;
        if !problems.is_empty() {
            return Ok(None);
        }
        password_check::count_registration(ctx).await?;
        let new = NewUser {
            id: Uuid::now_v7(),
            username: self.username.into_string(),
            email: self.email.into_string(),
            display_name: self.display_name.map(DisplayName::into_string),
            phone_number: self.phone_number.map(PhoneNumber::into_string),
            password_hash: slot.hash(self.password).await?,
        };
        Ok(Some((new, slot)))
    }
}

/// Notes which of a new name and a new address somebody other than `except` has already.
///
/// # Errors
/// When the database fails.
pub async fn note_taken(
    ctx: &Context<'_>,
    problems: &mut Problems,
    username: Option<&Username>,
    email: Option<&Email>,
    except: Option<Uuid>,
) -> Result<()> {
    let (username, email) = (username.map(Username::as_str), email.map(Email::as_str));
    if username.is_none() && email.is_none() {
        return Ok(());
    }
    let reader = ctx.app().db.read().await?;
    let (username_taken, email_taken) =
        account::find_taken(&reader, username, email, except).await?;
    if username_taken {
        note_written(problems, Written::UsernameTaken);
    }
    if email_taken {
        note_written(problems, Written::EmailTaken);
    }
    Ok(())
}

/// The user who was written, or a note of what somebody else was quicker to take.
pub fn note_written(problems: &mut Problems, written: Written) -> Option<UserRow> {
    let (field, message) = match written {
        Written::Done(user) => return Some(user),
        Written::UsernameTaken => ("username", "This username is taken."),
        Written::EmailTaken => ("email", "There is an account with this email address already."),
    };
    problems.push(UserError::field(field, UserErrorCode::Taken, message));
    None
}

/// Who registers.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The name by which others find the user: 3 to 30 letters from a to z, digits and `_`. Unique
    /// without regard to case.
    pub username: String,
    /// The user's email address, which only they and admins see. Unique without regard to case.
    pub email: String,
    /// 8 to 128 characters of any kind.
    #[graphql(secret)]
    pub password: String,
    /// The name that is shown: up to 50 characters of any kind.
    pub display_name: Option<String>,
    /// A telephone number with its country, such as `+49 151 12345678`, which only the user and
    /// admins see.
    pub phone_number: Option<String>,
}

/// What `register` made.
#[derive(SimpleObject)]
pub struct RegisterPayload {
    /// The tokens of the user's first session; null when there are errors.
    pub tokens: Option<AuthTokens>,
    /// The new user; null when there are errors.
    pub user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

impl RegisterPayload {
    fn refused(problems: Problems) -> Self {
        Self { tokens: None, user: None, user_errors: problems.into_vec() }
    }
}
