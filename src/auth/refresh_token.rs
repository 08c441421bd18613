//! The token that keeps a session alive: 256 random bits, of which only a hash is stored.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const BYTES: usize = 32;

/// A refresh token. Never printed.
pub struct RefreshToken([u8; BYTES]);

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl RefreshToken {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// Reads what [`RefreshToken::reveal`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The token as the client keeps it.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database keeps. The token has too many bits to be guessed, so that a plain hash is
    /// enough.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_client() {
        let token = RefreshToken::generate();
        assert_eq!(RefreshToken::parse(&token.reveal()).unwrap().hash(), token.hash());
        assert_ne!(RefreshToken::generate().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "(hidden)");
    }

    #[test]
    fn other_texts_are_no_tokens() {
        for text in ["", "abc", "💥", &"A".repeat(44), &"A".repeat(1_000_000), "\0"] {
            assert!(RefreshToken::parse(text).is_none());
        }
    }
}
