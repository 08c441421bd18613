//! Those who logged in during this request: its answer shows them what only they may see, although
//! the request itself came from a stranger.

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// The users who proved in this request who they are.
#[derive(Debug, Default)]
pub struct Admitted(Mutex<Vec<Uuid>>);

impl Admitted {
    /// Notes a user whose password or refresh token was just found right.
    pub fn insert(&self, user: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(user);
    }

    /// Whether the user is one of them.
    #[must_use]
    pub fn contains(&self, user: Uuid) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&user)
    }
}
