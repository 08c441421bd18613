//! Addresses of pictures that only few may see.
//!
//! What a suspended person showed is gone for everybody but those who still see the person: admins,
//! who decide about them. A browser fetches pictures without a token, so the addresses that these are
//! told carry a pass, which is good for this one file and for an hour or two.

use std::{fmt, time::Duration};

use chrono::Utc;
use serde::Deserialize;

use super::ImageFile;
use crate::{auth::Keys, error::Result};

/// How long a pass is good at least, and at most twice. It changes so rarely that pages that are
/// asked for again have the same addresses.
const GOOD_FOR: Duration = Duration::from_secs(3_600);
const PURPOSE: &str = "picture";

/// The end of an address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pass {
    /// Seconds since 1970.
    until: i64,
    proof: String,
}

impl Pass {
    /// A pass to this file.
    ///
    /// # Errors
    /// Never: keys of any length are good.
    pub fn new(keys: &Keys, file: &ImageFile) -> Result<Self> {
        let step = GOOD_FOR.as_secs().cast_signed();
        let until = (Utc::now().timestamp().div_euclid(step) + 2) * step;
        Ok(Self { until, proof: keys.sign(PURPOSE, &claim(file, until))? })
    }

    /// Whether it opens this file now.
    #[must_use]
    pub fn opens(&self, keys: &Keys, file: &ImageFile) -> bool {
        self.until > Utc::now().timestamp()
            && keys.has_signed(PURPOSE, &claim(file, self.until), &self.proof)
    }
}

fn claim(file: &ImageFile, until: i64) -> Vec<u8> {
    format!("{file} {until}").into_bytes()
}

/// As a query string.
impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "until={}&proof={}", self.until, self.proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "0123456789abcdefghjkmnpqrs0123456789abcdefghjkmnpqrs_1600.jpg";

    #[test]
    fn a_pass_opens_one_file_for_a_while() {
        let (keys, file) = (Keys::of("new", Some("old")), FILE.parse().unwrap());
        let pass = Pass::new(&keys, &file).unwrap();
        assert!(pass.opens(&keys, &file));
        assert!((3_600..=7_200).contains(&(pass.until - Utc::now().timestamp())));
        assert!(!pass.opens(&keys, &FILE.replace("1600", "640").parse().unwrap()));
        assert!(!pass.opens(&Keys::of("else", None), &file));
        // With the key before, while keys are being changed.
        assert!(Pass::new(&Keys::of("old", None), &file).unwrap().opens(&keys, &file));

        let later = Pass { until: pass.until + 1, ..pass.clone() };
        assert!(!later.opens(&keys, &file));
        let over = Utc::now().timestamp() - 1;
        let proof = keys.sign(PURPOSE, &claim(&file, over)).unwrap();
        assert!(!Pass { until: over, proof }.opens(&keys, &file));
        for proof in [String::new(), "A".to_owned(), pass.proof[..20].to_owned()] {
            assert!(!Pass { proof, ..pass.clone() }.opens(&keys, &file));
        }
    }
}
