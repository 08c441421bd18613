//! Follows: the lists and counts on users, and the mutations.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{
    context::ContextExt,
    error::{UserError, UserErrorCode},
    id::{Id, UserKind},
    loaders::{Loader, Loaders, Lookup},
    nested::{self, Counts, Nested, Pages},
    page::{Connection, PageArguments},
    user::User,
};
use crate::{
    db::{
        Db,
        follow::{self, FollowRow, Followed, Side, UserStatsRow},
        page::{Page, Position, Window},
        relation::{self, RelationRow},
    },
    error::Result,
};

/// The stored counts of a user's follows.
pub struct UserStats;

impl Lookup for UserStats {
    type Key = Uuid;
    type Value = UserStatsRow;
    const NAME: &'static str = "user_stats";

    async fn find(
        db: &Db,
        _viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, UserStatsRow>> {
        let conn = db.read().await?;
        let rows = follow::find_stats(&conn, keys).await?;
        Ok(rows.into_iter().map(|row| (row.user_id, row)).collect())
    }
}

/// How the viewer stands to a user; a stranger stands to nobody.
pub struct Relations;

impl Lookup for Relations {
    type Key = Uuid;
    type Value = RelationRow;
    const NAME: &'static str = "relations";

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, RelationRow>> {
        let Some(viewer) = viewer else { return Ok(HashMap::new()) };
        let conn = db.read().await?;
        let rows = relation::find_many(&conn, viewer, keys).await?;
        Ok(rows.into_iter().map(|row| (row.user_id, row)).collect())
    }
}

/// How the viewer stands to a user.
///
/// # Errors
/// When the database fails.
pub async fn relation(ctx: &Context<'_>, user: Uuid) -> Result<RelationRow> {
    Ok(ctx.loaders().relations.load(user).await?.unwrap_or_default())
}

/// One side of a user's follows.
pub struct Follows;

impl Nested for Follows {
    type Choice = Side;
    type Key = DateTime<Utc>;
    type Row = FollowRow;
    const NAME: &'static str = "follows";

    async fn pages(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        side: Side,
        users: &[Uuid],
        window: &Window<DateTime<Utc>>,
    ) -> Result<HashMap<Uuid, Page<FollowRow>>> {
        follow::pages(conn, viewer, side, users, window).await
    }

    async fn counts(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        side: Side,
        users: &[Uuid],
    ) -> Result<HashMap<Uuid, i64>> {
        follow::counts(conn, viewer, side, users).await
    }

    fn position(row: &FollowRow) -> Position<DateTime<Utc>> {
        row.position()
    }

    fn loaders(all: &Loaders) -> (&Loader<Pages<Self>>, &Loader<Counts<Self>>) {
        (&all.follows, &all.follow_counts)
    }
}

/// A page of it, as `User.followers` and `User.following` show it.
///
/// # Errors
/// When the arguments are wrong or the database fails.
pub async fn page(
    ctx: &Context<'_>,
    user: Uuid,
    side: Side,
    arguments: PageArguments,
) -> Result<Connection<User>> {
    nested::page::<Follows, _>(ctx, side, user, &arguments, |row| User::from(row.user)).await
}

/// Mutations of follows.
#[derive(Default)]
pub struct FollowMutation;

#[Object]
impl FollowMutation {
    /// Follows a user: their posts join the viewer's feed at once. Can be repeated.
    async fn follow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to follow.")] input: FollowInput,
    ) -> Result<FollowPayload> {
        let viewer = ctx.begin_write().await?.id;
        let followee = input.user_id.uuid();
        if followee == viewer {
            return Ok(FollowPayload::refused(UserError::field(
                "userId",
                UserErrorCode::NotOneself,
                "You cannot follow yourself.",
            )));
        }
        let db = &ctx.app().db;
        let followed = db
            .retrying(|mut conn| async move { follow::insert(&mut conn, viewer, followee).await })
            .await?;
        match followed {
            Followed::Yes => {}
            Followed::NotFound => return Ok(FollowPayload::refused(user_not_found())),
            Followed::Blocked => {
                return Ok(FollowPayload::refused(UserError::field(
                    "userId",
                    UserErrorCode::NotAllowed,
                    "One of you blocks the other.",
                )));
            }
        }
        ctx.loaders().clear().await;
        Ok(FollowPayload {
            user: load(ctx, followee).await?,
            viewer: load(ctx, viewer).await?,
            user_errors: Vec::new(),
        })
    }

    /// Follows a user no longer: their posts leave the viewer's feed at once. Can be repeated.
    async fn unfollow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to follow no longer.")] input: UnfollowInput,
    ) -> Result<UnfollowPayload> {
        let viewer = ctx.begin_write().await?.id;
        let followee = input.user_id.uuid();
        let db = &ctx.app().db;
        let ended = db
            .retrying(|mut conn| async move { follow::delete(&mut conn, viewer, followee).await })
            .await?;
        let (user, user_errors) = after_ending(ctx, followee, ended).await?;
        Ok(UnfollowPayload { user, viewer: load(ctx, viewer).await?, user_errors })
    }
}

impl FollowPayload {
    fn refused(error: UserError) -> Self {
        Self { user: None, viewer: None, user_errors: vec![error] }
    }
}

/// What a mutation says of a user whom the viewer cannot see or who is not there.
#[must_use]
pub fn user_not_found() -> UserError {
    UserError::field("userId", UserErrorCode::NotFound, "There is no such user.")
}

/// The other person after something between the two ended, or would have: a follow, a block, a mute.
/// What was there ends even when the viewer does not see the person any more.
///
/// # Errors
/// When the database fails.
pub async fn after_ending(
    ctx: &Context<'_>,
    other: Uuid,
    ended: bool,
) -> Result<(Option<User>, Vec<UserError>)> {
    ctx.loaders().clear().await;
    let user = load(ctx, other).await?;
    let unknown = user.is_none() && !ended;
    Ok((user, if unknown { vec![user_not_found()] } else { Vec::new() }))
}

/// Reads a user anew after a write.
///
/// # Errors
/// When the database fails.
pub async fn load(ctx: &Context<'_>, user: Uuid) -> Result<Option<User>> {
    Ok(ctx.loaders().users.load(user).await?.map(User::from))
}

/// Whom to follow.
#[derive(InputObject)]
pub struct FollowInput {
    /// The user to follow.
    pub user_id: Id<UserKind>,
}

/// Whom to follow no longer.
#[derive(InputObject)]
pub struct UnfollowInput {
    /// The user to follow no longer.
    pub user_id: Id<UserKind>,
}

/// What `follow` changed.
#[derive(SimpleObject)]
pub struct FollowPayload {
    /// The followed user, with the new count of followers; null when there are errors.
    pub user: Option<User>,
    /// The viewer, with the new count of those they follow; null when there are errors.
    pub viewer: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

/// What `unfollow` changed.
#[derive(SimpleObject)]
pub struct UnfollowPayload {
    /// The user who is followed no longer, with the new count of followers; null when there are
    /// errors, or when the viewer cannot see them any more.
    pub user: Option<User>,
    /// The viewer, with the new count of those they follow.
    pub viewer: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
