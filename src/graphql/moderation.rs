//! The moderation log, as admins read it.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Object};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    context::ContextExt,
    eager::Eager,
    error::Problems,
    follow::load,
    id::{AnyId, Id, ModerationKind},
    loaders::Lookup,
    nullable::Nullable,
    page::{Connection, ListTag, PageArguments},
    role::Role,
    user::User,
};
use crate::{
    db::{
        Db,
        moderation::{self, Action, ModerationRow, Target},
    },
    error::{Error, Result},
    text::{Rule, is_blank},
};

/// How an admin gives the reason of an act, and anybody that of a report.
pub const REASON: Rule = Rule { name: "The reason", max: 2_000, multiline: true };

/// The reason of an act that needs none: one that is left empty is none.
pub fn reason(problems: &mut Problems, text: Option<String>) -> Option<String> {
    let text = text.filter(|text| !is_blank(text))?;
    problems.check("reason", REASON.check(&text))
}

/// An entry of the log by key, if the viewer may see it.
pub struct ModerationEntries;

impl Lookup for ModerationEntries {
    type Key = Uuid;
    type Value = ModerationRow;
    const NAME: &'static str = "moderation_entries";

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, ModerationRow>> {
        let conn = db.read().await?;
        let rows = moderation::find_many(&conn, viewer, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Action")]
pub enum ModerationAction {
    /// An admin deleted somebody's post.
    DeletePost,
    /// An admin deleted somebody's comment.
    DeleteComment,
    /// A user was suspended.
    SuspendUser,
    /// A suspension was lifted.
    RestoreUser,
    /// A user became an admin or a plain user.
    SetRole,
    /// A report was closed.
    ResolveReport,
}

/// An act of moderation: who did what to whom, and why. Only admins see it; nobody can change it.
pub struct ModerationEntry(pub ModerationRow);

impl Eager for ModerationEntry {}

/// An act of moderation: who did what to whom, and why. Only admins see it; nobody can change it.
#[Object]
impl ModerationEntry {
    /// The entry's id.
    pub async fn id(&self) -> Id<ModerationKind> {
        self.0.id.into()
    }

    /// What was done.
    async fn action(&self) -> Result<ModerationAction> {
        let name = &self.0.action;
        let action = Action::from_name(name);
        let action = action.ok_or_else(|| Error::internal(format!("unknown action {name:?}")))?;
        Ok(action.into())
    }

    /// The admin who did it; null when it was done from the command line, or when their account is
    /// gone.
    async fn actor(&self, ctx: &Context<'_>) -> Nullable<User> {
        match self.0.actor_id {
            Some(actor) => load(ctx, actor).await.into(),
            None => Ok(None).into(),
        }
    }

    /// The id of what it was done to, which may be gone: a user, a post, a comment or a report.
    async fn target_id(&self) -> Result<AnyId> {
        let kind = &self.0.target_kind;
        AnyId::new(kind, self.0.target_id)
            .ok_or_else(|| Error::internal(format!("unknown kind of target {kind:?}")))
    }

    /// The role that was given by `SET_ROLE`; null for other acts.
    async fn role(&self) -> Option<Role> {
        self.0.role.map(Role::from)
    }

    /// Why, if it was said.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When it was done.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// What an id names, if there can be an act on it.
fn target(id: AnyId) -> Result<Target> {
    Target::new(id.prefix, id.uuid).ok_or_else(|| {
        Error::bad_input(format!(
            "Expected the id of a user, a post, a comment or a report, got the id of a {}.",
            id.prefix
        ))
    })
}

/// Queries of the moderation log.
#[derive(Default)]
pub struct ModerationQuery;

#[Object]
impl ModerationQuery {
    /// Every act of moderation, the latest first. For admins.
    async fn moderation_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what was done to this user, post, comment or report.")]
        target_id: Option<AnyId>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ModerationEntry>> {
        ctx.require_admin().await?;
        let filter = target_id.as_ref().map(ToString::to_string).unwrap_or_default();
        let target = target_id.map(target).transpose()?;
        let tag = ListTag::new(&["moderation_log", &filter]);
        let window = PageArguments { first, after, last, before }.window(&tag)?;
        let page = moderation::page(&*ctx.app().db.read().await?, target, &window).await?;
        Ok(Connection::new(
            page,
            &tag,
            ModerationRow::position,
            ModerationEntry,
            Box::new(move |ctx| {
                Box::pin(async move {
                    moderation::count(&*ctx.app().db.wide_read().await?, target).await
                })
            }),
        ))
    }
}
