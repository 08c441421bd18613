//! How the rules' tests judge a document of the sample schema.

use super::{super::limits, validate};
use crate::graphql::sample_schema;

/// The messages about a document.
pub fn messages(text: &str) -> Vec<String> {
    let checked = limits::check(text, &limits::Limits::default()).expect("within the limits");
    match validate(checked.document(), &sample_schema::types()) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.message).collect(),
    }
}

#[track_caller]
pub fn assert_valid(text: &str) {
    assert_eq!(messages(text), Vec::<String>::new(), "{text}");
}

/// That this and nothing else is wrong with it.
#[track_caller]
pub fn assert_error(text: &str, message: &str) {
    assert_eq!(messages(text), [message], "{text}");
}
