//! Fields exist, leaves have no selection and everything else has one.

use async_graphql::{Positioned, parser::types::Field};

use super::walk::Context;
use crate::graphql::schema_types::{OutputField, innermost};

pub(super) fn check(
    context: &mut Context<'_>,
    field: &Positioned<Field>,
    parent: Option<&str>,
    known: Option<&OutputField>,
) {
    let name = &field.node.name.node;
    let Some(known) = known else {
        if let Some(parent) = parent {
            let message = format!("Cannot query field \"{name}\" on type \"{parent}\".");
            context.errors.report(message, &[field.pos]);
        }
        return;
    };
    let ty = &known.ty;
    let has_selection = !field.node.selection_set.node.items.is_empty();
    let message = match context.types.composite(innermost(ty)) {
        None if has_selection => format!(
            "Field \"{name}\" must not have a selection since type \"{ty}\" has no subfields."
        ),
        Some(_) if !has_selection => {
            format!("Field \"{name}\" of type \"{ty}\" must have a selection of subfields.")
        }
        _ => return,
    };
    context.errors.report(message, &[field.pos]);
}

#[cfg(test)]
mod tests {
    use super::super::sample::{assert_error, assert_valid};

    #[test]
    fn fields_exist_on_their_type() {
        assert_valid("{node(id:1){id __typename ...on User{username}}}");
        assert_error("{me{usrname}}", "Cannot query field \"usrname\" on type \"User\".");
        assert_error("{node(id:1){username}}", "Cannot query field \"username\" on type \"Node\".");
        assert_error(
            "{search(text:\"a\"){id}}",
            "Cannot query field \"id\" on type \"SearchResult\".",
        );
        assert_error(
            "{me{__schema{description}}}",
            "Cannot query field \"__schema\" on type \"User\".",
        );
        // Nothing more can be said about what is selected from the unknown.
        assert_error("{nope{a(b:1){c}}}", "Cannot query field \"nope\" on type \"Query\".");
    }

    #[test]
    fn only_composite_fields_have_a_selection_and_typename_is_a_leaf() {
        assert_error("{me}", "Field \"me\" of type \"User\" must have a selection of subfields.");
        assert_error(
            "{posts(first:1){nodes}}",
            "Field \"nodes\" of type \"[Post!]!\" must have a selection of subfields.",
        );
        assert_error(
            "{me{id{a}}}",
            "Field \"id\" must not have a selection since type \"ID!\" has no subfields.",
        );
        assert_error(
            "{__typename{a}}",
            "Field \"__typename\" must not have a selection since type \"String!\" has no subfields.",
        );
    }
}
