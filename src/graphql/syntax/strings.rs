//! The two forms of strings: what a text that starts with a quote says, and how long it is.

use std::borrow::Cow;

use super::lexer::shown;

/// A string literal that was read.
pub(super) struct Literal<'a> {
    /// What it stands for.
    pub value: Cow<'a, str>,
    /// How many bytes it takes in the text, quotes included.
    pub length: usize,
}

/// Why a text is no string, and how many bytes after its first quote that shows.
#[derive(Debug)]
pub(super) struct Problem {
    pub message: String,
    pub offset: usize,
}

/// Reads the string that `text` starts with.
pub(super) fn read(text: &str) -> Result<Literal<'_>, Problem> {
    match text.strip_prefix("\"\"\"") {
        Some(content) => read_block(content),
        None => read_line(text),
    }
}

fn unterminated(offset: usize) -> Problem {
    Problem { message: "Unterminated string.".to_owned(), offset }
}

fn read_line(text: &str) -> Result<Literal<'_>, Problem> {
    let mut value = Cow::Borrowed("");
    let mut at = 1;
    loop {
        let plain =
            text[at..].find(['"', '\\', '\n', '\r']).ok_or_else(|| unterminated(text.len()))?;
        // `+=` borrows as long as nothing has been put together.
        value += &text[at..at + plain];
        at += plain;
        match text.as_bytes()[at] {
            b'"' => return Ok(Literal { value, length: at + 1 }),
            b'\\' => {
                let (character, length) =
                    read_escape(&text[at..]).map_err(|message| Problem { message, offset: at })?;
                value.to_mut().push(character);
                at += length;
            }
            _ => return Err(unterminated(at)),
        }
    }
}

/// The character that an escape stands for, and the bytes it takes.
fn read_escape(text: &str) -> Result<(char, usize), String> {
    let character = match text[1..].chars().next() {
        Some(c @ ('"' | '\\' | '/')) => c,
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return read_unicode_escape(text),
        Some(c) => return Err(format!("Invalid character escape sequence: \"\\{c}\".")),
        None => return Err(format!("Invalid character escape sequence: {}.", shown(None))),
    };
    Ok((character, 2))
}

fn read_unicode_escape(text: &str) -> Result<(char, usize), String> {
    let invalid = |length: usize| {
        let sequence: String = text.chars().take(length).collect();
        format!("Invalid Unicode escape sequence: \"{sequence}\".")
    };
    if let Some(braced) = text[2..].strip_prefix('{') {
        let digits = braced.chars().take(8).take_while(char::is_ascii_hexdigit).count();
        let closed = braced[digits..].starts_with('}');
        let scalar = u32::from_str_radix(&braced[..digits], 16).ok().and_then(char::from_u32);
        return match scalar {
            Some(scalar) if closed => Ok((scalar, digits + 4)),
            _ => Err(invalid(digits + 4)),
        };
    }
    let unit = |from: usize| text.get(from..from + 4).and_then(hexadecimal);
    let first = unit(2).ok_or_else(|| invalid(6))?;
    // JSON's habit of writing one character as two halves is allowed, a half alone is not.
    let second = text[6..].strip_prefix("\\u").and_then(|_| unit(8));
    let mut decoded = char::decode_utf16([Some(first), second].into_iter().flatten());
    match decoded.next() {
        Some(Ok(character)) => Ok((character, 6 * character.len_utf16())),
        _ => Err(invalid(6)),
    }
}

fn hexadecimal(digits: &str) -> Option<u16> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

fn read_block(content: &str) -> Result<Literal<'_>, Problem> {
    let mut raw = Cow::Borrowed("");
    let mut at = 0;
    loop {
        let rest = &content[at..];
        let quotes = rest.find("\"\"\"").ok_or_else(|| unterminated(content.len() + 3))?;
        if let Some(escaped) = rest[..quotes].strip_suffix('\\') {
            raw += escaped;
            raw += "\"\"\"";
            at += quotes + 3;
        } else {
            raw += &rest[..quotes];
            return Ok(Literal { value: dedent(raw), length: at + quotes + 6 });
        }
    }
}

/// Takes the common indentation and the blank first and last lines away.
fn dedent(raw: Cow<'_, str>) -> Cow<'_, str> {
    if !raw.contains(['\n', '\r', ' ', '\t']) {
        return raw;
    }
    let unified = raw.replace("\r\n", "\n");
    let lines: Vec<&str> = unified.split(['\n', '\r']).collect();
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let is_blank = |line: &str| indent(line) == line.len();

    let Some(first) = lines.iter().position(|line| !is_blank(line)) else {
        return Cow::Borrowed("");
    };
    let last = lines.iter().rposition(|line| !is_blank(line)).unwrap_or(first);
    let common = lines.iter().skip(1).filter(|line| !is_blank(line)).map(|line| indent(line)).min();
    let kept = lines.iter().enumerate().take(last + 1).skip(first).map(|(index, line)| {
        if index == 0 { line } else { line.get(common.unwrap_or(0)..).unwrap_or("") }
    });
    Cow::Owned(kept.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<String, String> {
        let literal = read(text).map_err(|problem| problem.message)?;
        assert_eq!(literal.length, text.len(), "{text}");
        Ok(literal.value.into_owned())
    }

    #[test]
    fn escapes_stand_for_their_characters() {
        assert_eq!(value(r#""""#), Ok(String::new()));
        assert_eq!(value(r#""a\"b\\c\/d""#), Ok("a\"b\\c/d".to_owned()));
        assert_eq!(value(r#""\b\f\n\r\t""#), Ok("\u{8}\u{c}\n\r\t".to_owned()));
        assert_eq!(value(r#""\u00e9\u{1F600}\u{000000e9}""#), Ok("é😀é".to_owned()));
        assert_eq!(value(r#""\uD83D\uDE00!""#), Ok("😀!".to_owned()));
    }

    #[test]
    fn a_wrong_escape_is_named() {
        for text in [
            r#""\u{}""#,
            r#""\u{110000}""#,
            r#""\u{D83D}""#,
            r#""\u{1F600""#,
            r#""\u{000000041}""#,
            r#""\uD83D""#,
            r#""\uDE00\uD83D""#,
            r#""\u12""#,
            r#""\u+123""#,
            r#""\ué999""#,
        ] {
            let message = value(text).unwrap_err();
            assert!(message.starts_with("Invalid Unicode escape sequence: \"\\u"), "{message}");
        }
        assert!(value(r#""\x""#).unwrap_err().contains("\"\\x\""));
        assert_eq!(value("\"\\"), Err("Invalid character escape sequence: <EOF>.".to_owned()));
        assert_eq!(value("\"a\nb\""), Err("Unterminated string.".to_owned()));
        assert_eq!(value("\"\"\"a\"\""), Err("Unterminated string.".to_owned()));
    }

    #[test]
    fn a_block_loses_its_indentation_and_nothing_else() {
        assert_eq!(value("\"\"\"\"\"\""), Ok(String::new()));
        assert_eq!(value("\"\"\" \n\t\n \"\"\""), Ok(String::new()));
        assert_eq!(value("\"\"\"a \\u0041\"\"\""), Ok("a \\u0041".to_owned()));
        assert_eq!(value(r#""""say \"""x\""" ""!""""#), Ok(r#"say """x""" ""!"#.to_owned()));
        let text = "\"\"\"\n    a\n      b\r\n \n    c\r  \"\"\"";
        assert_eq!(value(text), Ok("a\n  b\n\nc".to_owned()));
        assert_eq!(value("\"\"\"  a\n    b\n  c\"\"\""), Ok("  a\n  b\nc".to_owned()));
    }
}
