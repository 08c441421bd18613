//! Reports: what people point admins at, and the list of it.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Object, Union};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    comment::Comment,
    context::ContextExt,
    eager::Eager,
    follow::load,
    id::{AnyId, Id, ReportKind},
    loaders::Lookup,
    nullable::Nullable,
    page::{Connection, ListTag, PageArguments},
    post::Post,
    user::User,
};
use crate::{
    db::{
        Db,
        report::{self, ReportRow, Subject},
    },
    error::{Error, Result},
    id::{CommentKind, Kind, PostKind, UserKind},
};

/// A report by key, if the viewer may see it.
pub struct Reports;

impl Lookup for Reports {
    type Key = Uuid;
    type Value = ReportRow;
    const NAME: &'static str = "reports";

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, ReportRow>> {
        let conn = db.read().await?;
        let rows = report::find_many(&conn, viewer, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// What a report can be about.
#[derive(Union)]
pub enum ReportSubject {
    /// A user.
    User(User),
    /// A post.
    Post(Post),
    /// A comment.
    Comment(Comment),
}

/// What somebody thinks an admin should look at. Admins see it, and who made it.
pub struct Report(pub ReportRow);

impl Eager for Report {}

/// What somebody thinks an admin should look at. Admins see it, and who made it.
#[Object]
impl Report {
    /// The report's id.
    pub async fn id(&self) -> Id<ReportKind> {
        self.0.id.into()
    }

    /// The id of what it is about: a user, a post or a comment. Admins can delete a post or a comment
    /// that its author hid from them meanwhile.
    async fn subject_id(&self) -> Result<AnyId> {
        let subject = self.0.subject().ok_or_else(|| Error::internal("a report about nothing"))?;
        let (kind, id) = match subject {
            Subject::User(id) => (UserKind::PREFIX, id),
            Subject::Post(id) => (PostKind::PREFIX, id),
            Subject::Comment(id) => (CommentKind::PREFIX, id),
        };
        AnyId::new(kind, id).ok_or_else(|| Error::internal(format!("no id of a {kind}")))
    }

    /// Whose that is: its author, or the user themself; null when their account is gone.
    async fn subject_author(&self, ctx: &Context<'_>) -> Nullable<User> {
        load_if_there(ctx, self.0.author_id).await.into()
    }

    /// How it read when it was reported, up to 2,000 characters: the title and the text of a post, the
    /// text of a comment, the names and the description of a user.
    async fn quote(&self) -> Option<&str> {
        self.0.quote.as_deref()
    }

    /// What it is about, as it is now; null when the viewer may not see that, or not any more.
    async fn subject(&self, ctx: &Context<'_>) -> Nullable<ReportSubject> {
        match self.0.subject() {
            Some(subject) => find_subject(ctx, subject).await.into(),
            None => Ok(None).into(),
        }
    }

    /// Who made it; null when their account is gone.
    async fn reporter(&self, ctx: &Context<'_>) -> Nullable<User> {
        load_if_there(ctx, self.0.reporter_id).await.into()
    }

    /// Why an admin should look at it.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When an admin closed it; null while it is open.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.resolved_at
    }

    /// The admin who closed it; null while it is open, to everybody but admins, and when their
    /// account is gone.
    async fn resolved_by(&self, ctx: &Context<'_>) -> Nullable<User> {
        self.find_resolver(ctx).await.into()
    }
}

impl Report {
    async fn find_resolver(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(admin) = self.0.resolved_by else { return Ok(None) };
        match ctx.session_user().await? {
            Some(viewer) if viewer.is_admin() => load(ctx, admin).await,
            _ => Ok(None),
        }
    }
}

async fn load_if_there(ctx: &Context<'_>, user: Option<Uuid>) -> Result<Option<User>> {
    match user {
        Some(user) => load(ctx, user).await,
        None => Ok(None),
    }
}

/// What a report is about, if the viewer may see it.
///
/// # Errors
/// When the database fails.
pub(super) async fn find_subject(
    ctx: &Context<'_>,
    subject: Subject,
) -> Result<Option<ReportSubject>> {
    let loaders = ctx.loaders();
    Ok(match subject {
        Subject::User(id) => loaders.users.load(id).await?.map(|row| User::from(row).into()),
        Subject::Post(id) => loaders.posts.load(id).await?.map(|row| Post::from(row).into()),
        Subject::Comment(id) => loaders.comments.load(id).await?.map(|row| Comment(row).into()),
    })
}

/// Which reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ReportStatus {
    /// Those that wait for an admin, the oldest first.
    Open,
    /// Those that an admin closed, the latest report first.
    Resolved,
}

/// Queries about reports.
#[derive(Default)]
pub struct ReportQuery;

#[Object]
impl ReportQuery {
    /// What people reported. For admins.
    async fn reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which reports.", default_with = "ReportStatus::Open")]
        status: ReportStatus,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Report>> {
        ctx.require_admin().await?;
        let tag = ListTag::new(&["reports", &format!("{status:?}")]);
        let window = PageArguments { first, after, last, before }.window(&tag)?;
        let resolved = status == ReportStatus::Resolved;
        let page = report::page(&*ctx.app().db.read().await?, resolved, &window).await?;
        Ok(Connection::new(
            page,
            &tag,
            ReportRow::position,
            Report,
            Box::new(move |ctx| {
                Box::pin(
                    async move { report::count(&*ctx.app().db.wide_read().await?, resolved).await },
                )
            }),
        ))
    }
}
