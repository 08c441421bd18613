//! What a post may say: its title and its content, checked.

use crate::text::{Rejected, Rule};

const TITLE: Rule = Rule { name: "The title", max: 300, multiline: false };
const IMAGE_ALT: Rule = Rule { name: "The description", max: 1_000, multiline: true };
const CONTENT: Rule = Rule { name: "The content", max: 40_000, multiline: true };

/// What a post is about, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostTitle(String);

impl PostTitle {
    /// Reads a title.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: &str) -> Result<Self, Rejected> {
        TITLE.check(text).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostContent(String);

impl PostContent {
    /// Reads a content.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: &str) -> Result<Self, Rejected> {
        CONTENT.check(text).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What can be seen in the picture of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageAlt(String);

impl ImageAlt {
    /// Reads a description.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: &str) -> Result<Self, Rejected> {
        IMAGE_ALT.check(text).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Flaw;

    #[test]
    fn a_title_has_300_visible_characters_in_one_line() {
        assert!(PostTitle::new(&"👨‍👩‍👧‍👦".repeat(300)).is_ok());
        assert_eq!(PostTitle::new(&"é".repeat(301)).unwrap_err().flaw, Flaw::TooLong);
        assert_eq!(PostTitle::new("\u{200b} \u{2060}").unwrap_err().flaw, Flaw::Required);
        assert_eq!(PostTitle::new("a\nb").unwrap_err().flaw, Flaw::Invalid);
    }

    #[test]
    fn a_content_has_40_000_visible_characters_in_lines() {
        assert!(PostContent::new(&"e\u{301}\n".repeat(20_000)).is_ok());
        assert_eq!(PostContent::new(&"a".repeat(40_001)).unwrap_err().flaw, Flaw::TooLong);
        assert_eq!(PostContent::new("a\0b").unwrap_err().flaw, Flaw::Invalid);
    }
}
