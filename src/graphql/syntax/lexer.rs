//! Splits a text into tokens, one at a time, without recursion and without looking twice.

use std::borrow::Cow;

use async_graphql::{Pos, ServerError, ServerResult};

use super::{error::syntax_error, strings};

/// One token and where it starts.
#[derive(Clone, Debug)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind<'a>,
    /// Line and column, both from 1; columns count characters.
    pub pos: Pos,
}

/// The kinds of tokens, those that carry text with it.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind<'a> {
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Punctuator(char),
    /// `...`
    Spread,
    /// A name or keyword.
    Name(&'a str),
    /// A number without fraction and exponent, as written.
    Int(&'a str),
    /// Any other number, as written.
    Float(&'a str),
    /// A string of either form, its escapes resolved.
    String(Cow<'a, str>),
    /// The end of the text.
    End,
}

/// Reads tokens from a text.
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    counted: usize,
    pos: Pos,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, counted: 0, pos: Pos { line: 1, column: 1 } }
    }

    /// The next token; [`TokenKind::End`] again and again once there is none.
    pub fn next_token(&mut self) -> ServerResult<Token<'a>> {
        self.skip_ignored();
        let pos = self.position(self.at);
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            return Ok(Token { kind: TokenKind::End, pos });
        };
        let (kind, length) = match first {
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                (TokenKind::Punctuator(first), 1)
            }
            '.' if rest.starts_with("...") => (TokenKind::Spread, 3),
            'A'..='Z' | 'a'..='z' | '_' => {
                let length = length_while(rest, is_name_continue);
                (TokenKind::Name(&rest[..length]), length)
            }
            '-' | '0'..='9' => self.number(rest)?,
            '"' => {
                let string = strings::read(rest).map_err(|problem| {
                    syntax_error(problem.message, self.position(self.at + problem.offset))
                })?;
                (TokenKind::String(string.value), string.length)
            }
            '\'' => {
                return Err(syntax_error(
                    "Unexpected single quote character ('), did you mean to use a double quote (\")?",
                    pos,
                ));
            }
            other => {
                return Err(syntax_error(
                    format!("Unexpected character: {}.", shown(Some(other))),
                    pos,
                ));
            }
        };
        self.at += length;
        Ok(Token { kind, pos })
    }

    fn skip_ignored(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            match rest.chars().next() {
                Some(' ' | '\t' | '\n' | '\r' | ',') => self.at += 1,
                Some('\u{feff}') => self.at += '\u{feff}'.len_utf8(),
                Some('#') => self.at += rest.find(['\n', '\r']).unwrap_or(rest.len()),
                _ => return,
            }
        }
    }

    /// The line and column of a byte offset that is not before the one asked for last.
    fn position(&mut self, offset: usize) -> Pos {
        let bytes = self.text.as_bytes();
        for (index, byte) in bytes[..offset].iter().enumerate().skip(self.counted) {
            match byte {
                b'\r' if bytes.get(index + 1) == Some(&b'\n') => {}
                b'\n' | b'\r' => self.pos = Pos { line: self.pos.line + 1, column: 1 },
                // Only the first byte of a character is counted.
                0x80..=0xBF => {}
                _ => self.pos.column += 1,
            }
        }
        self.counted = self.counted.max(offset);
        self.pos
    }

    fn number(&mut self, rest: &'a str) -> Result<(TokenKind<'a>, usize), ServerError> {
        let is_digit = |c: char| c.is_ascii_digit();
        let mut is_float = false;
        let mut length = usize::from(rest.starts_with('-'));
        let integer = length_while(&rest[length..], is_digit);
        if integer == 0 {
            return Err(self.bad_number(rest, length));
        }
        if integer > 1 && rest[length..].starts_with('0') {
            let digit = shown(rest[length + 1..].chars().next());
            let message = format!("Invalid number, unexpected digit after 0: {digit}.");
            return Err(syntax_error(message, self.position(self.at + length + 1)));
        }
        length += integer;
        if rest[length..].starts_with('.') {
            is_float = true;
            length = self.digits(rest, length + 1)?;
        }
        if rest[length..].starts_with(['e', 'E']) {
            is_float = true;
            let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
            length = self.digits(rest, length + 1 + sign)?;
        }
        if rest[length..].starts_with(|c| c == '.' || is_name_start(c)) {
            return Err(self.bad_number(rest, length));
        }
        let written = &rest[..length];
        Ok((if is_float { TokenKind::Float(written) } else { TokenKind::Int(written) }, length))
    }

    /// At least one digit from `start`; answers where they end.
    fn digits(&mut self, rest: &str, start: usize) -> ServerResult<usize> {
        match length_while(&rest[start..], |c| c.is_ascii_digit()) {
            0 => Err(self.bad_number(rest, start)),
            digits => Ok(start + digits),
        }
    }

    fn bad_number(&mut self, rest: &str, offset: usize) -> ServerError {
        let found = shown(rest[offset..].chars().next());
        syntax_error(
            format!("Invalid number, expected digit but got: {found}."),
            self.position(self.at + offset),
        )
    }
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_name_continue(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn length_while(text: &str, matches: impl Fn(char) -> bool) -> usize {
    text.find(|c| !matches(c)).unwrap_or(text.len())
}

/// A character as an error message shows it, invisible ones by their number.
pub(super) fn shown(character: Option<char>) -> String {
    match character {
        None => "<EOF>".to_owned(),
        Some('"') => "'\"'".to_owned(),
        Some(c) if c.is_ascii_graphic() || c == ' ' => format!("\"{c}\""),
        Some(c) => format!("U+{:04X}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Result<Vec<TokenKind<'_>>, String> {
        let mut lexer = Lexer::new(text);
        let mut kinds = Vec::new();
        loop {
            match lexer.next_token() {
                Ok(Token { kind: TokenKind::End, .. }) => return Ok(kinds),
                Ok(token) => kinds.push(token.kind),
                Err(error) => return Err(format!("{} {:?}", error.message, error.locations)),
            }
        }
    }

    #[test]
    fn every_kind_is_told_apart_and_what_is_ignored_is_skipped() {
        use TokenKind::*;
        assert_eq!(
            kinds("\u{feff}{ a,b # \" { \r\n ...-1 0.5e+3 \"s\" \"\"\" b \"\"\" $x_1"),
            Ok(vec![
                Punctuator('{'),
                Name("a"),
                Name("b"),
                Spread,
                Int("-1"),
                Float("0.5e+3"),
                String("s".into()),
                String(" b ".into()),
                Punctuator('$'),
                Name("x_1"),
            ])
        );
    }

    #[test]
    fn positions_count_characters_and_all_three_line_ends() {
        let mut lexer = Lexer::new("a\r\nb\rc\n \"\u{1F600}\" d");
        let mut found = Vec::new();
        for _ in 0..6 {
            let pos = lexer.next_token().unwrap().pos;
            found.push((pos.line, pos.column));
        }
        assert_eq!(found, [(1, 1), (2, 1), (3, 1), (4, 2), (4, 6), (4, 7)]);
    }

    #[test]
    fn what_is_no_token_is_named_with_its_place() {
        for (text, message) in [
            ("{ ? }", "Unexpected character: \"?\". [Pos(1:3)]"),
            ("\n\u{7}", "Unexpected character: U+0007. [Pos(2:1)]"),
            ("..", "Unexpected character: \".\". [Pos(1:1)]"),
            ("01", "Invalid number, unexpected digit after 0: \"1\". [Pos(1:2)]"),
            ("1.", "Invalid number, expected digit but got: <EOF>. [Pos(1:3)]"),
            ("1e+x", "Invalid number, expected digit but got: \"x\". [Pos(1:4)]"),
            ("- 1", "Invalid number, expected digit but got: \" \". [Pos(1:2)]"),
            ("0xF", "Invalid number, expected digit but got: \"x\". [Pos(1:2)]"),
            ("1.2.3", "Invalid number, expected digit but got: \".\". [Pos(1:4)]"),
            (" \"ab", "Unterminated string. [Pos(1:5)]"),
        ] {
            assert_eq!(kinds(text), Err(format!("Syntax Error: {message}")), "{text}");
        }
        assert!(kinds("'a'").is_err());
    }
}
