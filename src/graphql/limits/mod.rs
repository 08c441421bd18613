//! What a request's document may cost, judged before it is validated or run.
//!
//! In the order of what it costs to check: the text's length, its tokens and brackets; then, on
//! the parsed document, its size and depth with all fragments filled in; then, with the variables
//! at hand, the fields it may have to resolve. The first two do not depend on variables, so what
//! [`check`] answers can be kept and used again; [`Checked::admit`] judges the rest each time.
//!
//! Never recurses over what it has not bounded, and says nothing about whether a document is valid.

mod complexity;
mod refusal;
mod settings;
mod shape;
mod text;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, ServerError, ServerResult, Variables,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
};

use self::{
    complexity::Scale,
    refusal::Limit,
    shape::{Measurer, Shape},
};
pub use self::{
    settings::Limits,
    text::judge_length,
    variables::{MAX_VARIABLE_VALUES, Unreadable, read_variables},
};
use super::{schema_types::SchemaTypes, syntax::request_error};
use crate::error::Code;

/// The name that was asked for is no part of the document, so nothing has bounded its length.
const MAX_NAME_SHOWN: usize = 100;

/// A document within every limit that does not depend on variables.
#[derive(Clone, Debug)]
pub struct Checked {
    document: ExecutableDocument,
    /// By the names of the operations, `None` for the one without.
    shapes: HashMap<Option<Name>, Shape>,
}

/// An operation that may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Whether it reads, writes or subscribes.
    pub operation_type: OperationType,
    /// Its name in the document; what the library has to be told, whatever the request said.
    pub operation_name: Option<String>,
    /// What it costs.
    pub cost: Cost,
}

/// What an operation costs, for logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Fields and fragments, every spread filled in.
    pub selections: usize,
    /// Fields inside fields.
    pub depth: usize,
    /// Fields at the root.
    pub root_fields: usize,
    /// Aliases.
    pub aliases: usize,
    /// Directives.
    pub directives: usize,
    /// Fields it may have to resolve.
    pub complexity: usize,
}

/// A document and the operation in it that may be run.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The parsed document.
    pub document: ExecutableDocument,
    /// The operation to run.
    pub admission: Admission,
}

/// Judges a request at once; see [`check`] and [`Checked::admit`] for its two halves.
pub fn admit(
    text: &str,
    operation_name: Option<&str>,
    variables: &Variables,
    types: &SchemaTypes,
    limits: &Limits,
) -> ServerResult<Admitted> {
    let checked = check(text, limits)?;
    let admission = checked.admit(operation_name, variables, types, limits)?;
    Ok(Admitted { document: checked.document, admission })
}

/// Parses a text and judges what does not depend on variables.
pub fn check(text: &str, limits: &Limits) -> ServerResult<Checked> {
    let document = text::parse_within(text, limits)?;
    let mut measurer = Measurer::new(&document, limits);
    let mut selections = 0_usize;
    let mut shapes = HashMap::new();
    for (name, operation) in document.operations.iter() {
        let shape = measurer.operation(&operation.node)?;
        selections = selections.saturating_add(shape.selections);
        Limit::Selections.judge(selections, limits.max_selections, Some(operation.pos))?;
        shape.judge(operation, limits)?;
        shapes.insert(name.cloned(), shape);
    }
    measurer.remaining_fragments()?;
    Ok(Checked { document, shapes })
}

impl Checked {
    /// The parsed document.
    pub fn document(&self) -> &ExecutableDocument {
        &self.document
    }

    /// Picks the operation to run and judges it with its variables.
    pub fn admit(
        &self,
        operation_name: Option<&str>,
        variables: &Variables,
        types: &SchemaTypes,
        limits: &Limits,
    ) -> ServerResult<Admission> {
        let (name, operation) = select(&self.document, operation_name)?;
        let shape = self.shapes.get(&name.cloned()).copied().unwrap_or_default();
        let mut scale = Scale::new(&self.document, &operation.node, variables, types, limits);
        let complexity = scale.operation(&operation.node);
        Limit::Complexity.judge(complexity, limits.max_complexity, Some(operation.pos))?;
        let cost = Cost {
            selections: shape.selections,
            depth: shape.depth,
            root_fields: shape.fields,
            aliases: shape.aliases,
            directives: shape.directives,
            complexity,
        };
        let operation_name = name.map(|name| name.to_string());
        Ok(Admission { operation_type: operation.node.ty, operation_name, cost })
    }
}

/// The operation that a request means; clients that know only one kind of "none" send "".
fn select<'d>(
    document: &'d ExecutableDocument,
    wanted: Option<&str>,
) -> ServerResult<(Option<&'d Name>, &'d Positioned<OperationDefinition>)> {
    let mut operations = document.operations.iter();
    match (wanted.filter(|name| !name.is_empty()), &document.operations) {
        (Some(wanted), DocumentOperations::Multiple(named)) => {
            let found = named.get_key_value(wanted).ok_or_else(|| unknown(wanted))?;
            Ok((Some(found.0), found.1))
        }
        (Some(wanted), DocumentOperations::Single(_)) => Err(unknown(wanted)),
        (None, _) => match (operations.next(), operations.len()) {
            (Some(only), 0) => Ok(only),
            (Some(_), others) => {
                let message = format!(
                    "This document holds {} operations; name the one to run in operationName.",
                    others + 1
                );
                Err(request_error(Code::BadUserInput, message, &[]))
            }
            (None, _) => {
                let message = "This document holds no operation to run, only fragments.";
                Err(request_error(Code::BadUserInput, message, &[]))
            }
        },
    }
}

fn unknown(wanted: &str) -> ServerError {
    let shown: String = wanted.chars().take(MAX_NAME_SHOWN).collect();
    let message = format!("This document holds no operation named \"{shown}\".");
    request_error(Code::BadUserInput, message, &[])
}
