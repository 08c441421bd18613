//! Whether a document fits the schema, by the rules of the GraphQL specification.
//!
//! The library validates too, but not by all rules: it takes an enum value written as a string, an
//! `Int` of 40 bits, a list for an input object, a wrong variable inside an input object, and two
//! fields with one alias that differ further down; it never looks at `__typename`; it panics on a
//! default value for a list of an unknown type, and its list of errors can be some hundred times
//! the size of the document. It also validates again at each request, where the answer here can be
//! kept beside the parsed document. So this decides, and the library is told to look quickly or
//! not at all.
//!
//! Of the specification's rules, the parser already keeps those on executable definitions and on
//! the uniqueness of operations, fragments and input fields, and the limits keep out cycles. What
//! is here may rely on both, and therefore on a size that needs no bounds of its own. Messages are
//! those of graphql-js, without its suggestions, which would give a closed schema away.

mod arguments;
mod directives;
mod errors;
mod fragments;
mod input;
mod literals;
mod merging;
mod selections;
mod subscriptions;
mod usage;
mod variables;
mod walk;

#[cfg(test)]
mod random;
#[cfg(test)]
mod sample;

use async_graphql::{ServerError, parser::types::ExecutableDocument};

pub use self::input::check_variables;
use self::walk::Walker;
use super::schema_types::SchemaTypes;

/// Judges a document that is within the limits.
pub fn validate(
    document: &ExecutableDocument,
    types: &SchemaTypes,
) -> Result<(), Vec<ServerError>> {
    let mut walker = Walker::new(document, types);
    for (name, fragment) in &document.fragments {
        walker.fragment(name, fragment);
    }
    for (name, operation) in document.operations.iter() {
        walker.operation(name, operation);
    }
    let (mut errors, usages) = walker.finish();
    fragments::check_all_used(document, &usages, &mut errors);
    let fragments = merging::Fragments::of(document);
    let mut spreading = merging::Spreading::default();
    for (name, operation) in document.operations.iter() {
        if errors.is_full() {
            break;
        }
        variables::check(name, operation, &usages, types, &mut errors);
        merging::check(&fragments, operation, types, &mut spreading, &mut errors);
        subscriptions::check(document, name, operation, &mut errors);
    }
    errors.into_result()
}
