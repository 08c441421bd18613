//! What a resolver can reach: the app, the viewer, the loaders, the request.

use std::net::IpAddr;

use async_graphql::Context;
use uuid::Uuid;

use super::loaders::Loaders;
use crate::{
    app::App,
    auth::Viewer,
    error::{Error, Result},
};

/// What is known of the request that an operation came with.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// The id under which the request is logged and answered.
    pub id: String,
    /// Who is asking; `None` is a stranger.
    pub viewer: Option<Viewer>,
    /// The client's address, seen through trusted proxies.
    pub address: IpAddr,
    /// What the client says it is.
    pub user_agent: Option<String>,
}

/// Short ways to what a resolver needs. Every request carries all of it.
pub trait ContextExt<'a> {
    /// The parts that all requests share.
    fn app(&self) -> &'a App;
    /// The request that the operation came with.
    fn request(&self) -> &'a RequestInfo;
    /// This request's loaders.
    fn loaders(&self) -> &'a Loaders;

    /// Who is asking; `None` is a stranger.
    fn viewer(&self) -> Option<Viewer> {
        self.request().viewer
    }

    /// The key of the user who is asking.
    fn viewer_id(&self) -> Option<Uuid> {
        self.viewer().map(|viewer| viewer.user_id)
    }

    /// Who is asking, where a stranger has no business.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a stranger.
    fn require_viewer(&self) -> Result<Viewer> {
        self.viewer().ok_or(Error::Unauthenticated("Log in first."))
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
}
