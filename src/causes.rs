//! An error told with its causes, for logs and terminals.

use std::{error::Error, fmt::Write as _};

/// An error with its causes, without those that their effects already repeat.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            // Writing to a string does not fail.
            let _written = write!(text, ": {said}");
        }
        cause = error.source();
    }
    text
}
