//! `rookery schema`: the API as `schema.graphql` holds it. Needs neither settings nor a database.

use super::{Outcome, output};

pub(super) fn run() -> Outcome {
    output::print(&crate::graphql::sdl())
}
