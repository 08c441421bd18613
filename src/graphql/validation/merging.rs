//! Fields with one name in the answer must be one field: the same field with the same arguments
//! wherever one object can have both, and of one shape in any case.
//!
//! Instead of comparing each field with each, those of one name are put together level by level:
//! once to compare shapes, once more apart by the objects that they can stand on. What is put
//! together is remembered by the fields it is made of, so nothing is compared twice.

use std::collections::HashSet;

use async_graphql::{
    Name, Pos, Positioned,
    indexmap::IndexMap,
    parser::types::{
        BaseType, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection,
        SelectionSet, Type,
    },
};
use async_graphql_value::Value;
use foldhash::fast::RandomState;

use super::errors::Errors;
use crate::graphql::schema_types::{NamedType, SchemaTypes, innermost};

/// Fields that are put together in one document before it is given up. Types that branch at every
/// level multiply them; what people write stays below its own number of fields, times two.
const MAX_FIELDS: usize = 20_000;

/// A field where it is selected.
#[derive(Clone, Copy)]
struct Selected<'d> {
    parent: Option<&'d str>,
    field: &'d Positioned<Field>,
    ty: Option<&'d Type>,
    /// Which of the fields that were put together one level above selects it.
    owner: Option<usize>,
}

/// A selection set to collect fields from, and what it is selected from and under.
#[derive(Clone, Copy)]
struct Source<'d> {
    parent: Option<&'d str>,
    set: &'d SelectionSet,
    owner: Option<usize>,
}

/// The fields of one level by their names in the answer.
type Level<'d> = IndexMap<&'d str, Vec<Selected<'d>>>;

/// What two fields of one name have to have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Rule {
    SameField,
    SameShape,
}

/// The fragments of a document by name, numbered.
pub(super) struct Fragments<'d>(IndexMap<&'d str, &'d FragmentDefinition, RandomState>);

impl<'d> Fragments<'d> {
    pub fn of(document: &'d ExecutableDocument) -> Self {
        let fragments = document.fragments.iter();
        Self(fragments.map(|(name, fragment)| (name.as_str(), &fragment.node)).collect())
    }

    /// The numbers of those that a selection set spreads, if it does nothing else.
    fn spread_alone(&self, set: &SelectionSet) -> Option<Vec<usize>> {
        let number = |selection: &Positioned<Selection>| match &selection.node {
            Selection::FragmentSpread(it) => self.0.get_index_of(&*it.node.fragment_name.node),
            _ => None,
        };
        set.items.iter().map(number).collect()
    }
}

/// The operations that were checked and do nothing but spread fragments, by their root and those: a
/// document may have many that are alike.
pub(super) type Spreading<'d> = HashSet<(Option<&'d str>, Vec<usize>), RandomState>;

struct Merger<'d, 'e> {
    fragments: &'e Fragments<'d>,
    types: &'d SchemaTypes,
    errors: &'e mut Errors,
    fields_left: usize,
    seen: HashSet<(Rule, Vec<*const Field>)>,
    reported: HashSet<(Pos, Pos)>,
    /// Every field that was put together with others, by its name, and its owner among them.
    owners: Vec<(&'d str, Option<usize>)>,
}

pub(super) fn check<'d>(
    fragments: &Fragments<'d>,
    operation: &'d Positioned<OperationDefinition>,
    types: &'d SchemaTypes,
    spreading: &mut Spreading<'d>,
    errors: &mut Errors,
) {
    let root = types.root(operation.node.ty).map(|name| name.as_str());
    let set = &operation.node.selection_set.node;
    if fragments.spread_alone(set).is_some_and(|spread| !spreading.insert((root, spread))) {
        return;
    }
    let mut merger = Merger {
        fragments,
        types,
        errors,
        fields_left: MAX_FIELDS,
        seen: HashSet::new(),
        reported: HashSet::new(),
        owners: Vec::new(),
    };
    let level = merger.collect([Source { parent: root, set, owner: None }]);
    merger.check_level(Rule::SameField, level.clone());
    merger.check_level(Rule::SameShape, level);
    if merger.fields_left == 0 {
        let message = "This operation selects fields of the same name on too many types inside \
                       one another to tell whether they fit together.";
        merger.errors.report(message, &[operation.pos]);
    }
}

impl<'d> Merger<'d, '_> {
    fn collect(&mut self, sources: impl IntoIterator<Item = Source<'d>>) -> Level<'d> {
        let mut level = Level::new();
        let mut spread = vec![false; self.fragments.0.len()];
        for source in sources {
            self.collect_source(source, &mut spread, &mut level);
        }
        level
    }

    fn collect_source(&mut self, source: Source<'d>, spread: &mut [bool], level: &mut Level<'d>) {
        let Source { parent, owner, .. } = source;
        for selection in &source.set.items {
            match &selection.node {
                Selection::Field(field) => {
                    self.fields_left = self.fields_left.saturating_sub(1);
                    let types = self.types;
                    // As in graphql-js, `__typename` and its like fit every shape.
                    let of_data = !field.node.name.node.starts_with("__");
                    let known = parent.filter(|_| of_data);
                    let known = known.and_then(|it| types.field(it, &field.node.name.node));
                    let ty = known.map(|known| &known.ty);
                    let name = field.node.response_key().node.as_str();
                    level.entry(name).or_default().push(Selected { parent, field, ty, owner });
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map(|condition| condition.node.on.node.as_str());
                    let set = &inline.node.selection_set.node;
                    let source = Source { parent: on.or(parent), set, owner };
                    self.collect_source(source, spread, level);
                }
                Selection::FragmentSpread(it) => {
                    let name = it.node.fragment_name.node.as_str();
                    if let Some((number, _, fragment)) = self.fragments.0.get_full(name)
                        && !std::mem::replace(&mut spread[number], true)
                    {
                        let on = fragment.type_condition.node.on.node.as_str();
                        let set = &fragment.selection_set.node;
                        self.collect_source(Source { parent: Some(on), set, owner }, spread, level);
                    }
                }
            }
        }
    }

    fn check_level(&mut self, rule: Rule, level: Level<'d>) {
        for (name, fields) in level {
            let groups = match rule {
                Rule::SameShape => vec![fields],
                Rule::SameField => self.split_by_object(fields),
            };
            for group in groups {
                if self.fields_left == 0 || self.errors.is_full() {
                    return;
                }
                self.check_group(rule, &group, name);
            }
        }
    }

    fn check_group(&mut self, rule: Rule, group: &[Selected<'d>], name: &'d str) {
        let mut key: Vec<_> = group.iter().map(|it| std::ptr::from_ref(&it.field.node)).collect();
        key.sort_unstable();
        if !self.seen.insert((rule, key)) {
            return;
        }
        let Some((first, others)) = group.split_first() else { return };
        for other in others {
            let (a, b) =
                if first.field.pos <= other.field.pos { (first, other) } else { (other, first) };
            if let Some(reason) = self.conflict(rule, a, b) {
                self.report(a, b, name, &reason);
            }
        }
        let first_owner = self.owners.len();
        self.owners.extend(group.iter().map(|it| (name, it.owner)));
        let children = group.iter().enumerate().map(|(index, it)| Source {
            parent: it.ty.map(|ty| innermost(ty).as_str()),
            set: &it.field.node.selection_set.node,
            owner: Some(first_owner + index),
        });
        let level = self.collect(children);
        self.check_level(rule, level);
    }

    /// Fields on an interface stand beside those of every object; without objects, alone.
    fn split_by_object(&self, fields: Vec<Selected<'d>>) -> Vec<Vec<Selected<'d>>> {
        let mut by_object: IndexMap<&str, Vec<Selected<'d>>> = IndexMap::new();
        let mut on_any = Vec::new();
        for field in fields {
            match field.parent {
                Some(parent) if matches!(self.types.get(parent), Some(NamedType::Object(_))) => {
                    by_object.entry(parent).or_default().push(field);
                }
                _ => on_any.push(field),
            }
        }
        if by_object.is_empty() {
            return vec![on_any];
        }
        let mut groups: Vec<_> = by_object.into_values().collect();
        for group in &mut groups {
            group.extend(&on_any);
        }
        groups
    }

    fn conflict(&self, rule: Rule, one: &Selected<'d>, other: &Selected<'d>) -> Option<String> {
        let (a, b) = (&one.field.node, &other.field.node);
        match rule {
            Rule::SameField if a.name.node != b.name.node => {
                Some(format!("\"{}\" and \"{}\" are different fields", a.name.node, b.name.node))
            }
            Rule::SameField => {
                (!same_arguments(a, b)).then(|| "they have differing arguments".to_owned())
            }
            Rule::SameShape => {
                let (a, b) = (one.ty?, other.ty?);
                (!self.same_shape(a, b))
                    .then(|| format!("they return conflicting types \"{a}\" and \"{b}\""))
            }
        }
    }

    fn same_shape(&self, a: &Type, b: &Type) -> bool {
        let same = match (&a.base, &b.base) {
            (BaseType::List(a), BaseType::List(b)) => self.same_shape(a, b),
            (BaseType::Named(a), BaseType::Named(b)) => {
                let composite = |name: &str| self.types.composite(name).is_some();
                a == b || (composite(a) && composite(b))
            }
            _ => false,
        };
        same && a.nullable == b.nullable
    }

    fn report(&mut self, one: &Selected<'d>, other: &Selected<'d>, name: &str, reason: &str) {
        if !self.reported.insert((one.field.pos, other.field.pos)) {
            return;
        }
        // Up to the fields that both are selected under.
        let mut because = format!("\"{name}\" conflict because {reason}");
        let mut owners = (one.owner, other.owner);
        while let (Some(a), Some(b)) = owners
            && a != b
        {
            let (name, above) = self.owners[a];
            because = format!("\"{name}\" conflict because subfields {because}");
            owners = (above, self.owners[b].1);
        }
        let message = format!(
            "Fields {because}. Use different aliases on the fields to fetch both if this was \
             intentional."
        );
        self.errors.report(message, &[one.field.pos, other.field.pos]);
    }
}

fn same_arguments(a: &Field, b: &Field) -> bool {
    let matches = |(name, value): &(Positioned<Name>, Positioned<Value>)| {
        b.get_argument(&name.node).is_some_and(|other| other.node == value.node)
    };
    a.arguments.len() == b.arguments.len() && a.arguments.iter().all(matches)
}

#[cfg(test)]
mod tests;
