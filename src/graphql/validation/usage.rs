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
    /// Keeps one use of a variable of those that ask the same of it, as the items of a list do:
    /// each operation that leads here judges every use.
    fn forget_repeated_variables(&mut self) {
        let mut seen = HashSet::new();
        self.variables.retain(|it| {
            let asked = it.expected.map(|expected| std::ptr::from_ref(expected.ty));
            seen.insert((it.name, asked))
        });
    }

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

/// What each definition of a document uses. Asked once an operation, so definitions are numbered:
/// a document of many operations may lead to each fragment from each of them.
#[derive(Default)]
pub(super) struct Usages<'d> {
    numbers: HashMap<Definition<'d>, usize>,
    numbered: Vec<Numbered<'d>>,
    /// Whether any definition uses a variable.
    pub has_variables: bool,
}

#[derive(Default)]
struct Numbered<'d> {
    /// `None` for a fragment that is spread and not defined.
    used: Option<(Definition<'d>, Usage<'d>)>,
    spreads: Vec<usize>,
}

impl<'d> Usages<'d> {
    pub fn insert(&mut self, definition: Definition<'d>, mut usage: Usage<'d>) {
        usage.forget_repeated_variables();
        self.has_variables |= !usage.variables.is_empty();
        let names = std::mem::take(&mut usage.spreads).into_iter();
        let spreads = names.map(|name| self.number(Definition::Fragment(name))).collect();
        let number = self.number(definition);
        self.numbered[number] = Numbered { used: Some((definition, usage)), spreads };
    }

    fn number(&mut self, definition: Definition<'d>) -> usize {
        *self.numbers.entry(definition).or_insert_with(|| {
            self.numbered.push(Numbered::default());
            self.numbered.len() - 1
        })
    }

    /// These definitions themselves and every fragment that they lead to, each once.
    pub fn reachable(
        &self,
        from: impl IntoIterator<Item = Definition<'d>>,
    ) -> Vec<(Definition<'d>, &Usage<'d>)> {
        let mut waiting: Vec<_> =
            from.into_iter().filter_map(|it| self.numbers.get(&it).copied()).collect();
        let mut seen = vec![false; self.numbered.len()];
        let mut reached = Vec::new();
        while let Some(number) = waiting.pop() {
            if std::mem::replace(&mut seen[number], true) {
                continue;
            }
            let Numbered { used, spreads } = &self.numbered[number];
            reached.extend(used.iter().map(|(definition, usage)| (*definition, usage)));
            waiting.extend(spreads);
        }
        reached
    }
}
