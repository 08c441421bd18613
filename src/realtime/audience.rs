//! Who of a room may hear of something that happened.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    auth::Viewer,
    db::{
        Db,
        audience::{self, Edition, Sight},
        watch::Happening,
    },
    error::Result,
};

/// An audience larger than this is not asked for on a connection that others share.
const LARGE: usize = 100;

/// Who sees what of something that happened.
pub(super) struct Audience {
    /// What of it they see.
    pub edition: Edition,
    stranger: Sight,
    by_session: HashMap<Uuid, Sight>,
}

impl Audience {
    pub async fn find(
        db: &Db,
        happening: Happening,
        viewers: &[Viewer],
        has_strangers: bool,
    ) -> Result<Self> {
        // First: what is written after it is found out later.
        let edition = db.edition(happening).await?;
        let mut stranger = Sight::default();
        if has_strangers {
            stranger = audience::find_stranger(&*db.read().await?, happening).await?;
        }
        let seen = match viewers.len() {
            0 => Vec::new(),
            1..=LARGE => audience::find_many(&*db.read().await?, happening, viewers).await?,
            _ => audience::find_many(&*db.write().await?, happening, viewers).await?,
        };
        let by_session = seen.into_iter().map(|seen| (seen.session_id, seen.sight)).collect();
        Ok(Self { edition, stranger, by_session })
    }

    /// `None` when the viewer's session has ended.
    pub fn sight(&self, viewer: Option<Viewer>) -> Option<Sight> {
        match viewer {
            None => Some(self.stranger),
            Some(viewer) => self.by_session.get(&viewer.session_id).copied(),
        }
    }
}
