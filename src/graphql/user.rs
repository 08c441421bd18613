//! Users: the type and its queries.

use async_graphql::{Context, Enum, Object, OneofObject};
use chrono::{DateTime, Utc};

use super::{
    context::ContextExt,
    id::{Id, UserKind},
};
use crate::{
    db::user::{self, UserRow},
    error::Result,
};

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Role {
    /// Uses the network.
    User,
    /// Moderates it.
    Admin,
}

/// A person on the network.
pub struct User(pub UserRow);

/// A person on the network.
#[Object]
impl User {
    /// The user's id.
    async fn id(&self) -> Id<UserKind> {
        self.0.id.into()
    }

    /// The unique name by which the user is found and mentioned.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// When the user registered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Which user: by id or by name.
#[derive(OneofObject)]
pub enum UserBy {
    /// By id.
    Id(Id<UserKind>),
    /// By username, in any case.
    Username(String),
}

/// Queries about users.
#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// The viewer; null for a stranger.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(id) = ctx.viewer_id() else { return Ok(None) };
        Ok(ctx.loaders().users.load(id).await?.map(User))
    }

    /// A user; null when there is none, or when the viewer may not see them.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] by: UserBy,
    ) -> Result<Option<User>> {
        let found = match by {
            UserBy::Id(id) => ctx.loaders().users.load(id.uuid()).await?,
            UserBy::Username(name) => {
                let reader = ctx.app().db.read().await?;
                user::find_by_username(&reader, ctx.viewer_id(), &name).await?
            }
        };
        Ok(found.map(User))
    }
}
