//! What is judged on the parsed document without knowing its variables: how large and deep it is
//! once every fragment spread is filled in.
//!
//! No spread is ever filled in for that. Each fragment is measured once and the result kept, so a
//! document in which every fragment spreads the next one twice takes as long as its text is long.

use std::collections::HashMap;

use async_graphql::{
    Positioned, ServerError, ServerResult,
    parser::types::{
        ExecutableDocument, Field, FragmentDefinition, FragmentSpread, OperationDefinition,
        Selection, SelectionSet,
    },
};

use super::{Limits, refusal::Limit};
use crate::{error::Code, graphql::syntax::request_error};

/// The measures of a selection set or of a whole operation, its fragments filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    nesting: usize,
    pub selections: usize,
    pub depth: usize,
    /// Fields of the set itself; what they select is not among them.
    pub fields: usize,
    pub aliases: usize,
    pub directives: usize,
    introspection_lists: usize,
    introspection_cost: usize,
}

impl Shape {
    /// Both beside each other in one selection set.
    fn beside(self, other: Self) -> Self {
        Self {
            nesting: self.nesting.max(other.nesting),
            selections: self.selections.saturating_add(other.selections),
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
            introspection_cost: self.introspection_cost.saturating_add(other.introspection_cost),
        }
    }

    /// The set of a fragment, as the spread or inline fragment that holds it.
    fn within_fragment(self, directives: usize) -> Self {
        Self {
            nesting: self.nesting + 1,
            selections: self.selections.saturating_add(1),
            directives: self.directives.saturating_add(directives),
            ..self
        }
    }

    /// The set of a field, as that field.
    fn within_field(self, field: &Field, introspection: bool) -> Self {
        let items = if introspection { introspection_items(&field.name.node) } else { None };
        let inner_cost = self.introspection_cost.saturating_mul(items.unwrap_or(1));
        Self {
            nesting: self.nesting + 1,
            selections: self.selections.saturating_add(1),
            depth: if introspection { 0 } else { self.depth + 1 },
            fields: 1,
            aliases: self.aliases.saturating_add(usize::from(field.alias.is_some())),
            directives: self.directives.saturating_add(field.directives.len()),
            introspection_lists: self.introspection_lists + usize::from(items.is_some()),
            introspection_cost: inner_cost.saturating_add(usize::from(introspection)),
        }
    }

    pub fn judge(
        &self,
        operation: &Positioned<OperationDefinition>,
        limits: &Limits,
    ) -> ServerResult<()> {
        for (limit, found, allowed) in [
            (Limit::Depth, self.depth, limits.max_depth),
            (Limit::RootFields, self.fields, limits.max_root_fields),
            (Limit::Aliases, self.aliases, limits.max_aliases),
            (Limit::Directives, self.directives, limits.max_directives),
            (Limit::IntrospectionLists, self.introspection_lists, limits.max_introspection_lists),
            (Limit::IntrospectionCost, self.introspection_cost, limits.max_introspection_cost),
        ] {
            limit.judge(found, allowed, Some(operation.pos))?;
        }
        Ok(())
    }
}

/// How many items a list of introspection may have, estimated for a schema of a hundred types.
fn introspection_items(field: &str) -> Option<usize> {
    match field {
        "types" => Some(100),
        "fields" => Some(8),
        "args" | "interfaces" | "possibleTypes" | "enumValues" | "inputFields" | "directives" => {
            Some(4)
        }
        _ => None,
    }
}

/// Whether what is selected below describes the schema instead of data. Names that begin with two
/// underscores belong to the language, and no data can be reached from its types.
pub(super) fn is_introspection(name: &str) -> bool {
    name.starts_with("__")
}

/// Measures the selection sets of one document.
pub(super) struct Measurer<'d> {
    document: &'d ExecutableDocument,
    max_nesting: usize,
    /// `None` while a fragment is being measured.
    fragments: HashMap<&'d str, Option<Shape>>,
}

impl<'d> Measurer<'d> {
    pub fn new(document: &'d ExecutableDocument, limits: &Limits) -> Self {
        Self { document, max_nesting: limits.max_nesting, fragments: HashMap::new() }
    }

    pub fn operation(&mut self, operation: &'d OperationDefinition) -> ServerResult<Shape> {
        let variables = operation.variable_definitions.iter();
        let directives = variables.map(|variable| variable.node.directives.len()).sum::<usize>()
            + operation.directives.len();
        let mut shape = self.set(&operation.selection_set.node, false, 0)?;
        shape.directives = shape.directives.saturating_add(directives);
        Ok(shape)
    }

    /// Measures the fragments that no operation has led to; what reads the whole document later
    /// must not meet a cycle in them either.
    pub fn remaining_fragments(&mut self) -> ServerResult<()> {
        for (name, fragment) in &self.document.fragments {
            self.fragment(name, fragment, 0)?;
        }
        Ok(())
    }

    fn set(&mut self, set: &'d SelectionSet, inside: bool, level: usize) -> ServerResult<Shape> {
        let mut total = Shape::default();
        for selection in &set.items {
            let level = level + 1;
            let shape = match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let introspection = inside || is_introspection(&field.name.node);
                    let inner = self.set(&field.selection_set.node, introspection, level)?;
                    // `__schema` itself is a field like others; the exemption begins below it.
                    let mut shape = inner.within_field(field, introspection);
                    shape.depth = shape.depth.max(usize::from(!inside));
                    shape
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    let inner = self.set(&fragment.selection_set.node, inside, level)?;
                    inner.within_fragment(fragment.directives.len())
                }
                Selection::FragmentSpread(spread) => self.spread(spread, level)?,
            };
            Limit::Nesting.judge(
                level + shape.nesting - 1,
                self.max_nesting,
                Some(selection.pos),
            )?;
            total = total.beside(shape);
        }
        Ok(total)
    }

    fn spread(
        &mut self,
        spread: &'d Positioned<FragmentSpread>,
        level: usize,
    ) -> ServerResult<Shape> {
        let name = &spread.node.fragment_name.node;
        let directives = spread.node.directives.len();
        match self.document.fragments.get(name) {
            Some(fragment) => {
                let inner =
                    self.fragment(name, fragment, level)?.ok_or_else(|| cyclic(name, spread))?;
                Ok(inner.within_fragment(directives + fragment.node.directives.len()))
            }
            // Validation will say that nobody knows it.
            None => Ok(Shape::default().within_fragment(directives)),
        }
    }

    /// `None` if the fragment is being measured already, so that it leads to itself.
    fn fragment(
        &mut self,
        name: &'d str,
        fragment: &'d Positioned<FragmentDefinition>,
        level: usize,
    ) -> ServerResult<Option<Shape>> {
        if let Some(&known) = self.fragments.get(name) {
            return Ok(known);
        }
        Limit::Nesting.judge(level, self.max_nesting, Some(fragment.pos))?;
        self.fragments.insert(name, None);
        let inside = is_introspection(&fragment.node.type_condition.node.on.node);
        let shape = self.set(&fragment.node.selection_set.node, inside, level)?;
        self.fragments.insert(name, Some(shape));
        Ok(Some(shape))
    }
}

fn cyclic(name: &str, spread: &Positioned<FragmentSpread>) -> ServerError {
    let message = format!("Cannot spread fragment \"{name}\" within itself.");
    request_error(Code::ValidationFailed, message, &[spread.pos])
}
