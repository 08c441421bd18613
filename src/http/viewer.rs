//! Who a request says is asking: its `Authorization` header, read and verified.

use axum::http::{HeaderMap, header};

use crate::auth::{Tokens, Viewer};

/// A credential that proves nothing: malformed, expired, forged, or of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadCredential;

/// The viewer; `None` is a stranger, who sends no credential at all.
pub(super) fn from_headers(
    headers: &HeaderMap,
    tokens: &Tokens,
) -> Result<Option<Viewer>, BadCredential> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        // Clients commonly send an empty header while nobody is logged in.
        (Some(value), None) if value.as_bytes().trim_ascii().is_empty() => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) => from_text(text, tokens).map(Some),
            Err(_) => Err(BadCredential),
        },
        // Two credentials: nobody can say which one is meant.
        (Some(_), Some(_)) => Err(BadCredential),
    }
}

/// The viewer of a credential as headers and WebSocket clients send it: `Bearer <token>`.
pub(super) fn from_text(credential: &str, tokens: &Tokens) -> Result<Viewer, BadCredential> {
    let (scheme, token) = credential.trim().split_once(' ').ok_or(BadCredential)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BadCredential);
    }
    tokens.verify(token.trim()).ok().ok_or(BadCredential)
}
