//! Users: the type.

use std::sync::Arc;

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};

use super::{
    boundary,
    comment::{self, Comment, CommentOrder},
    context::ContextExt,
    eager::Eager,
    follow,
    id::{Id, UserKind},
    image::{self, Image, Url},
    json::{EnumValue, Json},
    nested,
    nullable::Nullable,
    page::{Connection, PageArguments},
    post::Post,
    post_list::{self, PostOrder},
    role::Role,
    session::{self, Session, viewer_in_session},
    vote::Liked,
};
use crate::{
    db::{boundary::Boundary, comment_list::Thread, follow::Side, user::UserRow, vote::LikedRow},
    error::Result,
};

/// A person on the network.
pub struct User(pub Arc<UserRow>);

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self(Arc::new(row))
    }
}

impl User {
    fn picture(&self) -> Result<Option<Image>> {
        Image::read(self.0.avatar.as_ref(), None, self.0.suspended_at.is_some())
    }

    /// Whether the viewer may read what is private: their own, or as an admin.
    async fn is_open_to_viewer(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(Box::pin(viewer_in_session(ctx, self.0.id)).await? || ctx.viewer_is_admin().await)
    }
}

impl Eager for User {
    fn write(&self, ctx: &Context<'_>, json: &mut Json) -> Option<()> {
        match ctx.item.node.name.node.as_str() {
            "id" => json.put(Id::<UserKind>::from(self.0.id)),
            "username" => json.put(self.username(ctx)),
            "displayName" => json.put(self.display_name(ctx)),
            "bio" => json.put(self.bio(ctx)),
            "avatarUrl" => json.put(image::largest_at_once(ctx, self.picture())?),
            "role" => json.put(EnumValue(self.role(ctx))),
            "createdAt" => json.put(self.created_at(ctx)),
            "isSuspended" => json.put(self.is_suspended(ctx)),
            "suspendedAt" => json.put(self.suspended_at(ctx)),
            "isViewer" => json.put(self.is_viewer(ctx)),
            _ => None,
        }
    }
}

/// A person on the network.
#[Object]
impl User {
    /// The user's id.
    pub async fn id(&self) -> Id<UserKind> {
        self.0.id.into()
    }

    /// The unique name by which the user is found and mentioned.
    fn username(&self) -> &str {
        &self.0.username
    }

    /// The name that is shown; null when the user gave none.
    fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    /// What the user says of themselves; null when they say nothing.
    fn bio(&self) -> Option<&str> {
        self.0.bio.as_deref()
    }

    /// Where the user's picture is, in its largest size; null when they have none.
    async fn avatar_url(&self, ctx: &Context<'_>) -> Nullable<Url> {
        image::largest(ctx, self.picture()).await.into()
    }

    /// The user's picture; null when they have none.
    async fn avatar(&self) -> Nullable<Image> {
        self.picture().into()
    }

    /// What the user may do.
    fn role(&self) -> Role {
        self.0.role.into()
    }

    /// When the user registered.
    fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Whether the user is suspended. Only admins see suspended users, so it is false to others.
    fn is_suspended(&self) -> bool {
        self.0.suspended_at.is_some()
    }

    /// Since when the user is suspended; null when they are not.
    fn suspended_at(&self) -> Option<DateTime<Utc>> {
        self.0.suspended_at
    }

    /// Whether this is the viewer.
    fn is_viewer(&self, ctx: &Context<'_>) -> bool {
        ctx.is_viewer(self.0.id)
    }

    /// The email address; null to everybody but the user and admins.
    async fn email(&self, ctx: &Context<'_>) -> Nullable<&str> {
        let open = self.is_open_to_viewer(ctx).await;
        open.map(|open| open.then_some(self.0.email.as_str())).into()
    }

    /// The telephone number; null to everybody but the user and admins, and when there is none.
    async fn phone_number(&self, ctx: &Context<'_>) -> Nullable<&str> {
        let open = self.is_open_to_viewer(ctx).await;
        open.map(|open| self.0.phone_number.as_deref().filter(|_| open)).into()
    }

    /// Where the user is logged in, the latest login first; null to everybody else.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Session>> {
        let arguments = PageArguments { first, after, last, before };
        Box::pin(session::page(ctx, self.0.id, arguments)).await.into()
    }

    /// Those who follow the user, newest first.
    async fn followers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        let arguments = PageArguments { first, after, last, before };
        follow::page(ctx, self.0.id, Side::Followers, arguments).await
    }

    /// Those whom the user follows, newest first.
    async fn following(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        let arguments = PageArguments { first, after, last, before };
        follow::page(ctx, self.0.id, Side::Following, arguments).await
    }

    /// How many follow the user: the same number for everybody, counting also people whom the viewer does
    /// not see. `followers { totalCount }` counts what the viewer sees.
    async fn follower_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.loaders().user_stats.load(self.0.id).await?.unwrap_or_default().follower_count)
    }

    /// How many the user follows: the same number for everybody, counting also people whom the viewer does
    /// not see. `following { totalCount }` counts what the viewer sees.
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

    /// What the user wrote, as far as the viewer may see it.
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which order; not `RELEVANCE`.", default_with = "PostOrder::Newest")]
        order_by: PostOrder,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Post>> {
        let arguments = PageArguments { first, after, last, before };
        post_list::page_of_user(ctx, self.0.id, order_by, &arguments).await
    }

    /// How many posts of the user the viewer may see.
    async fn post_count(&self, ctx: &Context<'_>) -> Result<i64> {
        post_list::count_of_user(ctx, self.0.id).await
    }

    /// The posts that the user voted up and that the viewer may see, the newest vote first; without
    /// those of people whom the viewer muted.
    async fn liked_posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Post>> {
        let arguments = PageArguments { first, after, last, before };
        let node = |row: LikedRow| Post::from(row.post);
        nested::page::<Liked, _>(ctx, (), self.0.id, &arguments, node).await
    }

    /// What the user said under posts that the viewer may see, the latest first.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Comment>> {
        let arguments = PageArguments { first, after, last, before };
        comment::page(ctx, Thread::Author, CommentOrder::Newest, self.0.id, arguments).await
    }

    /// Those whom the user blocks, newest first; null to everybody else.
    async fn blocked_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<User>> {
        let arguments = PageArguments { first, after, last, before };
        Box::pin(boundary::page(ctx, self.0.id, Boundary::Block, arguments)).await.into()
    }

    /// Those whom the user mutes, newest first; null to everybody else.
    async fn muted_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<User>> {
        let arguments = PageArguments { first, after, last, before };
        Box::pin(boundary::page(ctx, self.0.id, Boundary::Mute, arguments)).await.into()
    }
}
