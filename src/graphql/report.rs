//! Reports: how people point admins at something, and what admins do with it.

use std::collections::HashMap;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{
    comment::Comment,
    context::ContextExt,
    error::{Problems, UserError, UserErrorCode},
    follow::load,
    id::{AnyId, Id, ReportKind},
    loaders::Lookup,
    moderation::REASON,
    nullable::Nullable,
    page::{Connection, ListTag, PageArguments},
    post::Post,
    user::User,
};
use crate::{
    db::report::{self, ReportRow, Reported, Subject},
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
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, ReportRow>> {
        let rows = report::find_many(conn, viewer, keys).await?;
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

/// What somebody thinks an admin should look at. Admins see it, and who made it.
#[Object]
impl Report {
    /// The report's id.
    pub async fn id(&self) -> Id<ReportKind> {
        self.0.id.into()
    }

    /// What it is about; null when the viewer may not see that, or not any more.
    async fn subject(&self, ctx: &Context<'_>) -> Nullable<ReportSubject> {
        match self.0.subject() {
            Some(subject) => find_subject(ctx, subject).await.into(),
            None => Ok(None).into(),
        }
    }

    /// Who made it.
    async fn reporter(&self, ctx: &Context<'_>) -> Nullable<User> {
        load(ctx, self.0.reporter_id).await.into()
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

async fn find_subject(ctx: &Context<'_>, subject: Subject) -> Result<Option<ReportSubject>> {
    let loaders = ctx.loaders();
    Ok(match subject {
        Subject::User(id) => loaders.users.load(id).await?.map(|row| User(row).into()),
        Subject::Post(id) => loaders.posts.load(id).await?.map(|row| Post(row).into()),
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
        #[graphql(desc = "At most so many rows, from the start of the range.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many rows, from the end of the range.")] last: Option<i32>,
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
                    async move { report::count(&*ctx.app().db.write().await?, resolved).await },
                )
            }),
        ))
    }
}

/// Mutations of reports.
#[derive(Default)]
pub struct ReportMutation;

#[Object]
impl ReportMutation {
    /// Reports a user, a post or a comment to the admins. Once, until an admin has closed the report.
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to report, and why.")] input: ReportInput,
    ) -> Result<ReportPayload> {
        let viewer = ctx.begin_write().await?.id;
        let subject = subject(&input.subject_id)?;
        let mut problems = Problems::default();
        if let Some(refused) = refuse_subject(ctx, viewer, subject).await? {
            problems.push(refused);
        }
        let reason = problems.check("reason", REASON.check(&input.reason));
        let Some(reason) = reason.filter(|_| problems.is_empty()) else {
            return Ok(ReportPayload { report: None, user_errors: problems.into_vec() });
        };
        let (db, reason) = (&ctx.app().db, reason.as_str());
        let reported = db
            .retrying(
                |mut conn| async move { report::insert(&mut conn, viewer, subject, reason).await },
            )
            .await?;
        let refused = match reported {
            Reported::Noted(row) => {
                return Ok(ReportPayload { report: Some(Report(row)), user_errors: Vec::new() });
            }
            Reported::AlreadyOpen => UserError::field(
                "subjectId",
                UserErrorCode::AlreadyDone,
                "You have reported this already. An admin will look at it.",
            ),
            Reported::SubjectGone => subject_not_found(),
        };
        Ok(ReportPayload { report: None, user_errors: vec![refused] })
    }

    /// Closes a report, whatever came of it. For admins. Can be repeated.
    async fn resolve_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report to close.")] input: ResolveReportInput,
    ) -> Result<ResolveReportPayload> {
        let admin = ctx.begin_admin_write().await?.id;
        let mut problems = Problems::default();
        let reason = input.reason.and_then(|text| problems.check("reason", REASON.check(&text)));
        if !problems.is_empty() {
            return Ok(ResolveReportPayload { report: None, user_errors: problems.into_vec() });
        }
        let (db, id, reason) = (&ctx.app().db, input.report_id.uuid(), reason.as_deref());
        let resolved = db
            .retrying(|mut conn| async move {
                report::resolve(&mut conn, admin, id, reason.map(str::to_owned)).await
            })
            .await?;
        ctx.loaders().reports.clear(id).await;
        let user_errors = match &resolved {
            Some(_) => Vec::new(),
            None => vec![UserError::field(
                "reportId",
                UserErrorCode::NotFound,
                "There is no such report.",
            )],
        };
        Ok(ResolveReportPayload { report: resolved.map(Report), user_errors })
    }
}

/// What an id names, if that can be reported.
fn subject(id: &AnyId) -> Result<Subject> {
    match id.prefix {
        UserKind::PREFIX => Ok(Subject::User(id.uuid)),
        PostKind::PREFIX => Ok(Subject::Post(id.uuid)),
        CommentKind::PREFIX => Ok(Subject::Comment(id.uuid)),
        other => Err(Error::bad_input(format!(
            "Expected the id of a user, a post or a comment, got the id of a {other}."
        ))),
    }
}

/// Why the viewer may not report this: they do not see it, or it is their own.
async fn refuse_subject(
    ctx: &Context<'_>,
    viewer: Uuid,
    subject: Subject,
) -> Result<Option<UserError>> {
    let author = match find_subject(ctx, subject).await? {
        None => return Ok(Some(subject_not_found())),
        Some(ReportSubject::User(user)) => Some(user.0.id),
        Some(ReportSubject::Post(post)) => Some(post.0.owner_id),
        // What was deleted is nothing to report.
        Some(ReportSubject::Comment(comment)) if comment.0.deleted_at.is_some() => {
            return Ok(Some(subject_not_found()));
        }
        Some(ReportSubject::Comment(comment)) => comment.0.author_id,
    };
    Ok((author == Some(viewer)).then(|| {
        let message = "You cannot report yourself or what you wrote.";
        UserError::field("subjectId", UserErrorCode::NotAllowed, message)
    }))
}

fn subject_not_found() -> UserError {
    UserError::field("subjectId", UserErrorCode::NotFound, "There is nothing with this id.")
}

/// What to report, and why.
#[derive(InputObject)]
pub struct ReportInput {
    /// The id of a user, a post or a comment.
    pub subject_id: AnyId,
    /// Why an admin should look at it: up to 2,000 characters.
    pub reason: String,
}

/// Which report to close.
#[derive(InputObject)]
pub struct ResolveReportInput {
    /// The report.
    pub report_id: Id<ReportKind>,
    /// What came of it, for the moderation log: up to 2,000 characters.
    pub reason: Option<String>,
}

/// What `report` made.
#[derive(SimpleObject)]
pub struct ReportPayload {
    /// The new report; null when there are errors.
    pub report: Option<Report>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}

/// What `resolveReport` changed.
#[derive(SimpleObject)]
pub struct ResolveReportPayload {
    /// The closed report; null when there are errors.
    pub report: Option<Report>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
