//! A telephone number.

use crate::text::{Flaw, Rejected, is_invisible};

super::checked_text! {
    /// A telephone number in the international form, such as `+4915112345678`.
    PhoneNumber;
}

impl PhoneNumber {
    /// Reads a number as people write it: spaces, dashes, dots and parentheses are dropped.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: &str) -> Result<Self, Rejected> {
        let ornament = |c: char| is_invisible(c) || "-.()/‐‑–".contains(c);
        let number: String = text.chars().take(200).filter(|c| !ornament(*c)).collect();
        let digits = number.strip_prefix('+').unwrap_or_default();
        let well_formed = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if well_formed && text.len() <= 200 {
            Ok(Self(number))
        } else {
            let message = "Write the number with its country, such as +49 151 12345678.";
            Err(Rejected::new(Flaw::Invalid, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_in_one_form() {
        for text in ["+4915112345678", " +49 (151) 1234-5678 ", "+49.151.12345678\u{202c}"] {
            assert_eq!(PhoneNumber::new(text).unwrap().as_str(), "+4915112345678");
        }
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        let long = format!("+49{}", " ".repeat(1_000));
        for bad in [
            "",
            "+",
            "015112345678",
            "+0151123456",
            "+123456",
            "+1234567890123456",
            "+49a5112345678",
            "+٤٩١٥١١٢٣٤٥",
            &long,
        ] {
            assert_eq!(PhoneNumber::new(bad).unwrap_err().flaw, Flaw::Invalid, "{bad:?}");
        }
    }
}
