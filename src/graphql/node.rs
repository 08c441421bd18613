//! Anything by its id.

use async_graphql::{Context, ID, Interface, Object};
use futures_util::future::join_all;

use super::{
    comment::Comment,
    context::ContextExt,
    id::{AnyId, Asked},
    moderation::ModerationEntry,
    nullable::Nullable,
    post::Post,
    report::Report,
    session::Session,
    user::User,
};
use crate::{
    error::{Error, Result},
    id::{CommentKind, Kind, ModerationKind, PostKind, ReportKind, SessionKind, UserKind},
};

const MAX_IDS: usize = 100;

/// Something with an id of its own.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The thing's id, unlike that of anything else."))]
pub enum Node {
    /// A user.
    User(User),
    /// A session of the viewer.
    Session(Session),
    /// A post.
    Post(Post),
    /// A comment.
    Comment(Comment),
    /// A report, for admins and who made it.
    Report(Report),
    /// An entry of the moderation log, for admins.
    ModerationEntry(ModerationEntry),
}

/// Queries by id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Whatever has this id; null when there is none, or when the viewer may not see it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of anything.")] id: Asked<AnyId>,
    ) -> Nullable<Node> {
        match id.get() {
            Ok(id) => find(ctx, id).await.into(),
            Err(malformed) => Err(malformed).into(),
        }
    }

    /// Whatever has these ids, in their order, with null for what there is not or the viewer may not
    /// see. At most 100.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of anything.")] ids: Vec<Asked<AnyId>>,
    ) -> Result<Vec<Nullable<Node>>> {
        if ids.len() > MAX_IDS {
            return Err(Error::bad_input(format!("`ids` may have at most {MAX_IDS} items.")));
        }
        let found = async |id: Asked<AnyId>| match id.get() {
            Ok(id) => find(ctx, id).await.into(),
            Err(malformed) => Err(malformed).into(),
        };
        Ok(join_all(ids.into_iter().map(found)).await)
    }
}

async fn find(ctx: &Context<'_>, AnyId { prefix, uuid }: AnyId) -> Result<Option<Node>> {
    let loaders = ctx.loaders();
    Ok(match prefix {
        UserKind::PREFIX => loaders.users.load(uuid).await?.map(|row| User::from(row).into()),
        PostKind::PREFIX => loaders.posts.load(uuid).await?.map(|row| Post::from(row).into()),
        CommentKind::PREFIX => loaders.comments.load(uuid).await?.map(|row| Comment(row).into()),
        SessionKind::PREFIX => {
            ctx.session_user().await?;
            loaders.sessions.load(uuid).await?.map(|row| Session(row).into())
        }
        ReportKind::PREFIX => {
            ctx.session_user().await?;
            loaders.reports.load(uuid).await?.map(|row| Report(row).into())
        }
        ModerationKind::PREFIX => {
            ctx.session_user().await?;
            loaders.moderation_entries.load(uuid).await?.map(|row| ModerationEntry(row).into())
        }
        _ => None,
    })
}
