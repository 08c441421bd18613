//! Who a request says is asking: its `Authorization` header, read and verified.

use axum::http::{HeaderMap, header};

use crate::auth::{Tokens, Viewer};

/// A credential that proves nothing: malformed, expired, forged, or of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadCredential;

/// The credential that a request sends, if it sends one.
pub(super) fn credential(headers: &HeaderMap) -> Result<Option<&str>, BadCredential> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_not_text| BadCredential),
        // Nobody can say which one is meant.
        (Some(_), Some(_)) => Err(BadCredential),
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
    let (scheme, token) = credential.split_once(' ').ok_or(BadCredential)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BadCredential);
    }
    tokens.verify(token.trim()).map(Some).map_err(|_whatever_is_wrong| BadCredential)
}
