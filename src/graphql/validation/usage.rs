//! Which variables and fragments each definition uses, for the rules that look across definitions.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Pos,
    parser::types::{BaseType, Type},
};
use async_graphql_value::Value;

use crate::graphql::schema_types::{InputField, NamedType, SchemaTypes, innermost};

/// A definition: an operation or a fragment, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Definition<'d> {
    Operation(Option<&'d str>),
    Fragment(&'d str),
}

/// A variable where it stands in for a value.
#[derive(Clone, Copy)]
pub(super) struct VariableUse<'d> {
    pub name: &'d str,
    pub pos: Pos,
    /// `None` where the schema has no such argument or field, or leaves the value to a scalar.
    pub expected: Option<Expected<'d>>,
}

/// What the place of a variable asks for.
#[derive(Clone, Copy)]
pub(super) struct Expected<'d> {
    pub ty: &'d Type,
    /// Whether the place has a value of its own when none comes.
    pub has_default: bool,
    /// The input object of which this is the one field that must have a value.
    pub one_of: Option<&'d str>,
}

impl<'d> Expected<'d> {
    pub fn of(field: &'d InputField) -> Self {
        Self { ty: &field.ty, has_default: field.has_default, one_of: None }
    }
}

/// What one definition uses itself.
#[derive(Default)]
pub(super) struct Usage<'d> {
    pub variables: Vec<VariableUse<'d>>,
    pub spreads: Vec<&'d str>,
}

impl<'d> Usage<'d> {
    /// Notes the variables in a value.
    pub fn collect(
        &mut self,
        value: &'d Value,
        expected: Option<Expected<'d>>,
        pos: Pos,
        types: &'d SchemaTypes,
    ) {
        match value {
            Value::Variable(name) => self.variables.push(VariableUse { name, pos, expected }),
            Value::List(items) => {
                let expected = expected.and_then(|expected| match &expected.ty.base {
                    BaseType::List(ty) => Some(Expected { ty, has_default: false, one_of: None }),
                    BaseType::Named(_) => None,
                });
                for item in items {
                    self.collect(item, expected, pos, types);
                }
            }
            Value::Object(fields) => {
                // One object may stand for a list of one.
                let object =
                    expected.and_then(|expected| match types.get(innermost(expected.ty)) {
                        Some(NamedType::Input(object)) => Some((expected.ty, object)),
                        _ => None,
                    });
                for (name, value) in fields {
                    let expected = object.and_then(|(place, object)| {
                        let one_of = object.one_of.then(|| nullable_name(place)).flatten();
                        Some(Expected { one_of, ..Expected::of(object.fields.get(name)?) })
                    });
                    self.collect(value, expected, pos, types);
                }
            }
            _ => {}
        }
    }
}

/// The name of a type that is neither a list nor required. Of objects in such places alone does
/// graphql-js demand that a variable for their only field can't be null; elsewhere the request
/// fails when it is.
fn nullable_name(ty: &Type) -> Option<&str> {
    match &ty.base {
        BaseType::Named(name) if ty.nullable => Some(name),
        _ => None,
    }
}

/// What each definition of a document uses.
#[derive(Default)]
pub(super) struct Usages<'d> {
    by_definition: HashMap<Definition<'d>, Usage<'d>>,
}

impl<'d> Usages<'d> {
    pub fn insert(&mut self, definition: Definition<'d>, usage: Usage<'d>) {
        self.by_definition.insert(definition, usage);
    }

    /// The definition itself and every fragment that it leads to, each once.
    pub fn reachable(&self, from: Definition<'d>) -> Vec<(Definition<'d>, &Usage<'d>)> {
        let mut seen = HashSet::from([from]);
        let mut waiting = vec![from];
        let mut reached = Vec::new();
        while let Some(definition) = waiting.pop() {
            let Some(usage) = self.by_definition.get(&definition) else { continue };
            reached.push((definition, usage));
            let spreads = usage.spreads.iter().map(|name| Definition::Fragment(name));
            waiting.extend(spreads.filter(|fragment| seen.insert(*fragment)));
        }
        reached
    }
}
