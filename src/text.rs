//! The rules for text that people type: what is trimmed, how it is counted, what is refused.
//!
//! Pure, and known to nothing else: every validated type of text ([`crate::auth::Username`], a
//! post's title …) is built on [`Rule`].

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// How many code points one visible character may have on average, so that a short text cannot be
/// stuffed with combining marks. Families of emoji have seven.
const CHARS_PER_GRAPHEME: usize = 8;

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// There is none.
    Required,
    /// Shorter than allowed.
    TooShort,
    /// Longer than allowed.
    TooLong,
    /// Not of the right form.
    Invalid,
    /// Kept back from use.
    Reserved,
}

/// A text that was not accepted, with a sentence for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// What is wrong.
    pub flaw: Flaw,
    /// The same as a sentence; it never repeats the text.
    pub message: String,
}

impl Rejected {
    /// A flaw with its sentence.
    pub fn new(flaw: Flaw, message: impl Into<String>) -> Self {
        Self { flaw, message: message.into() }
    }
}

/// How a kind of text must look.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What the text is, to begin a sentence with: "The title".
    pub name: &'static str,
    /// The most visible characters.
    pub max: usize,
    /// Whether it may have several lines.
    pub multiline: bool,
}

impl Rule {
    /// The text, cleaned, when it fits the rule.
    ///
    /// # Errors
    /// With the one flaw that matters most.
    pub fn check(&self, text: &str) -> Result<String, Rejected> {
        let Self { name, max, multiline } = *self;
        let too_long =
            || Rejected::new(Flaw::TooLong, format!("{name} may have at most {max} characters."));
        // Before anything that looks at graphemes, so that a huge text costs next to nothing.
        let most_chars = max * CHARS_PER_GRAPHEME;
        if text.chars().nth(most_chars * 2).is_some() {
            return Err(too_long());
        }
        let text = clean(&normal(text));
        if text.is_empty() {
            return Err(Rejected::new(Flaw::Required, format!("{name} may not be empty.")));
        }
        if text.chars().nth(most_chars).is_some() || length(&text) > max {
            return Err(too_long());
        }
        if !text.chars().all(|c| is_allowed(c, multiline)) {
            let is_broken = !multiline && text.contains('\n');
            let flaw =
                if is_broken { "more than one line" } else { "a character that cannot be shown" };
            let message = format!("{name} has {flaw}.");
            return Err(Rejected::new(Flaw::Invalid, message));
        }
        Ok(text)
    }
}

/// A number of bytes as people say it.
#[must_use]
pub fn bytes(count: usize) -> String {
    const MIB: usize = 1 << 20;
    if count >= MIB && count.is_multiple_of(MIB) {
        format!("{} MiB", count / MIB)
    } else {
        format!("{count} bytes")
    }
}

/// The text with line breaks as `\n`, and without spaces and invisible characters around it.
#[must_use]
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // Whole graphemes, since an invisible code point may be part of a visible one: the variation
    // selector of a heart, the tags of a flag.
    let visible = |(_, grapheme): &(usize, &str)| !grapheme.chars().all(is_invisible);
    let Some((start, _)) = text.grapheme_indices(true).find(visible) else {
        return String::new();
    };
    let end = text.grapheme_indices(true).rfind(visible);
    let end = end.map_or(text.len(), |(at, grapheme)| at + grapheme.len());
    text[start..end].to_owned()
}

/// The text in the one of Unicode's forms (NFC) in which what looks alike is found.
#[must_use]
pub fn normal(text: &str) -> String {
    text.nfc().collect()
}

/// Whether there is nothing to see in a text.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// How many characters a reader sees.
#[must_use]
pub fn length(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Whether a character leaves no mark by itself. Control characters are not among them: they are
/// refused, not trimmed.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Refuses control characters; and in a single line whatever breaks it or, like an override of the
/// writing direction, reaches beyond its end into what a page shows next to it.
fn is_allowed(c: char, multiline: bool) -> bool {
    let breaks_out = matches!(c,
        '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if multiline {
        !c.is_control() || c == '\n' || c == '\t'
    } else {
        !c.is_control() && !breaks_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Rule = Rule { name: "The title", max: 5, multiline: false };
    const LINES: Rule = Rule { name: "The content", max: 5, multiline: true };

    #[test]
    fn invisible_characters_are_trimmed_but_not_out_of_a_visible_one() {
        assert_eq!(clean(" \u{200b}\u{feff}\t a b \u{2800}\u{3164}\n"), "a b");
        assert_eq!(clean("\u{200b}\u{202e} \u{ad}"), "");
        assert_eq!(clean("I ❤\u{fe0f}"), "I ❤\u{fe0f}");
        assert_eq!(clean("a\r\nb\rc"), "a\nb\nc");
    }

    #[test]
    fn what_a_reader_sees_is_counted() {
        assert_eq!(
            length("👨‍👩‍👧‍👦👍🏽e\u{301}🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"),
            4
        );
        assert!(LINE.check("👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦").is_ok());
        assert_eq!(LINE.check("sixsix").unwrap_err().flaw, Flaw::TooLong);
    }

    #[test]
    fn a_character_cannot_be_stuffed_without_end() {
        let zalgo = format!("a{}", "\u{301}".repeat(1_000));
        assert_eq!(length(&zalgo), 1);
        assert_eq!(LINE.check(&zalgo).unwrap_err().flaw, Flaw::TooLong);
        assert_eq!(LINE.check(&" ".repeat(1_000_000)).unwrap_err().flaw, Flaw::TooLong);
    }

    #[test]
    fn control_characters_are_refused() {
        for bad in ["a\0b", "ab\0", "a\u{1b}b", "a\u{85}b", "a\u{7f}b"] {
            assert_eq!(LINE.check(bad).unwrap_err().flaw, Flaw::Invalid, "{bad:?}");
            assert_eq!(LINES.check(bad).unwrap_err().flaw, Flaw::Invalid, "{bad:?}");
        }
        for only_inside_lines in ["a\nb", "a\tb", "a\u{202e}b", "a\u{2028}b"] {
            assert_eq!(LINE.check(only_inside_lines).unwrap_err().flaw, Flaw::Invalid);
            assert!(LINES.check(only_inside_lines).is_ok());
        }
        assert!(LINE.check("\u{5d0}\u{200f}1").is_ok(), "marks of direction are part of Hebrew");
    }
}
