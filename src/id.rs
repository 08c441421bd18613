//! Global ids: `post_01h455vb4pex5vsknk084sn02q`, a type's prefix and a UUIDv7 in base 32.
//!
//! An [`Id`] knows its type, so an id of something else is refused where the argument is read, with
//! a message that names what was expected.

use std::{fmt, marker::PhantomData};

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;

/// A kind of thing that has ids.
pub trait Kind: Send + Sync + 'static {
    /// What its ids begin with.
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $prefix:literal;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct $name;
            impl Kind for $name { const PREFIX: &'static str = $prefix; }
        )+

        /// The prefixes of everything that `node` can find.
        pub const PREFIXES: &[&str] = &[$($prefix),+];
    };
}

kinds! {
    /// A user.
    UserKind = "user";
    /// A session.
    SessionKind = "session";
    /// A post.
    PostKind = "post";
    /// A comment.
    CommentKind = "comment";
    /// A report.
    ReportKind = "report";
    /// An entry of the moderation log.
    ModerationKind = "moderation";
}

/// The id of one kind of thing.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// The key in the database.
    #[must_use]
    pub const fn uuid(&self) -> Uuid {
        self.uuid
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}

impl<K> From<Uuid> for Id<K> {
    fn from(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// How every sentence about an id of the wrong kind or form begins.
pub const EXPECTED: &str = "Expected the id of a ";
/// How it says so where the id of anything is expected.
pub const EXPECTED_ANY: &str = "Expected an id";

impl<K: Kind> Id<K> {
    /// The id as clients see it.
    #[must_use]
    pub fn text(&self) -> String {
        encode(K::PREFIX, self.uuid)
    }

    /// Reads an id of this kind.
    ///
    /// # Errors
    /// A sentence that says what was expected and what came instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        match split(text) {
            Some((prefix, uuid)) if prefix == K::PREFIX => Ok(Self::from(uuid)),
            Some((prefix, _)) => Err(format!("{EXPECTED}{}, got the id of a {prefix}.", K::PREFIX)),
            None => Err(format!(
                "{EXPECTED}{0}, such as {0}_{1}, got {2}.",
                K::PREFIX,
                "01h455vb4pex5vsknk084sn02q",
                quoted(text)
            )),
        }
    }
}

/// An id of any kind, for `node`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyId {
    /// One of [`PREFIXES`].
    pub prefix: &'static str,
    /// The key in the database.
    pub uuid: Uuid,
}

impl fmt::Display for AnyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl AnyId {
    /// The id as clients see it.
    #[must_use]
    pub fn text(&self) -> String {
        encode(self.prefix, self.uuid)
    }

    /// The id of a thing of the kind with this prefix; `None` when there is no such kind.
    #[must_use]
    pub fn new(prefix: &str, uuid: Uuid) -> Option<Self> {
        let prefix = PREFIXES.iter().find(|known| **known == prefix)?;
        Some(Self { prefix, uuid })
    }

    /// Reads an id of any kind.
    ///
    /// # Errors
    /// A sentence that says what was expected and what came instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (prefix, uuid) = split(text).ok_or_else(|| {
            format!(
                "{EXPECTED_ANY}, such as post_01h455vb4pex5vsknk084sn02q, got {}.",
                quoted(text)
            )
        })?;
        Ok(Self { prefix, uuid })
    }
}

/// Hostile ids may be long; an error message is not.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{dots}")
}

fn split(text: &str) -> Option<(&'static str, Uuid)> {
    let (prefix, suffix) = text.rsplit_once('_')?;
    let AnyId { prefix, uuid } = AnyId::new(prefix, decode(suffix)?)?;
    Some((prefix, uuid))
}

/// Every row of every list has an id: it is written in one go.
fn encode(prefix: &str, uuid: Uuid) -> String {
    let value = uuid.as_u128();
    let mut text = String::with_capacity(prefix.len() + 1 + SUFFIX_LENGTH);
    text.push_str(prefix);
    text.push('_');
    for place in (0..SUFFIX_LENGTH).rev() {
        text.push(char::from(ALPHABET[(value >> (5 * place)) as usize & 31]));
    }
    text
}

fn decode(suffix: &str) -> Option<Uuid> {
    // 26 characters hold 130 bits: the first may only use three of its five.
    if suffix.len() != SUFFIX_LENGTH || suffix.as_bytes()[0] > b'7' {
        return None;
    }
    suffix
        .bytes()
        .try_fold(0u128, |value, byte| {
            let digit = ALPHABET.iter().position(|known| *known == byte)?;
            Some(value << 5 | digit as u128)
        })
        .map(Uuid::from_u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_the_key_and_its_order() {
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let id = Id::<PostKind>::from(uuid).to_string();
        assert_eq!(id, "post_01h455vb4pex5vsknk084sn02q");
        assert_eq!(Id::<PostKind>::parse(&id).unwrap().uuid(), uuid);
        for uuid in [Uuid::nil(), Uuid::max()] {
            let id = Id::<UserKind>::from(uuid).to_string();
            assert_eq!(Id::<UserKind>::parse(&id).unwrap().uuid(), uuid);
        }
    }

    #[test]
    fn the_wrong_kind_is_named() {
        let user = Id::<UserKind>::from(Uuid::now_v7()).to_string();
        let message = Id::<PostKind>::parse(&user).err().unwrap();
        assert_eq!(message, "Expected the id of a post, got the id of a user.");
    }

    #[test]
    fn malformed_ids_are_refused() {
        let too_large = "post_81h455vb4pex5vsknk084sn02q";
        let capital = "post_01H455VB4PEX5VSKNK084SN02Q";
        let foreign = "cat_01h455vb4pex5vsknk084sn02q";
        for text in [
            "",
            "_",
            "post",
            "post_",
            too_large,
            capital,
            foreign,
            "post_é1h455vb4pex5vsknk084sn02q",
        ] {
            assert!(Id::<PostKind>::parse(text).is_err(), "{text}");
        }
    }
}
