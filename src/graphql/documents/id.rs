//! The names of documents: hashes as they are written.

use std::fmt::Write;

/// The SHA-256 of a document's text.
pub type DocumentHash = [u8; 32];

/// What the specification of persisted documents puts before a SHA-256.
const SHA256: &str = "sha256:";

/// The hash in an id such as `sha256:9f86…` or `9f86…`; `None` for any other id.
#[must_use]
pub fn hash_of(id: &str) -> Option<DocumentHash> {
    let digits = id.strip_prefix(SHA256).unwrap_or(id).as_bytes();
    let mut hash = DocumentHash::default();
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(hash)
}

/// The hash as it is written.
pub(super) fn hex(hash: &DocumentHash) -> String {
    let mut text = String::with_capacity(2 * hash.len());
    for byte in hash {
        // Writing to a string does not fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}
