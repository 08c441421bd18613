//! What a person says of themselves.

use crate::text::{Rejected, Rule};

const DISPLAY_NAME: Rule = Rule { name: "The display name", max: 50, multiline: false };
const BIO: Rule = Rule { name: "The bio", max: 500, multiline: true };

super::checked_text! {
    /// The name that is shown: any letters, one line.
    DisplayName;
    /// A few words about oneself.
    Bio;
}

impl DisplayName {
    /// Reads a display name.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: &str) -> Result<Self, Rejected> {
        DISPLAY_NAME.check(text).map(Self)
    }
}

impl Bio {
    /// Reads a bio.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: &str) -> Result<Self, Rejected> {
        BIO.check(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_is_one_visible_line() {
        assert_eq!(DisplayName::new(" Ада 🦆\u{200b}").unwrap().as_str(), "Ада 🦆");
        assert!(DisplayName::new("\u{200b}").is_err());
        assert!(DisplayName::new("a\nb").is_err());
        assert!(DisplayName::new(&"é".repeat(51)).is_err());
        assert!(Bio::new("a\nb").is_ok());
    }
}
