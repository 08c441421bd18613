//! Reports made and closed: the mutations and their inputs.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::{
    context::{ADMINS_ONLY, ContextExt},
    error::{Problems, UserError, UserErrorCode},
    id::{AnyId, Id, ReportKind},
    moderation::{self, REASON},
    report::{Report, ReportSubject, find_subject},
};
use crate::{
    db::report::{self, Reported, Resolved, Subject},
    error::{Error, Result},
    id::{CommentKind, Kind, PostKind, UserKind},
};

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
        let reason = moderation::reason(&mut problems, input.reason);
        let (db, id, reason) = (&ctx.app().db, input.report_id.uuid(), reason.as_deref());
        if !problems.is_empty() {
            let found = ctx.loaders().reports.load(id).await?;
            problems.extend(found.is_none().then(report_not_found));
            return Ok(ResolveReportPayload { report: None, user_errors: problems.into_vec() });
        }
        let resolved = db
            .retrying(|mut conn| async move {
                report::resolve(&mut conn, admin, id, reason.map(str::to_owned)).await
            })
            .await?;
        ctx.loaders().reports.clear(id).await;
        match resolved {
            Resolved::Done(row) => {
                Ok(ResolveReportPayload { report: Some(Report(row)), user_errors: Vec::new() })
            }
            Resolved::NotFound => {
                let user_errors = vec![report_not_found()];
                Ok(ResolveReportPayload { report: None, user_errors })
            }
            Resolved::NotAdmin => Err(Error::Forbidden(ADMINS_ONLY)),
        }
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
        Some(ReportSubject::Post(post)) => Some(post.row.owner_id),
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

fn report_not_found() -> UserError {
    UserError::field("reportId", UserErrorCode::NotFound, "There is no such report.")
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
