//! What is judged with the variables at hand: how many fields an operation may have to resolve.
//!
//! A field costs 1. What a connection's `edges` and `nodes` select is taken as often as the page
//! is long, and what is selected for a list that was asked for by a list (`nodes(ids:)`) as often
//! as that list is long.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        BaseType, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
        VariableDefinition,
    },
};
use async_graphql_value::{ConstValue, Value};

use super::{Limits, shape::is_introspection};
use crate::graphql::schema_types::{OutputField, SchemaTypes, innermost};

/// What a selection set costs.
#[derive(Clone, Copy, Default)]
struct Weight {
    /// What it costs in any case.
    once: usize,
    /// What each item of a page costs, if the set is selected from a connection. Kept apart since
    /// a fragment on a connection does not know how long the page is.
    per_item: usize,
}

/// Weighs one operation with one set of variables.
pub(super) struct Scale<'d> {
    document: &'d ExecutableDocument,
    definitions: &'d [Positioned<VariableDefinition>],
    variables: &'d Variables,
    types: &'d SchemaTypes,
    limits: &'d Limits,
    fragments: HashMap<&'d str, Weight>,
}

impl<'d> Scale<'d> {
    pub fn new(
        document: &'d ExecutableDocument,
        operation: &'d OperationDefinition,
        variables: &'d Variables,
        types: &'d SchemaTypes,
        limits: &'d Limits,
    ) -> Self {
        let definitions = &operation.variable_definitions;
        Self { document, definitions, variables, types, limits, fragments: HashMap::new() }
    }

    pub fn operation(&mut self, operation: &'d OperationDefinition) -> usize {
        let root = self.types.root(operation.ty).map_or("", |name| name.as_str());
        self.set(&operation.selection_set.node, root).once
    }

    /// A type that the schema does not have makes everything below it cost 1 a field, and is
    /// validation's to refuse.
    fn set(&mut self, set: &'d SelectionSet, parent: &'d str) -> Weight {
        let mut total = Weight::default();
        for selection in &set.items {
            let weight = match &selection.node {
                Selection::Field(field) => self.field(&field.node, parent),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |condition| &condition.node.on.node);
                    self.set(&fragment.node.selection_set.node, on)
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
            };
            total.once = total.once.saturating_add(weight.once);
            total.per_item = total.per_item.saturating_add(weight.per_item);
        }
        total
    }

    fn fragment(&mut self, name: &'d str) -> Weight {
        if let Some(known) = self.fragments.get(name) {
            return *known;
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Weight::default();
        };
        let fragment = &fragment.node;
        let weight = self.set(&fragment.selection_set.node, &fragment.type_condition.node.on.node);
        self.fragments.insert(name, weight);
        weight
    }

    fn field(&mut self, field: &'d Field, parent: &'d str) -> Weight {
        let name = field.name.node.as_str();
        // Introspection has an account of its own.
        if is_introspection(name) || is_introspection(parent) {
            return Weight { once: 1, per_item: 0 };
        }
        let types = self.types;
        let known = types.field(parent, name);
        let child = known.map_or("", |known| innermost(&known.ty));
        let inner = self.set(&field.selection_set.node, child);
        let below = if is_connection(child) {
            inner.once.saturating_add(inner.per_item.saturating_mul(self.page_size(field)))
        } else {
            let items = known.map_or(1, |known| self.items_asked_for(field, known));
            inner.once.saturating_mul(items)
        };
        if is_connection(parent) && matches!(name, "edges" | "nodes") {
            Weight { once: 1, per_item: below }
        } else {
            Weight { once: below.saturating_add(1), per_item: 0 }
        }
    }

    fn page_size(&self, field: &Field) -> usize {
        let sizes = ["first", "last"].into_iter().filter_map(|name| {
            let argument = self.resolve(&field.get_argument(name)?.node)?;
            let size = argument.as_u64().and_then(|size| usize::try_from(size).ok());
            // What is no size will be refused later, or is not known here: the most it can be.
            let most = self.limits.max_page_size;
            Some(size.filter(|size| (1..=most).contains(size)).unwrap_or(most))
        });
        sizes.max().unwrap_or(self.limits.default_page_size)
    }

    /// As many as the longest list that is given for a list.
    fn items_asked_for(&self, field: &Field, known: &OutputField) -> usize {
        if !matches!(known.ty.base, BaseType::List(_)) {
            return 1;
        }
        let lengths = field.arguments.iter().filter_map(|(name, value)| {
            let declared = known.arguments.get(&name.node)?;
            let takes_list = matches!(declared.ty.base, BaseType::List(_));
            takes_list.then(|| self.resolve(&value.node).map_or(0, |value| value.length()))
        });
        lengths.max().unwrap_or(1).max(1)
    }

    /// A given value, looked up if it is a variable; `None` for null and for what is not given.
    fn resolve<'v>(&'v self, value: &'v Value) -> Option<Given<'v>> {
        match value {
            Value::Null => None,
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::Null => None,
                value => Some(Given::Variable(value)),
            },
            value => Some(Given::Literal(value)),
        }
    }

    fn variable(&self, name: &Name) -> Option<&ConstValue> {
        self.variables.get(name).or_else(|| {
            let definition = self.definitions.iter().find(|it| it.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| &value.node)
        })
    }
}

/// An argument's value, wherever it was given.
enum Given<'v> {
    Literal(&'v Value),
    Variable(&'v ConstValue),
}

impl Given<'_> {
    fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Literal(Value::Number(number)) => number.as_u64(),
            Self::Variable(ConstValue::Number(number)) => number.as_u64(),
            _ => None,
        }
    }

    /// One value stands for a list of one.
    fn length(&self) -> usize {
        match self {
            Self::Literal(Value::List(items)) => items.len(),
            Self::Variable(ConstValue::List(items)) => items.len(),
            _ => 1,
        }
    }
}

fn is_connection(type_name: &str) -> bool {
    type_name.ends_with("Connection")
}
