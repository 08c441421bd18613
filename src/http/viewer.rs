//! Who a request says is asking: its `Authorization` header, read and verified, and whether the
//! session behind it still stands, where something is held for as long as it does.

use std::time::Duration;

use axum::http::{HeaderMap, header};

use crate::{
    app::App,
    auth::{Tokens, Viewer},
    graphql::session,
};

/// A credential that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadCredential {
    /// It is no `Bearer <token>`.
    Form,
    /// Its token is malformed, expired or forged.
    Token,
}

/// The credential that a request sends, if it sends one.
pub(super) fn credential(headers: &HeaderMap) -> Result<Option<&str>, BadCredential> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_not_text| BadCredential::Form),
        // Nobody can say which one is meant.
        (Some(_), Some(_)) => Err(BadCredential::Form),
    }
}

/// The viewer of a credential as headers and WebSocket clients send it: `Bearer <token>`. Without
/// one, or with the empty one that clients commonly send while nobody is logged in, a stranger.
pub(super) fn verify(
    credential: Option<&str>,
    tokens: &Tokens,
) -> Result<Option<Viewer>, BadCredential> {
    let Some(credential) = credential.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let (scheme, token) = credential.split_once(' ').ok_or(BadCredential::Form)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BadCredential::Form);
    }
    tokens.verify(token.trim()).map(Some).map_err(|_whatever_is_wrong| BadCredential::Token)
}

/// Whether the viewer's session is known to have ended. While the database cannot tell, it has not:
/// what the viewer asks for fails by itself.
pub(super) async fn has_ended(app: &App, viewer: Viewer) -> bool {
    matches!(session::stands(&app.db, viewer).await, Ok(false))
}

/// Waits until the viewer's session has ended, and looks every so often.
pub(super) async fn until_ended(app: App, viewer: Viewer, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        if has_ended(&app, viewer).await {
            return;
        }
    }
}
