//! Follows: the lists and counts on users, and the mutations.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{
    context::ContextExt,
    error::{UserError, UserErrorCode},
    id::{Id, UserKind},
    loaders::Lookup,
    page::{Connection, ListTag, PageArguments},
    user::User,
};
use crate::{
    db::{
        follow::{self, FollowRow, Followed, Side, UserStatsRow},
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
        conn: &AsyncPgConnection,
        _viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, UserStatsRow>> {
        let rows = follow::find_stats(conn, keys).await?;
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
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, RelationRow>> {
        let Some(viewer) = viewer else { return Ok(HashMap::new()) };
        let rows = relation::find_many(conn, viewer, keys).await?;
        Ok(rows.into_iter().map(|row| (row.user_id, row)).collect())
    }
}

/// One side of a user's follows, as `User.followers` and `User.following` show it.
///
/// # Errors
/// When the arguments are wrong or the database fails.
pub async fn page(
    ctx: &Context<'_>,
    user: Uuid,
    side: Side,
    arguments: PageArguments,
) -> Result<Connection<User>> {
    let viewer = ctx.viewer_id();
    let tag = ListTag::new(&[side.name(), &user.to_string()]);
    let window = arguments.window(&tag)?;
    let page = follow::page(&*ctx.app().db.read().await?, viewer, user, side, &window).await?;
    Ok(Connection::new(
        page,
        &tag,
        FollowRow::position,
        |row| User(row.user),
        Box::new(move |ctx| {
            Box::pin(async move {
                follow::count(&*ctx.app().db.write().await?, viewer, user, side).await
            })
        }),
    ))
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
    /// The user who is followed no longer, with the new count of followers; null when the viewer
    /// cannot see them.
    pub user: Option<User>,
    /// The viewer, with the new count of those they follow.
    pub viewer: Option<User>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
