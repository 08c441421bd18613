//! The person behind a request, as their access token says.

use uuid::Uuid;

/// A logged-in person. The token vouches for both keys; whether the session still stands is asked
/// of the database where it matters (see `graphql::context`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user_id: Uuid,
    /// The session that the token belongs to.
    pub session_id: Uuid,
}
