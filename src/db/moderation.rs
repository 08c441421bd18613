//! The moderation log: who did what to whom, and why. It is only ever appended to, in the
//! transaction of the act itself.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Counted,
    keyset::Order,
    page::{Page, Position, Window},
    schema::moderation_log,
    statement::Statement,
    user::Role,
    visibility,
};
use crate::error::Result;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An admin deleted a post.
    DeletePost,
    /// An admin deleted a comment.
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

/// Each action as it is stored, with the kind of thing that it is done to.
const ACTIONS: [(Action, &str, &str); 6] = [
    (Action::DeletePost, "delete_post", "post"),
    (Action::DeleteComment, "delete_comment", "comment"),
    (Action::SuspendUser, "suspend_user", "user"),
    (Action::RestoreUser, "restore_user", "user"),
    (Action::SetRole, "set_role", "user"),
    (Action::ResolveReport, "resolve_report", "report"),
];

impl Action {
    /// The action of this stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|(_, known, _)| *known == name).map(|(action, ..)| *action)
    }

    fn names(self) -> (&'static str, &'static str) {
        let known = ACTIONS.iter().find(|(action, ..)| *action == self);
        known.map_or(("", ""), |(_, name, target)| (name, target))
    }
}

/// An act to be noted.
#[derive(Clone, Debug)]
pub struct Act {
    /// Which admin; `None` is the command line.
    pub actor: Option<Uuid>,
    /// What was done.
    pub action: Action,
    /// To whom or what.
    pub target: Uuid,
    /// Why, if it was said.
    pub reason: Option<String>,
    /// The role that was given, if one was.
    pub role: Option<Role>,
}

/// What acts are done to.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// As it is stored.
    kind: &'static str,
    id: Uuid,
}

impl Target {
    /// What has this id; `None` where nothing is done to things of the kind.
    #[must_use]
    pub fn new(kind: &str, id: Uuid) -> Option<Self> {
        let known = ACTIONS.iter().find(|(.., target)| *target == kind);
        known.map(|&(.., kind)| Self { kind, id })
    }
}

/// A noted act.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = moderation_log, check_for_backend(diesel::pg::Pg))]
pub struct ModerationRow {
    pub id: Uuid,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub target_kind: String,
    pub target_id: Uuid,
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
    pub role: Option<Role>,
}

impl ModerationRow {
    /// Where the row stands in the log.
    #[must_use]
    pub fn position(&self) -> Position<()> {
        Position { key: (), id: self.id }
    }
}

/// Notes an act. Call it in the transaction of the act.
///
/// # Errors
/// When the database fails.
pub async fn append(conn: &mut AsyncPgConnection, act: Act) -> Result<()> {
    let (action, target_kind) = act.action.names();
    diesel::insert_into(moderation_log::table)
        .values((
            moderation_log::id.eq(Uuid::now_v7()),
            moderation_log::actor_id.eq(act.actor),
            moderation_log::action.eq(action),
            moderation_log::target_kind.eq(target_kind),
            moderation_log::target_id.eq(act.target),
            moderation_log::reason.eq(act.reason),
            moderation_log::role.eq(act.role.map(Role::as_str)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The entries with these keys that the viewer may see, in no order.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    ids: &[Uuid],
) -> Result<Vec<ModerationRow>> {
    let statement = Statement::new("SELECT * FROM moderation_log WHERE id = ANY(")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec())
        .sql(") AND ")
        .with(visibility::moderation_log(viewer));
    Ok(statement.load(&mut conn).await?)
}

/// A page of the log, newest first; of one target's entries when one is given.
///
/// # Errors
/// When the database fails.
pub async fn page(
    mut conn: &AsyncPgConnection,
    target: Option<Target>,
    window: &Window<()>,
) -> Result<Page<ModerationRow>> {
    let order = Order { key: "", id: "id", descending: true };
    let select = |s: Statement| s.sql("SELECT *").with(entries(target));
    let statement = Statement::default().with(window.page(order, select));
    Ok(Page::from_read(statement.load(&mut conn).await?, window))
}

/// How many entries there are.
///
/// # Errors
/// When the database fails.
pub async fn count(mut conn: &AsyncPgConnection, target: Option<Target>) -> Result<i64> {
    let statement = Statement::new("SELECT count(*)").with(entries(target));
    Ok(statement.get_result::<Counted>(&mut conn).await?.count)
}

fn entries(target: Option<Target>) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        let statement = statement.sql(" FROM moderation_log WHERE ");
        match target {
            Some(Target { kind, id }) => statement
                .sql("target_id = ")
                .bind::<sql_types::Uuid, _>(id)
                .sql(" AND target_kind = ")
                .bind::<sql_types::Text, _>(kind.to_owned()),
            None => statement.sql("TRUE"),
        }
    }
}
