//! Sessions: the type, and the mutations that end them.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    context::ContextExt,
    eager::Eager,
    error::{UserError, UserErrorCode},
    id::{Id, SessionKind},
    loaders::Lookup,
    lookups::picked,
    page::{Connection, ListTag, PageArguments},
};
use crate::{
    app::Writer,
    auth::Viewer,
    db::{
        self, Db,
        session::{self, SessionRow},
        user::UserRow,
    },
    error::{Error, Result, SESSION_ENDED},
};

/// A login that lasts until it is ended, on one device. Only its owner sees it.
pub struct Session(pub SessionRow);

impl Eager for Session {}

/// A login that lasts until it is ended, on one device. Only its owner sees it.
#[Object]
impl Session {
    /// The session's id.
    pub async fn id(&self) -> Id<SessionKind> {
        self.0.id.into()
    }

    /// When the login was.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its tokens were last renewed.
    async fn last_used_at(&self) -> DateTime<Utc> {
        self.0.last_used_at
    }

    /// When it ends if its tokens are not renewed before.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.idle_expires_at.min(self.0.expires_at)
    }

    /// What the device says it is; null when it says nothing.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// Whether this is the session that asks.
    async fn is_current(&self, ctx: &Context<'_>) -> bool {
        ctx.viewer().is_some_and(|viewer| viewer.session_id == self.0.id)
    }
}

/// Sessions that stand, with their users.
pub struct StandingSessions;

impl Lookup for StandingSessions {
    type Key = Uuid;
    type Value = Arc<UserRow>;
    const NAME: &'static str = "standing_sessions";

    async fn find(
        db: &Db,
        _viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, Arc<UserRow>>> {
        let found = db.lanes().sessions.find(keys.to_vec()).await?;
        Ok(picked(&found, keys, |key| *key))
    }
}

/// Whether a viewer's session stands, asked together with what others ask at the same moment.
///
/// # Errors
/// When the database fails.
pub async fn stands(db: &Db, viewer: Viewer) -> Result<bool> {
    let found = db.lanes().sessions.find(vec![viewer.session_id]).await?;
    Ok(found.get(&viewer.session_id).is_some_and(|user| user.id == viewer.user_id))
}

/// The viewer's own sessions.
pub struct OwnSessions;

impl Lookup for OwnSessions {
    type Key = Uuid;
    type Value = SessionRow;
    const NAME: &'static str = "own_sessions";

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, SessionRow>> {
        let Some(viewer) = viewer else { return Ok(HashMap::new()) };
        let conn = db.read().await?;
        let rows = session::find_many(&conn, viewer, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// Whether a user is the viewer.
///
/// # Errors
/// [`Error::Unauthenticated`] when they are, but their session
/// has ended.
pub async fn viewer_in_session(ctx: &Context<'_>, user: Uuid) -> Result<bool> {
    if ctx.viewer_id() == Some(user) {
        ctx.require_session().await?;
    }
    Ok(ctx.is_viewer(user))
}

/// The viewer's sessions, as `User.sessions` shows them; `None` to everybody else.
///
/// # Errors
/// When the arguments are wrong or the database fails.
pub async fn page(
    ctx: &Context<'_>,
    user: Uuid,
    arguments: PageArguments,
) -> Result<Option<Connection<Session>>> {
    if !viewer_in_session(ctx, user).await? {
        return Ok(None);
    }
    let tag = ListTag::new(&["sessions", &user.to_string()]);
    let window = arguments.window(&tag)?;
    let page = session::page(&*ctx.app().db.read().await?, user, &window).await?;
    Ok(Some(Connection::new(
        page,
        &tag,
        SessionRow::position,
        Session,
        Box::new(move |ctx| {
            Box::pin(async move { session::count(&*ctx.app().db.read().await?, user).await })
        }),
    )))
}

/// Mutations of sessions.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Ends the session that asks, or all of the viewer's. Its tokens are good for nothing from then
    /// on. Can be repeated, but a session that has ended ends no others.
    async fn logout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sessions.")] input: LogoutInput,
    ) -> Result<LogoutPayload> {
        let Viewer { user_id, session_id } = ctx.require_viewer()?;
        // No matter whether the session stands: it has this rate for itself.
        ctx.write_rate().count(Writer::Guard(session_id))?;
        let end = |mut conn: db::Connection| async move {
            if input.everywhere {
                session::delete_all(&mut conn, user_id, session_id).await
            } else {
                session::delete(&mut conn, user_id, session_id).await
            }
        };
        let ended = ctx.app().db.retrying(end).await?;
        if input.everywhere && !ended {
            return Err(Error::Unauthenticated(SESSION_ENDED));
        }
        ctx.loaders().standing.clear(session_id).await;
        Ok(LogoutPayload { ended_session_id: session_id.into(), user_errors: Vec::new() })
    }

    /// Ends another session of the viewer, for example on a device that was lost.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RevokeSessionInput,
    ) -> Result<RevokeSessionPayload> {
        let (Viewer { user_id: owner, .. }, _) = ctx.begin_guarding().await?;
        let id = input.session_id.uuid();
        let end =
            |mut conn: db::Connection| async move { session::delete(&mut conn, owner, id).await };
        let ended = ctx.app().db.retrying(end).await?;
        if !ended {
            let error = UserError::field(
                "sessionId",
                UserErrorCode::NotFound,
                "There is no such session. It may have ended already.",
            );
            return Ok(RevokeSessionPayload { revoked_session_id: None, user_errors: vec![error] });
        }
        ctx.loaders().standing.clear(id).await;
        ctx.loaders().sessions.clear(id).await;
        let revoked_session_id = Some(input.session_id);
        Ok(RevokeSessionPayload { revoked_session_id, user_errors: Vec::new() })
    }
}

/// Which sessions to end.
#[derive(InputObject)]
pub struct LogoutInput {
    /// Whether to end all sessions of the viewer instead of the one that asks.
    #[graphql(default)]
    pub everywhere: bool,
}

/// What `logout` ended.
#[derive(SimpleObject)]
pub struct LogoutPayload {
    /// The session that asked, which has ended.
    pub ended_session_id: Id<SessionKind>,
    /// Why nothing was done; always empty at present.
    pub user_errors: Vec<UserError>,
}

/// Which session to end.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// The session to end.
    pub session_id: Id<SessionKind>,
}

/// What `revokeSession` ended.
#[derive(SimpleObject)]
pub struct RevokeSessionPayload {
    /// The session that has ended; null when there are errors.
    pub revoked_session_id: Option<Id<SessionKind>>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
