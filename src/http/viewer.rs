//! Who a request says is asking: its `Authorization` header, read and verified.

use axum::http::{HeaderMap, header};

use crate::auth::{Tokens, Viewer};

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
