//! Cursors: the sort key and the id of a row, tagged with the list that they belong to.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    db::page::Position,
    error::{Error, Result},
};

const TAG_LENGTH: usize = 4;

/// Something that lists are sorted by, in eight bytes.
pub trait CursorKey: Copy {
    /// The key as bytes.
    fn to_bytes(self) -> [u8; 8];
    /// The key from bytes; `None` when no key has them.
    fn from_bytes(bytes: [u8; 8]) -> Option<Self>;
}

impl CursorKey for () {
    fn to_bytes(self) -> [u8; 8] {
        [0; 8]
    }
    fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        (bytes == [0; 8]).then_some(())
    }
}

impl CursorKey for i64 {
    fn to_bytes(self) -> [u8; 8] {
        self.to_be_bytes()
    }
    fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        Some(Self::from_be_bytes(bytes))
    }
}

impl CursorKey for f64 {
    fn to_bytes(self) -> [u8; 8] {
        self.to_bits().to_be_bytes()
    }
    fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        Some(Self::from_bits(u64::from_be_bytes(bytes))).filter(|key| key.is_finite())
    }
}

impl CursorKey for DateTime<Utc> {
    fn to_bytes(self) -> [u8; 8] {
        self.timestamp_micros().to_bytes()
    }
    fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        // What PostgreSQL can hold; chrono's own range is wider.
        Self::from_timestamp_micros(i64::from_bytes(bytes)?)
            .filter(|time| (-4_000..200_000).contains(&chrono::Datelike::year(time)))
    }
}

/// Tells one list from another: its name, its order, its filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListTag([u8; TAG_LENGTH]);

impl ListTag {
    /// The tag of the list that these parts describe, such as `["posts", "TOP", owner]`.
    #[must_use]
    pub fn new(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut tag = [0; TAG_LENGTH];
        tag.copy_from_slice(&hash.finalize()[..TAG_LENGTH]);
        Self(tag)
    }

    pub(super) fn cursor<K: CursorKey>(&self, position: &Position<K>) -> Cursor {
        Cursor { tag: self.0, key: position.key.to_bytes(), id: position.id }
    }

    pub(super) fn decode<K: CursorKey>(&self, argument: &str, cursor: &str) -> Result<Position<K>> {
        let malformed = || {
            let message =
                format!("`{argument}` is not a cursor. Use one from `pageInfo` or an edge.");
            Error::bad_input(message)
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().ok_or_else(malformed)?;
        let (tag, rest) = bytes.split_first_chunk::<TAG_LENGTH>().ok_or_else(malformed)?;
        let (key, id) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
        let id = Uuid::from_slice(id).ok().ok_or_else(malformed)?;
        if *tag != self.0 {
            let message = format!(
                "`{argument}` is the cursor of another list or of another order of this one. \
                 Start again without it."
            );
            return Err(Error::bad_input(message));
        }
        let key = K::from_bytes(*key).ok_or_else(malformed)?;
        Ok(Position { key, id })
    }
}

/// The place of a row in its list. Most rows have one that nobody asks for, so it is written as text
/// only then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    tag: [u8; TAG_LENGTH],
    key: [u8; 8],
    id: Uuid,
}

impl Cursor {
    /// The cursor as clients see it.
    pub(super) fn text(&self) -> String {
        let mut bytes = [0; TAG_LENGTH + 8 + 16];
        let (tag, rest) = bytes.split_at_mut(TAG_LENGTH);
        let (key, id) = rest.split_at_mut(8);
        tag.copy_from_slice(&self.tag);
        key.copy_from_slice(&self.key);
        id.copy_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_row_in_its_own_list_only() {
        let top = ListTag::new(&["posts", "TOP"]);
        let position = Position { key: -7_i64, id: Uuid::now_v7() };
        let cursor = top.cursor(&position).text();
        assert_eq!(top.decode::<i64>("after", &cursor).unwrap(), position);
        let hot = ListTag::new(&["posts", "HOT"]);
        let message = hot.decode::<i64>("after", &cursor).unwrap_err().to_string();
        assert!(message.contains("another list"), "{message}");
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(ListTag::new(&["ab", "c"]), ListTag::new(&["a", "bc"]));
    }

    #[test]
    fn hostile_cursors_are_refused() {
        let tag = ListTag::new(&["posts"]);
        let nan = tag.cursor(&Position { key: f64::NAN, id: Uuid::nil() }).text();
        for cursor in ["", "=", "💥", &"A".repeat(10_000), &nan] {
            assert!(tag.decode::<f64>("after", cursor).is_err(), "{cursor}");
        }
    }
}
