//! Users: the type and its queries.

use async_graphql::{Context, Enum, Object, OneofObject};
use chrono::{DateTime, Utc};

use super::{
    boundary,
    context::ContextExt,
    follow,
    id::{Id, UserKind},
    nested,
    page::{Connection, PageArguments},
    post::Post,
    vote::Liked,
};
use crate::{
    db::{
        boundary::Boundary,
        follow::Side,
        user::{self, UserRow},
        vote::LikedRow,
    },
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

    /// Those who follow the user, newest first.
    async fn followers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, from the start of the range.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many rows, from the end of the range.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        let arguments = PageArguments { first, after, last, before };
        follow::page(ctx, self.0.id, Side::Followers, arguments).await
    }

    /// Those whom the user follows, newest first.
    async fn following(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, from the start of the range.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many rows, from the end of the range.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        let arguments = PageArguments { first, after, last, before };
        follow::page(ctx, self.0.id, Side::Following, arguments).await
    }

    /// How many follow the user.
    async fn follower_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.loaders().user_stats.load(self.0.id).await?.unwrap_or_default().follower_count)
    }

    /// How many the user follows.
    async fn following_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.loaders().user_stats.load(self.0.id).await?.unwrap_or_default().following_count)
    }

    /// Whether the viewer follows the user.
    async fn viewer_is_following(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(follow::relation(ctx, self.0.id).await?.is_following)
    }

    /// Whether the user follows the viewer.
    async fn is_following_viewer(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(follow::relation(ctx, self.0.id).await?.is_followed_by)
    }

    /// Whether the viewer blocks the user.
    async fn viewer_is_blocking(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(follow::relation(ctx, self.0.id).await?.is_blocking)
    }

    /// Whether the viewer mutes the user.
    async fn viewer_is_muting(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(follow::relation(ctx, self.0.id).await?.is_muting)
    }

    /// The posts for which the user voted and which the viewer may see, the newest vote first.
    async fn liked_posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, from the start of the range.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many rows, from the end of the range.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Post>> {
        let arguments = PageArguments { first, after, last, before };
        let node = |row: LikedRow| Post(row.post);
        nested::page::<Liked, _>(ctx, (), self.0.id, &arguments, node).await
    }

    /// Those whom the user blocks, newest first; null to everybody else.
    async fn blocked_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, from the start of the range.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many rows, from the end of the range.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<User>>> {
        let arguments = PageArguments { first, after, last, before };
        boundary::page(ctx, self.0.id, Boundary::Block, arguments).await
    }

    /// Those whom the user mutes, newest first; null to everybody else.
    async fn muted_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, from the start of the range.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many rows, from the end of the range.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<User>>> {
        let arguments = PageArguments { first, after, last, before };
        boundary::page(ctx, self.0.id, Boundary::Mute, arguments).await
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
