//! Users: the queries that find them.

use async_graphql::{Context, Object, OneofObject};

use super::{
    context::ContextExt,
    id::{Asked, Id, UserKind},
    nullable::Nullable,
    page::{Connection, PageArguments},
    user::User,
    user_list,
};
use crate::{auth::Username, db::user, error::Result};

/// Which user: by id or by name.
#[derive(OneofObject)]
pub enum UserBy {
    /// By id.
    Id(Asked<Id<UserKind>>),
    /// By username, in any case.
    Username(String),
}

/// Queries about users.
#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// The viewer; null for a stranger.
    async fn me(&self, ctx: &Context<'_>) -> Nullable<User> {
        ctx.session_user().await.map(|user| user.map(User)).into()
    }

    /// A user; null when there is none, or when the viewer may not see them.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] by: UserBy,
    ) -> Nullable<User> {
        find(ctx, by).await.into()
    }

    /// The users whom the viewer may see and did not mute: the newest first, or with `search` those whose username or
    /// display name begins with the words or is like them, the best fit first.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Words to look for in usernames and display names, up to 100 characters."
        )]
        search: Option<String>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        let arguments = PageArguments { first, after, last, before };
        user_list::page(ctx, search, arguments).await
    }
}

async fn find(ctx: &Context<'_>, by: UserBy) -> Result<Option<User>> {
    let found = match by {
        UserBy::Id(id) => ctx.loaders().users.load(id.get()?.uuid()).await?,
        UserBy::Username(name) => {
            // Nobody has a name that cannot be one.
            let Ok(name) = Username::existing(&name) else { return Ok(None) };
            let reader = ctx.app().db.read().await?;
            user::find_by_username(&reader, ctx.viewer_id(), name.as_str()).await?
        }
    };
    Ok(found.map(User::from))
}
