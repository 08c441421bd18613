//! Reports: what people think an admin should look at.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    keyset::Order,
    moderation::{self, Act, Action},
    page::{Page, Position, Window},
    schema::reports,
    statement::Statement,
    user::lock_admins,
    visibility,
};
use crate::error::{Error, OnConstraint, Result, SESSION_ENDED};

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User(Uuid),
    /// A post.
    Post(Uuid),
    /// A comment.
    Comment(Uuid),
}

/// A report as stored.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = reports, check_for_backend(diesel::pg::Pg))]
pub struct ReportRow {
    pub id: Uuid,
    /// Who made it, unless their account is gone.
    pub reporter_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub post_id: Option<Uuid>,
    pub comment_id: Option<Uuid>,
    pub reason: String,
    pub created_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
    pub resolved_by: Option<Uuid>,
    /// Whose the subject is, unless their account is gone.
    pub author_id: Option<Uuid>,
    /// How the subject read when it was reported.
    pub quote: Option<String>,
}

impl ReportRow {
    /// What the report is about.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        let user = self.user_id.map(Subject::User);
        user.or(self.post_id.map(Subject::Post)).or(self.comment_id.map(Subject::Comment))
    }

    /// Where the row stands in its list.
    #[must_use]
    pub fn position(&self) -> Position<()> {
        Position { key: (), id: self.id }
    }
}

/// What became of a wish to report.
#[derive(Clone, Debug)]
pub enum Reported {
    /// It is noted.
    Noted(ReportRow),
    /// The reporter has an open report about the same thing.
    AlreadyOpen,
    /// The thing has gone in the meantime, or was hidden.
    SubjectGone,
}

/// Notes a report of what the reporter sees.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    reporter: Uuid,
    subject: Subject,
    reason: &str,
) -> Result<Reported> {
    let (key, column, author, text, table) = match subject {
        Subject::User(id) => {
            (id, "user_id", "id", "concat_ws(E'\\n\\n', username, display_name, bio)", "users")
        }
        Subject::Post(id) => {
            (id, "post_id", "owner_id", "concat_ws(E'\\n\\n', title, nullif(content, ''))", "posts")
        }
        Subject::Comment(id) => (id, "comment_id", "author_id", "content", "comments"),
    };
    let statement = Statement::default().fill(INSERT, |s, gap| match gap {
        "id" => s.bind::<sql_types::Uuid, _>(Uuid::now_v7()),
        "reporter" => s.bind::<sql_types::Uuid, _>(reporter),
        "reason" => s.bind::<sql_types::Text, _>(reason.to_owned()),
        "subject" => s.bind::<sql_types::Uuid, _>(key),
        "column" => s.sql(column),
        "author" => s.sql(author),
        "text" => s.sql(text),
        "table" => s.sql(table),
        "visible" => match subject {
            Subject::User(_) => s.with(visibility::user(Some(reporter))),
            Subject::Post(_) => s.with(visibility::post(Some(reporter))),
            Subject::Comment(_) => {
                s.sql("deleted_at IS NULL AND ").with(visibility::comment(Some(reporter)))
            }
        },
        _ => s.unknown(gap),
    });
    statement
        .get_result(conn)
        .await
        .optional()
        .map(|noted| Some(noted.map_or(Reported::SubjectGone, Reported::Noted)))
        .on_constraint(|name| match name {
            "reports_open_once" => Some(Some(Reported::AlreadyOpen)),
            // The author of a comment can go without it.
            "reports_user_id_fkey"
            | "reports_post_id_fkey"
            | "reports_comment_id_fkey"
            | "reports_author_id_fkey" => Some(Some(Reported::SubjectGone)),
            "reports_reporter_id_fkey" => Some(None),
            _ => None,
        })?
        .ok_or(Error::Unauthenticated(SESSION_ENDED))
}

/// The accounts are locked first, as all writers do it: the checks of keys come last, and that of the
/// subject before that of its author, who may be deleting all that is theirs.
const INSERT: &str = "WITH subject AS MATERIALIZED (
    SELECT id, {author} AS author, nullif(left({text}, 2000), '') AS quote
    FROM {table} WHERE id = {subject} AND {visible}
), accounts AS MATERIALIZED (
    SELECT FROM users WHERE id IN ({reporter}, (SELECT author FROM subject)) ORDER BY id FOR KEY SHARE
)
INSERT INTO reports (id, reporter_id, reason, {column}, author_id, quote)
SELECT {id}, {reporter}, {reason}, id, author, quote
FROM subject CROSS JOIN (SELECT count(*) FROM accounts) AS locked RETURNING *";

/// The reports with these keys that the viewer may see, in no order.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    ids: &[Uuid],
) -> Result<Vec<ReportRow>> {
    let statement = Statement::new("SELECT * FROM reports WHERE reports.id = ANY(")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec())
        .sql(") AND ")
        .with(visibility::report(viewer));
    Ok(statement.load(&mut conn).await?)
}

/// A page of reports: those that are open, oldest first, or those that are resolved.
///
/// # Errors
/// When the database fails.
pub async fn page(
    mut conn: &AsyncPgConnection,
    resolved: bool,
    window: &Window<()>,
) -> Result<Page<ReportRow>> {
    let order = Order { key: "", id: "id", descending: resolved };
    let select = |s: Statement| s.sql("SELECT *").with(listed(resolved));
    let statement = Statement::default().with(window.page(order, select));
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

/// How many reports such a list holds.
///
/// # Errors
/// When the database fails.
pub async fn count(mut conn: &AsyncPgConnection, resolved: bool) -> Result<i64> {
    let statement = Statement::new("SELECT count(*)").with(listed(resolved));
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

fn listed(resolved: bool) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement.sql(if resolved {
            " FROM reports WHERE resolved_at IS NOT NULL"
        } else {
            " FROM reports WHERE resolved_at IS NULL"
        })
    }
}

/// What became of the closing of a report.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// It is closed, or was so before.
    Done(ReportRow),
    /// There is no such report.
    NotFound,
    /// Whoever asked for it is no admin any more.
    NotAdmin,
}

/// Closes a report and notes it in the log. Closing a closed one changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn resolve(
    conn: &mut AsyncPgConnection,
    admin: Uuid,
    report: Uuid,
    reason: Option<String>,
) -> Result<Resolved> {
    conn.transaction(async |conn| {
        // Locked, so that nobody is made a plain user between the look and the act.
        if !lock_admins(conn).await?.contains(&admin) {
            return Ok(Resolved::NotAdmin);
        }
        let open = reports::table.find(report).filter(reports::resolved_at.is_null());
        let closed = diesel::update(open)
            .set((reports::resolved_at.eq(diesel::dsl::now), reports::resolved_by.eq(admin)))
            .execute(conn)
            .await?;
        if closed == 1 {
            let act = Act {
                actor: Some(admin),
                action: Action::ResolveReport,
                target: report,
                reason,
                role: None,
            };
            moderation::append(conn, act).await?;
        }
        let row = find_many(conn, Some(admin), &[report]).await?.pop();
        Ok(row.map_or(Resolved::NotFound, Resolved::Done))
    })
    .await
}
