//! A subscription has one field at its root, and not one of introspection.

use async_graphql::{
    Name, Pos, Positioned,
    indexmap::IndexMap,
    parser::types::{
        Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
        SelectionSet,
    },
};
use async_graphql_value::Value;

use super::errors::Errors;

pub(super) fn check(
    document: &ExecutableDocument,
    name: Option<&Name>,
    operation: &Positioned<OperationDefinition>,
    errors: &mut Errors,
) {
    if operation.node.ty != OperationType::Subscription {
        return;
    }
    let who = match name {
        Some(name) => format!("Subscription \"{name}\""),
        None => "Anonymous Subscription".to_owned(),
    };
    let mut root = Root { document, fields: IndexMap::new(), undecided: None };
    root.collect(&operation.node.selection_set.node);
    if let Some((_, second)) = root.fields.get_index(1) {
        let message = format!("{who} must select only one top level field.");
        errors.report(message, &[second.pos]);
    }
    if let Some(field) = root.fields.values().find(|it| it.node.name.node.starts_with("__")) {
        let message = format!("{who} must not select an introspection top level field.");
        errors.report(message, &[field.pos]);
    }
    if let Some(pos) = root.undecided {
        let message = format!("{who} must not leave its top level field to a variable.");
        errors.report(message, &[pos]);
    }
}

/// What a subscription selects at its root.
struct Root<'d> {
    document: &'d ExecutableDocument,
    fields: IndexMap<&'d str, &'d Positioned<Field>>,
    /// A selection that a variable may leave out.
    undecided: Option<Pos>,
}

impl<'d> Root<'d> {
    fn collect(&mut self, set: &'d SelectionSet) {
        for selection in &set.items {
            let directives = selection.node.directives();
            if self.leaves_out(directives, "skip", true)
                || self.leaves_out(directives, "include", false)
            {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => {
                    let name = field.node.response_key().node.as_str();
                    self.fields.entry(name).or_insert(field);
                }
                Selection::InlineFragment(inline) => {
                    self.collect(&inline.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name) {
                        self.collect(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn leaves_out(&mut self, list: &[Positioned<Directive>], name: &str, value: bool) -> bool {
        let directive = list.iter().find(|it| it.node.name.node == name);
        match directive.and_then(|it| it.node.get_argument("if")) {
            Some(Positioned { pos, node: Value::Variable(_) }) => {
                self.undecided = Some(*pos);
                false
            }
            Some(condition) => condition.node == Value::Boolean(value),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{assert_error, assert_valid};

    #[test]
    fn one_field_at_the_root() {
        assert_valid(
            "subscription S{...F feedPostAdded{title}} fragment F on Subscription{feedPostAdded{id}}",
        );
        assert_valid("subscription{feedPostAdded{id} a:feedPostAdded@skip(if:true){id}}");
        assert_error(
            "subscription{feedPostAdded{id} ...{postChanged(postId:1){id}}}",
            "Anonymous Subscription must select only one top level field.",
        );
        assert_error(
            "subscription S{a:feedPostAdded{id} b:feedPostAdded{id}}",
            "Subscription \"S\" must select only one top level field.",
        );
        assert_error(
            "subscription S{__typename}",
            "Subscription \"S\" must not select an introspection top level field.",
        );
        assert_error(
            "subscription S($b:Boolean!){feedPostAdded@include(if:$b){id}}",
            "Subscription \"S\" must not leave its top level field to a variable.",
        );
    }
}
