//! Blocks and mutes: the lists that one sees of oneself, and the mutations.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::{
    context::ContextExt,
    error::{UserError, UserErrorCode},
    follow::{after_ending, load, user_not_found},
    id::{Id, UserKind},
    page::{Connection, ListTag, PageArguments},
    session::viewer_in_session,
    user::User,
};
use crate::{
    db::boundary::{self, Boundary, BoundaryRow},
    error::Result,
};

/// Those against whom the viewer set a boundary; `None` to everybody else.
///
/// # Errors
/// When the arguments are wrong, the viewer's session has ended or the database fails.
pub async fn page(
    ctx: &Context<'_>,
    user: Uuid,
    kind: Boundary,
    arguments: PageArguments,
) -> Result<Option<Connection<User>>> {
    if !viewer_in_session(ctx, user).await? {
        return Ok(None);
    }
    let tag = ListTag::new(&[kind.name(), &user.to_string()]);
    let window = arguments.window(&tag)?;
    let page = boundary::page(&*ctx.app().db.read().await?, kind, user, &window).await?;
    Ok(Some(Connection::new(
        page,
        &tag,
        BoundaryRow::position,
        |row| User::from(row.user),
        Box::new(move |ctx| {
            Box::pin(
                async move { boundary::count(&*ctx.app().db.wide_read().await?, kind, user).await },
            )
        }),
    )))
}

/// Mutations of blocks and mutes.
#[derive(Default)]
pub struct BoundaryMutation;

#[Object]
impl BoundaryMutation {
    /// Blocks a user: neither sees the other any more, and follows end both ways. Can be repeated.
    async fn block_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to block.")] input: BlockUserInput,
    ) -> Result<BlockUserPayload> {
        let (viewer, user_errors) = set(ctx, Boundary::Block, input.user_id.uuid()).await?;
        let blocked_user_id = user_errors.is_empty().then_some(input.user_id);
        Ok(BlockUserPayload { blocked_user_id, viewer, user_errors })
    }

    /// Blocks a user no longer. Follows do not come back. Can be repeated.
    async fn unblock_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to block no longer.")] input: UnblockUserInput,
    ) -> Result<UnblockUserPayload> {
        let (user, user_errors) = take_back(ctx, Boundary::Block, input.user_id.uuid()).await?;
        Ok(UnblockUserPayload { user, user_errors })
    }

    /// Mutes a user: they, their posts and their comments leave the viewer's lists, except for those
    /// that are opened for this very user. They are not told. Can be repeated.
    async fn mute_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to mute.")] input: MuteUserInput,
    ) -> Result<MuteUserPayload> {
        let other = input.user_id.uuid();
        let (_, user_errors) = set(ctx, Boundary::Mute, other).await?;
        let user = if user_errors.is_empty() { load(ctx, other).await? } else { None };
        Ok(MuteUserPayload { user, user_errors })
    }

    /// Mutes a user no longer. Can be repeated.
    async fn unmute_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to mute no longer.")] input: UnmuteUserInput,
    ) -> Result<UnmuteUserPayload> {
        let (user, user_errors) = take_back(ctx, Boundary::Mute, input.user_id.uuid()).await?;
        Ok(UnmuteUserPayload { user, user_errors })
    }
}

/// Sets a boundary; returns the viewer as they stand afterwards, or why it was not set.
async fn set(
    ctx: &Context<'_>,
    kind: Boundary,
    other: Uuid,
) -> Result<(Option<User>, Vec<UserError>)> {
    let viewer = ctx.begin_write().await?.id;
    if other == viewer {
        let error = UserError::field(
            "userId",
            UserErrorCode::NotOneself,
            format!("You cannot {} yourself.", kind.name()),
        );
        return Ok((None, vec![error]));
    }
    let db = &ctx.app().db;
    let found = db
        .retrying(|mut conn| async move { boundary::insert(&mut conn, kind, viewer, other).await })
        .await?;
    if !found {
        return Ok((None, vec![user_not_found()]));
    }
    ctx.loaders().clear().await;
    Ok((load(ctx, viewer).await?, Vec::new()))
}

/// Takes a boundary back; returns the other person, if the viewer can see them now.
async fn take_back(
    ctx: &Context<'_>,
    kind: Boundary,
    other: Uuid,
) -> Result<(Option<User>, Vec<UserError>)> {
    let viewer = ctx.begin_write().await?.id;
    let db = &ctx.app().db;
    let ended = db
        .retrying(|mut conn| async move { boundary::delete(&mut conn, kind, viewer, other).await })
        .await?;
    after_ending(ctx, other, ended).await
}

macro_rules! boundary_types {
    ($($(#[doc = $input_doc:literal])+ $input:ident { $(#[doc = $field_doc:literal])+ } $(#[doc = $payload_doc:literal])+ $payload:ident { $($(#[doc = $out_doc:literal])+ $out:ident: $type:ty,)+ })+) => {
        $(
            $(#[doc = $input_doc])+
            #[derive(InputObject)]
            pub struct $input { $(#[doc = $field_doc])+ pub user_id: Id<UserKind> }

            $(#[doc = $payload_doc])+
            #[derive(SimpleObject)]
            pub struct $payload {
                $($(#[doc = $out_doc])+ pub $out: $type,)+
                /// Why nothing was done; empty when it was.
                pub user_errors: Vec<UserError>,
            }
        )+
    };
}

boundary_types! {
    /// Whom to block.
    BlockUserInput {
        /// The user to block.
    }
    /// What `blockUser` changed.
    BlockUserPayload {
        /// The id of the user whom the viewer sees no more; null when there are errors.
        blocked_user_id: Option<Id<UserKind>>,
        /// The viewer, with the new counts of follows; null when there are errors.
        viewer: Option<User>,
    }
    /// Whom to block no longer.
    UnblockUserInput {
        /// The user to block no longer.
    }
    /// What `unblockUser` changed.
    UnblockUserPayload {
        /// The user; null when there are errors, or when the viewer cannot see them for another reason.
        user: Option<User>,
    }
    /// Whom to mute.
    MuteUserInput {
        /// The user to mute.
    }
    /// What `muteUser` changed.
    MuteUserPayload {
        /// The muted user; null when there are errors.
        user: Option<User>,
    }
    /// Whom to mute no longer.
    UnmuteUserInput {
        /// The user to mute no longer.
    }
    /// What `unmuteUser` changed.
    UnmuteUserPayload {
        /// The user; null when the viewer cannot see them.
        user: Option<User>,
    }
}
