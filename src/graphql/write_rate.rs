//! Whose rate a write is counted in, so that nobody uses up another's.
//!
//! A user has a rate while the session that asks still stands: a token proves who it was given to,
//! not that they still are the one who has it.

use std::{net::IpAddr, sync::Arc};

use uuid::Uuid;

use crate::{
    app::{App, Writer},
    auth::Viewer,
    db::user::UserRow,
    error::{Error, Result},
    rate::{Exhausted, LastRate},
};

/// The rates that a request may take from.
#[derive(Clone, Copy)]
pub struct WriteRate<'a> {
    pub(super) app: &'a App,
    pub(super) address: IpAddr,
    pub(super) last: &'a LastRate,
}

impl WriteRate<'_> {
    /// Counts a write.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn count(&self, writer: Writer) -> Result<()> {
        let (rate, counted) = match self.app.write_rate.take(writer) {
            Ok(rate) => (rate, Ok(())),
            Err(Exhausted { rate, retry_after }) => (rate, Err(Error::RateLimited { retry_after })),
        };
        self.last.set(rate);
        counted
    }

    /// Counts a write of the user who is asking. Strangers, and sessions that have ended, share their
    /// address's rate. Where the database could not tell, that is the answer anyway.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn count_asked(
        &self,
        user: &Result<Option<Arc<UserRow>>>,
        writer: impl FnOnce(&UserRow) -> Writer,
    ) -> Result<()> {
        match user {
            Ok(Some(user)) => self.count(writer(user)),
            Ok(None) | Err(Error::Unauthenticated(_)) => {
                self.count(Writer::Stranger(self.place()?))
            }
            Err(_) => Ok(()),
        }
    }

    /// Counts a refresh: by its session, or where nobody has such a token, by address. Such guesses
    /// are counted apart, so that they keep nobody else from logging in.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn count_refresh(&self, session: Option<Uuid>) -> Result<()> {
        self.count(match session {
            Some(session) => Writer::Refresher(session),
            None => Writer::Guesser(self.place()?),
        })
    }

    /// Counts a write whose own statement asks for the session: by the session first, which bounds
    /// what one that has ended may take for a moment from its user.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn count_unasked(&self, viewer: Viewer) -> Result<()> {
        self.count(Writer::Session(viewer.session_id))?;
        self.count(Writer::User(viewer.user_id))
    }

    /// Counts such a write by address after all, since its session turned out to have ended.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub fn recount(&self, viewer: Viewer) -> Result<()> {
        self.app.write_rate.give_back(&Writer::User(viewer.user_id));
        self.count(Writer::Stranger(self.place()?))
    }

    fn place(&self) -> Result<Vec<u8>> {
        self.app.keys.address_hash(self.address)
    }
}
