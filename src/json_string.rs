//! Texts as they stand in JSON, for whatever is written by hand because it is written so often:
//! answers, and lines of the log.

/// Appends a text in its quotation marks.
pub fn write(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    escape(out, text);
    out.push(b'"');
}

/// Appends what stands between the quotation marks.
pub fn escape(out: &mut Vec<u8>, text: &str) {
    let text = text.as_bytes();
    let (mut at, mut plain_from) = (0, 0);
    while at < text.len() {
        if text[at..].first_chunk().is_some_and(|next| all_plain(*next)) {
            at += 8;
            continue;
        }
        let escape = ESCAPES[usize::from(text[at])];
        if escape != PLAIN {
            out.extend_from_slice(&text[plain_from..at]);
            match escape {
                CONTROL => out.extend_from_slice(&control(text[at])),
                letter => out.extend_from_slice(&[b'\\', letter]),
            }
            plain_from = at + 1;
        }
        at += 1;
    }
    out.extend_from_slice(&text[plain_from..]);
}

/// Whether eight bytes all stand for themselves, judged at once: none is below a space, a quotation
/// mark or a backslash.
fn all_plain(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGHEST_BITS: u64 = ONES * 0x80;
    let word = u64::from_ne_bytes(bytes);
    let has_below = |word: u64, least: u64| word.wrapping_sub(ONES * least) & !word & HIGHEST_BITS;
    let has = |byte: u8| has_below(word ^ (ONES * u64::from(byte)), 1);
    has_below(word, 0x20) | has(b'"') | has(b'\\') == 0
}

/// A byte that stands for itself.
const PLAIN: u8 = 0;
/// A byte that is written as a number.
const CONTROL: u8 = 1;

/// How each byte is escaped: not, as a number, or by this letter.
const ESCAPES: [u8; 256] = {
    let mut table = [PLAIN; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = CONTROL;
        control += 1;
    }
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'\n' as usize] = b'n';
    table[b'\r' as usize] = b'r';
    table[b'\t' as usize] = b't';
    table[0x08] = b'b';
    table[0x0c] = b'f';
    table
};

fn control(byte: u8) -> [u8; 6] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let [high, low] = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
    [b'\\', b'u', b'0', b'0', high, low]
}

#[cfg(test)]
mod tests {
    fn written(text: &str) -> String {
        let mut out = Vec::new();
        super::write(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts_are_escaped_as_serde_escapes_them() {
        let every_character: String = (0..0x300).filter_map(char::from_u32).collect();
        for text in ["", "plain", "\"", "\\", "a\nb", "🪶 \u{7f}", &every_character] {
            assert_eq!(written(text), serde_json::to_string(text).unwrap());
        }
        // Each character at each place among others.
        for character in every_character.chars() {
            for before in 0..9 {
                let text = format!("{}{character}{}", "a".repeat(before), "é".repeat(8));
                assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
            }
        }
    }
}
