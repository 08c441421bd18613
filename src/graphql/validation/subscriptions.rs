//! A subscription has one field at its root, and not one of introspection.

use async_graphql::{
    Name, Positioned,
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
    let mut fields = IndexMap::new();
    collect(document, &operation.node.selection_set.node, &mut fields);
    if let Some((_, second)) = fields.get_index(1) {
        let message = format!("{who} must select only one top level field.");
        errors.report(message, &[second.pos]);
    }
    if let Some(field) = fields.values().find(|field| field.node.name.node.starts_with("__")) {
        let message = format!("{who} must not select an introspection top level field.");
        errors.report(message, &[field.pos]);
    }
}

fn collect<'d>(
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
    fields: &mut IndexMap<&'d str, &'d Positioned<Field>>,
) {
    for selection in set.items.iter().filter(|it| !is_left_out(it.node.directives())) {
        match &selection.node {
            Selection::Field(field) => {
                fields.entry(field.node.response_key().node.as_str()).or_insert(field);
            }
            Selection::InlineFragment(inline) => {
                collect(document, &inline.node.selection_set.node, fields);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(document, &fragment.node.selection_set.node, fields);
                }
            }
        }
    }
}

/// Whether it is skipped whatever the variables are.
fn is_left_out(directives: &[Positioned<Directive>]) -> bool {
    directives.iter().any(|directive| {
        let leaves_out = match directive.node.name.node.as_str() {
            "skip" => true,
            "include" => false,
            _ => return false,
        };
        let condition = directive.node.get_argument("if");
        condition.is_some_and(|condition| condition.node == Value::Boolean(leaves_out))
    })
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
    }
}
