//! What was found wrong, up to a number that is worth reading.

use async_graphql::{Pos, ServerError};

use crate::{error::Code, graphql::syntax::request_error};

/// Past this nobody reads on, and an answer must not outgrow its question.
const MAX_ERRORS: usize = 50;

/// The errors of one document.
#[derive(Default)]
pub(super) struct Errors {
    found: Vec<ServerError>,
}

impl Errors {
    pub fn report(&mut self, message: impl Into<String>, at: &[Pos]) {
        if !self.is_full() {
            self.found.push(request_error(Code::ValidationFailed, message, at));
        }
    }

    /// Whether nothing more will be kept, so that nothing more needs to be looked for.
    pub fn is_full(&self) -> bool {
        self.found.len() >= MAX_ERRORS
    }

    /// In the order of the text.
    pub fn into_result(mut self) -> Result<(), Vec<ServerError>> {
        self.found.sort_by_key(|error| error.locations.first().copied());
        if self.found.is_empty() { Ok(()) } else { Err(self.found) }
    }
}
