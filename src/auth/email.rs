//! The address of an account.

use email_address::{EmailAddress, Options};

use crate::text::{Flaw, Rejected, clean, is_invisible};

const MAX: usize = 254;

super::checked_text! {
    /// An email address, unique without regard to case.
    Email;
}

impl Email {
    /// Reads an address such as `ada@example.com`.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn new(text: &str) -> Result<Self, Rejected> {
        let too_long =
            || Rejected::new(Flaw::TooLong, "An email address has at most 254 characters.");
        if text.len() > MAX * 4 {
            return Err(too_long());
        }
        let address = clean(text);
        if address.is_empty() {
            return Err(Rejected::new(Flaw::Required, "Enter an email address."));
        }
        if address.len() > MAX {
            return Err(too_long());
        }
        let invalid = || {
            Rejected::new(Flaw::Invalid, "This is not an email address such as ada@example.com.")
        };
        let options =
            Options::default().with_required_tld().without_domain_literal().without_display_text();
        EmailAddress::parse_with_options(&address, options).ok().ok_or_else(invalid)?;
        // The standard allows "quoted names"@example.com; nobody has one, and two spellings of one
        // address are a way around its uniqueness.
        if address.starts_with('"') || address.chars().any(is_invisible) {
            return Err(invalid());
        }
        Ok(Self(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(text: &str) -> Flaw {
        Email::new(text).unwrap_err().flaw
    }

    #[test]
    fn ordinary_addresses_are_accepted() {
        for good in ["ada@example.com", " Ada.Lovelace+x@mail.example.co.uk\n", "jürgen@müller.de"]
        {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        assert_eq!(Email::new(" ada@example.com ").unwrap().as_str(), "ada@example.com");
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "ada@[127.0.0.1]",
            "Ada <ada@example.com>",
            "<ada@example.com>",
            "\"ada\"@example.com",
            "a da@example.com",
            "ada@example.com,eve@example.com",
            "ada@exam\0ple.com",
            "ada\u{200b}@example.com",
            "ada@example..com",
            ".ada@example.com",
        ] {
            assert_eq!(flaw(bad), Flaw::Invalid, "{bad:?}");
        }
        assert_eq!(flaw(""), Flaw::Required);
        assert_eq!(flaw(&format!("ada@{}.com", "a.".repeat(130))), Flaw::TooLong);
        assert_eq!(flaw(&"a".repeat(10_000_000)), Flaw::TooLong);
    }
}
