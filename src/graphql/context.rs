//! What a resolver can reach: the app, the viewer, the loaders, the request.

use std::{future::Future, net::IpAddr, sync::Arc};

use async_graphql::Context;
use axum::http::HeaderValue;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{loaders::Loaders, upload::Uploads, write_rate::WriteRate};
use crate::{
    app::{App, Writer},
    auth::Viewer,
    db::user::UserRow,
    error::{Error, Result, SESSION_ENDED},
    rate::LastRate,
};

const LOG_IN_FIRST: &str = "Log in first.";
pub(super) const ADMINS_ONLY: &str = "Only admins may do this.";

/// What is known of the request that an operation came with.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// The id under which the request is logged and answered.
    pub id: Arc<str>,
    /// Who is asking; `None` is a stranger.
    pub viewer: Option<Viewer>,
    /// The client's address, seen through trusted proxies.
    pub address: IpAddr,
    /// The host that the client spoke to, with its port, as it named it: what it wrote is shared, not
    /// copied, since few requests need it.
    pub host: Option<HeaderValue>,
    /// Whether it spoke TLS, to a proxy.
    pub secure: bool,
    /// The files that came with it.
    pub uploads: Uploads,
    /// What the client says it is.
    pub user_agent: Option<String>,
    /// Whether anywhere in its document a key stands twice with a selection below it: the two are
    /// answered one by one and merged by the library, which can merge no text. Known once the
    /// document is.
    pub merges: bool,
}

/// Short ways to what a resolver needs. Every request carries all of it.
pub trait ContextExt<'a> {
    /// The parts that all requests share.
    fn app(&self) -> &'a App;
    /// The request that the operation came with.
    fn request(&self) -> &'a RequestInfo;
    /// This request's loaders.
    fn loaders(&self) -> &'a Loaders;
    /// Where this request notes what is left of its writer's rate.
    fn last_rate(&self) -> &'a LastRate;

    /// Who is asking; `None` is a stranger.
    fn viewer(&self) -> Option<Viewer> {
        self.request().viewer
    }

    /// The key of the user who is asking.
    fn viewer_id(&self) -> Option<Uuid> {
        self.viewer().map(|viewer| viewer.user_id)
    }

    /// Who is asking, where a stranger has no business. Whether the session still stands is not
    /// asked: that is [`ContextExt::require_session`].
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a stranger.
    fn require_viewer(&self) -> Result<Viewer> {
        self.viewer().ok_or(Error::Unauthenticated(LOG_IN_FIRST))
    }

    /// The user who is asking, if their session still stands; `None` for a stranger. Asked of the
    /// database once a request.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the session has ended, or its user is suspended or gone.
    fn session_user(&self) -> BoxFuture<'a, Result<Option<Arc<UserRow>>>> {
        let (viewer, loaders) = (self.viewer(), self.loaders());
        // Boxed, since every mutation holds one: a loader's future is large.
        Box::pin(async move {
            let Some(viewer) = viewer else { return Ok(None) };
            let standing = loaders.standing.load(viewer.session_id).await?;
            standing
                .filter(|user| user.id == viewer.user_id)
                .map(Some)
                .ok_or(Error::Unauthenticated(SESSION_ENDED))
        })
    }

    /// Whether an admin is asking. A session that has ended is nobody's, and no reason for an error
    /// where other people would be shown something all the same.
    fn viewer_is_admin(&self) -> impl Future<Output = bool> + Send {
        let user = self.session_user();
        async move { matches!(user.await, Ok(Some(user)) if user.is_admin()) }
    }

    /// The user who is asking, where their session must still stand: `me`, `feed`, mutations,
    /// subscriptions.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a stranger and for a session that has ended.
    fn require_session(&self) -> impl Future<Output = Result<Arc<UserRow>>> + Send {
        let user = self.session_user();
        async move { user.await?.ok_or(Error::Unauthenticated(LOG_IN_FIRST)) }
    }

    /// The admin who is asking.
    ///
    /// # Errors
    /// As [`ContextExt::require_session`], and [`Error::Forbidden`] for everybody else.
    fn require_admin(&self) -> impl Future<Output = Result<Arc<UserRow>>> + Send {
        let user = self.require_session();
        async move {
            let user = user.await?;
            if user.is_admin() { Ok(user) } else { Err(Error::Forbidden(ADMINS_ONLY)) }
        }
    }

    /// What every mutation of a user begins with: the session stands, and the user does not write
    /// too often. Every field counts, so that aliases buy nothing.
    ///
    /// # Errors
    /// As [`ContextExt::require_session`], and [`Error::RateLimited`].
    fn begin_write(&self) -> impl Future<Output = Result<Arc<UserRow>>> + Send {
        let (user, rate) = (self.session_user(), self.write_rate());
        async move {
            let user = user.await;
            rate.count_asked(&user, |user| Writer::User(user.id))?;
            user?.ok_or(Error::Unauthenticated(LOG_IN_FIRST))
        }
    }

    /// As [`ContextExt::begin_write`] for what keeps others out of an account, which is counted by
    /// session.
    ///
    /// # Errors
    /// As [`ContextExt::begin_write`].
    fn begin_guarding(&self) -> impl Future<Output = Result<(Viewer, Arc<UserRow>)>> + Send {
        let (viewer, user, rate) = (self.require_viewer(), self.session_user(), self.write_rate());
        async move {
            let user = user.await;
            let viewer = viewer?;
            rate.count_asked(&user, |_| Writer::Guard(viewer.session_id))?;
            let user = user?.ok_or(Error::Unauthenticated(LOG_IN_FIRST))?;
            Ok((viewer, user))
        }
    }

    /// As [`ContextExt::begin_write`] for an admin's mutation.
    ///
    /// # Errors
    /// As [`ContextExt::require_admin`], and [`Error::RateLimited`].
    fn begin_admin_write(&self) -> impl Future<Output = Result<Arc<UserRow>>> + Send {
        let user = self.begin_write();
        async move {
            let user = user.await?;
            if user.is_admin() { Ok(user) } else { Err(Error::Forbidden(ADMINS_ONLY)) }
        }
    }

    /// Counts a write alone: what a mutation begins with that a stranger may call.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    fn count_write(&self) -> impl Future<Output = Result<()>> + Send {
        let (user, rate) = (self.session_user(), self.write_rate());
        async move { rate.count_asked(&user.await, |user| Writer::User(user.id)) }
    }

    /// The rates that this request may take from.
    fn write_rate(&self) -> WriteRate<'a> {
        WriteRate { app: self.app(), address: self.request().address, last: self.last_rate() }
    }

    /// Whether this user is the one who is asking, by their token or because they logged in just
    /// now, earlier in this very request.
    fn is_viewer(&self, user: Uuid) -> bool {
        self.viewer_id() == Some(user) || self.loaders().admitted.contains(user)
    }
}

impl<'a> ContextExt<'a> for Context<'a> {
    fn app(&self) -> &'a App {
        self.data_unchecked()
    }

    fn request(&self) -> &'a RequestInfo {
        self.data_unchecked()
    }

    fn loaders(&self) -> &'a Loaders {
        self.data_unchecked()
    }

    fn last_rate(&self) -> &'a LastRate {
        self.data_unchecked()
    }
}
