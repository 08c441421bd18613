//! Fragments stand on types that can be selected from, are defined, are used, and can apply where
//! they are spread.

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, FragmentSpread, InlineFragment},
};

use super::{
    errors::Errors,
    usage::{Definition, Usages},
    walk::Context,
};

/// The type of a condition if it can be selected from.
pub(super) fn check_condition<'d>(
    context: &mut Context<'d>,
    fragment: Option<&Name>,
    condition: &'d Positioned<Name>,
) -> Option<&'d str> {
    let on = condition.node.as_str();
    let message = match (context.types.get(on), fragment) {
        (None, _) => format!("Unknown type \"{on}\"."),
        (Some(_), _) if context.types.composite(on).is_some() => return Some(on),
        (Some(_), Some(fragment)) => {
            format!("Fragment \"{fragment}\" cannot condition on non composite type \"{on}\".")
        }
        (Some(_), None) => format!("Fragment cannot condition on non composite type \"{on}\"."),
    };
    context.errors.report(message, &[condition.pos]);
    None
}

/// The type that an inline fragment selects from.
pub(super) fn check_inline<'d>(
    context: &mut Context<'d>,
    inline: &'d Positioned<InlineFragment>,
    parent: Option<&'d str>,
) -> Option<&'d str> {
    let Some(condition) = &inline.node.type_condition else { return parent };
    let on = check_condition(context, None, &condition.node.on)?;
    if let Some(parent) = parent.filter(|parent| !context.types.overlap(parent, on)) {
        let message = format!(
            "Fragment cannot be spread here as objects of type \"{parent}\" can never be of type \
             \"{on}\"."
        );
        context.errors.report(message, &[inline.pos]);
    }
    Some(on)
}

pub(super) fn check_spread(
    context: &mut Context<'_>,
    spread: &Positioned<FragmentSpread>,
    parent: Option<&str>,
) {
    let name = &spread.node.fragment_name;
    let Some(fragment) = context.document.fragments.get(&name.node) else {
        context.errors.report(format!("Unknown fragment \"{}\".", name.node), &[name.pos]);
        return;
    };
    let on = fragment.node.type_condition.node.on.node.as_str();
    let Some(parent) = parent.filter(|_| context.types.composite(on).is_some()) else { return };
    if !context.types.overlap(parent, on) {
        let message = format!(
            "Fragment \"{}\" cannot be spread here as objects of type \"{parent}\" can never be of \
             type \"{on}\".",
            name.node
        );
        context.errors.report(message, &[spread.pos]);
    }
}

pub(super) fn check_all_used(
    document: &ExecutableDocument,
    usages: &Usages<'_>,
    errors: &mut Errors,
) {
    let operations = document.operations.iter();
    let operations = operations.map(|(name, _)| Definition::Operation(name.map(Name::as_str)));
    let reachable = usages.reachable(operations).into_iter();
    let used: HashSet<_> = reachable.map(|(definition, _)| definition).collect();
    for (name, fragment) in &document.fragments {
        if !used.contains(&Definition::Fragment(name)) {
            errors.report(format!("Fragment \"{name}\" is never used."), &[fragment.pos]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{assert_error, assert_valid};

    #[test]
    fn conditions_are_composite_types() {
        assert_valid("{...on Query{me{...on Node{id}}} ...{me{id}}}");
        assert_error("{...on Nope{a}}", "Unknown type \"Nope\".");
        assert_error("{...F} fragment F on Nope{a}", "Unknown type \"Nope\".");
        assert_error(
            "{me{...on Role{a}}}",
            "Fragment cannot condition on non composite type \"Role\".",
        );
        assert_error(
            "{...F} fragment F on UserBy{id}",
            "Fragment \"F\" cannot condition on non composite type \"UserBy\".",
        );
    }

    #[test]
    fn spreads_can_apply_where_they_stand() {
        assert_valid("{search(text:\"a\"){...on Node{id} ...on User{id}}}");
        assert_error(
            "{me{...on Post{id}}}",
            "Fragment cannot be spread here as objects of type \"User\" can never be of type \"Post\".",
        );
        assert_error(
            "{me{...F}} fragment F on Post{id}",
            "Fragment \"F\" cannot be spread here as objects of type \"User\" can never be of type \
             \"Post\".",
        );
        assert_error(
            "{search(text:\"a\"){...on Comment{id}}}",
            "Fragment cannot be spread here as objects of type \"SearchResult\" can never be of type \
             \"Comment\".",
        );
    }

    #[test]
    fn fragments_are_defined_and_used() {
        assert_error("{...F}", "Unknown fragment \"F\".");
        assert_error("{me{id}} fragment F on User{id}", "Fragment \"F\" is never used.");
        assert_valid(
            "query A{...F} query B{me{id}} fragment F on Query{...G} fragment G on Query{me{id}}",
        );
    }
}
