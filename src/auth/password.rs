//! A password that somebody chooses.

use std::fmt;

use crate::text::{Flaw, Rejected};

const MIN: usize = 8;
/// The longest password, in characters: long enough for any phrase, short enough to hash.
pub const MAX_PASSWORD_CHARS: usize = 128;

/// A new password: any characters, taken as they are. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Password {
    /// Checks the length, and nothing else: rules of composition make passwords worse.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: String) -> Result<Self, Rejected> {
        if text.is_empty() {
            return Err(Rejected::new(Flaw::Required, "Choose a password."));
        }
        if text.chars().nth(MIN - 1).is_none() {
            return Err(Rejected::new(Flaw::TooShort, "A password has at least 8 characters."));
        }
        if text.chars().nth(MAX_PASSWORD_CHARS).is_some() {
            return Err(Rejected::new(Flaw::TooLong, "A password has at most 128 characters."));
        }
        Ok(Self(text))
    }

    /// The text, for hashing.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        assert_eq!(Password::new("🦆".repeat(7)).unwrap_err().flaw, Flaw::TooShort);
        assert!(Password::new("🦆".repeat(8)).is_ok());
        assert!(Password::new("🦆".repeat(128)).is_ok());
        assert_eq!(Password::new("a".repeat(129)).unwrap_err().flaw, Flaw::TooLong);
        assert!(Password::new(" \0\n tab\t ".into()).is_ok(), "any characters");
    }

    #[test]
    fn a_password_is_never_printed() {
        let password = Password::new("correct horse".into()).unwrap();
        assert_eq!(format!("{password:?}"), "(hidden)");
    }
}
