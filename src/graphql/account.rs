//! The viewer's own account: how it is changed and given up.

use std::sync::Arc;

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use uuid::Uuid;

use super::{
    context::ContextExt,
    error::{Problems, UserError, UserErrorCode},
    id::{Id, UserKind},
    login::wrong_password,
    password_check,
    registration::{note_taken, note_written},
    upload::{Upload, develop},
    user::User,
};
use crate::{
    auth::{Bio, DisplayName, Email, PhoneNumber, Username},
    db::{
        Connection,
        account::{self, ProfileChange},
        account_delete::{self, Deleted},
    },
    error::Result,
    text::{Flaw, Rejected, is_blank},
};

/// Mutations of the viewer's own account.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Changes the viewer's profile. What the input leaves out stays as it is.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfilePayload> {
        let viewer = ctx.begin_write().await?;
        let mut problems = Problems::default();
        let avatar = match &input.avatar {
            MaybeUndefined::Value(upload) => develop(ctx, &mut problems, "avatar", *upload).await?,
            _ => None,
        };
        let mut change = input.check(ctx, viewer.id, &mut problems).await?;
        if !problems.is_empty() {
            return Ok(UpdateProfilePayload { user: None, user_errors: problems.into_vec() });
        }
        let kept = match avatar {
            Some(finished) => Some(ctx.app().media.keep(viewer.id, finished).await?),
            None => None,
        };
        change.avatar = kept.as_ref().map(|kept| Some(kept.to_string())).or(change.avatar);
        let (db, id, change) = (&ctx.app().db, viewer.id, &change);
        let written = db
            .retrying(|mut conn| async move { account::update(&mut conn, id, change).await })
            .await?;
        let user = note_written(&mut problems, written).map(User::from);
        if let (Some(kept), None) = (&kept, &user) {
            ctx.app().media.discard(kept).await?;
        }
        if change.avatar.is_some() {
            ctx.app().media.expect_litter();
        }
        ctx.loaders().forget_user(viewer.id).await;
        ctx.loaders().standing.clear(ctx.require_viewer()?.session_id).await;
        Ok(UpdateProfilePayload { user, user_errors: problems.into_vec() })
    }

    /// Deletes the viewer's account for good, with everything that is theirs: posts, pictures,
    /// comments, votes, follows, sessions.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof that the viewer means it.")] input: DeleteAccountInput,
    ) -> Result<DeleteAccountPayload> {
        let viewer = ctx.begin_write().await?;
        let refused =
            |error| DeleteAccountPayload { deleted_user_id: None, user_errors: vec![error] };
        let verified = password_check::check_own(ctx, viewer.id, input.password).await?;
        let Some(verified) = verified else { return Ok(refused(wrong_password("password"))) };
        let (id, hash) = (viewer.id, Arc::<str>::from(verified.hash));
        let delete = move |mut conn: Connection| {
            let hash = hash.clone();
            async move { account_delete::delete(&mut conn, id, &hash).await }
        };
        let deleted = ctx.app().db.finishing(delete).await?;
        match deleted {
            Deleted::Yes => {
                ctx.app().media.expect_litter();
                ctx.loaders().forget_user(viewer.id).await;
                ctx.loaders().standing.clear(ctx.require_viewer()?.session_id).await;
                let deleted_user_id = Some(viewer.id.into());
                Ok(DeleteAccountPayload { deleted_user_id, user_errors: Vec::new() })
            }
            Deleted::Changed => Ok(refused(wrong_password("password"))),
            Deleted::LastAdmin => Ok(refused(UserError::input(
                UserErrorCode::NotAllowed,
                "You are the only admin. Make somebody else an admin first.",
            ))),
        }
    }
}

/// What to change of a profile. What is left out stays as it is; what is null is emptied.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// A new username: 3 to 30 letters from a to z, digits and `_`. It cannot be emptied.
    pub username: MaybeUndefined<String>,
    /// A new email address. It cannot be emptied.
    pub email: MaybeUndefined<String>,
    /// The name that is shown: up to 50 characters.
    pub display_name: MaybeUndefined<String>,
    /// A few words about oneself: up to 500 characters.
    pub bio: MaybeUndefined<String>,
    /// A telephone number with its country, such as `+49 151 12345678`.
    pub phone_number: MaybeUndefined<String>,
    /// A picture of oneself, as for a post: JPEG, PNG, WebP or GIF, up to 8 MiB and 40 megapixels. It is
    /// made anew, so that nothing remains of where and with what it was taken; of a moving one the
    /// first picture is kept.
    pub avatar: MaybeUndefined<Upload>,
}

impl UpdateProfileInput {
    async fn check(
        self,
        ctx: &Context<'_>,
        viewer: Uuid,
        problems: &mut Problems,
    ) -> Result<ProfileChange> {
        let username = required(problems, "username", self.username, Username::new);
        let email = required(problems, "email", self.email, Email::new);
        let display_name = optional(problems, "displayName", self.display_name, DisplayName::new);
        let bio = optional(problems, "bio", self.bio, Bio::new);
        let phone_number = optional(problems, "phoneNumber", self.phone_number, PhoneNumber::new);
        note_taken(ctx, problems, username.as_ref(), email.as_ref(), Some(viewer)).await?;
        Ok(ProfileChange {
            username: username.map(Username::into_string),
            email: email.map(Email::into_string),
            display_name: display_name.map(|name| name.map(DisplayName::into_string)),
            bio: bio.map(|bio| bio.map(Bio::into_string)),
            phone_number: phone_number.map(|number| number.map(PhoneNumber::into_string)),
            avatar: self.avatar.is_null().then_some(None),
        })
    }
}

/// A field that can be changed but not emptied.
fn required<T>(
    problems: &mut Problems,
    field: &str,
    value: MaybeUndefined<String>,
    check: impl FnOnce(&str) -> Result<T, Rejected>,
) -> Option<T> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => {
            problems.check(field, Err(Rejected::new(Flaw::Required, "This cannot be emptied.")))
        }
        MaybeUndefined::Value(text) => problems.check(field, check(&text)),
    }
}

/// A field that can be emptied: by null, or by a text with nothing to see in it.
fn optional<T>(
    problems: &mut Problems,
    field: &str,
    value: MaybeUndefined<String>,
    check: impl FnOnce(&str) -> Result<T, Rejected>,
) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(text) if is_blank(&text) => Some(None),
        MaybeUndefined::Value(text) => problems.check(field, check(&text)).map(Some),
    }
}

/// What `updateProfile` changed.
#[derive(SimpleObject)]
pub struct UpdateProfilePayload {
    /// The viewer with the new profile; null when there are errors.
    pub user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

/// The proof that the viewer means it.
#[derive(InputObject)]
pub struct DeleteAccountInput {
    /// The viewer's password.
    #[graphql(secret)]
    pub password: String,
}

/// What `deleteAccount` deleted.
#[derive(SimpleObject)]
pub struct DeleteAccountPayload {
    /// The viewer's id, which is nobody's from now on; null when there are errors.
    pub deleted_user_id: Option<Id<UserKind>>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
