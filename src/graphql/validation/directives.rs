//! Directives are known, stand where they may, and only once where they may not be repeated.

use std::collections::HashSet;

use async_graphql::{
    Positioned,
    parser::types::{Directive, DirectiveLocation},
};

use super::{
    arguments::{self, Taker},
    walk::Context,
};

pub(super) fn check<'d>(
    context: &mut Context<'d>,
    directives: &'d [Positioned<Directive>],
    location: DirectiveLocation,
) {
    let mut seen = HashSet::new();
    for Positioned { pos, node } in directives {
        let name = node.name.node.as_str();
        let types = context.types;
        let known = types.directive(name);
        let declared = known.map(|known| &known.arguments);
        arguments::check(context, Taker::Directive(name), declared, &node.arguments, *pos);
        let Some(known) = known else {
            context.errors.report(format!("Unknown directive \"@{name}\"."), &[*pos]);
            continue;
        };
        if !known.locations.contains(&location) {
            let message = format!("Directive \"@{name}\" may not be used on {}.", shown(location));
            context.errors.report(message, &[*pos]);
        }
        if !known.is_repeatable && !seen.insert(name) {
            let message =
                format!("The directive \"@{name}\" can only be used once at this location.");
            context.errors.report(message, &[*pos]);
        }
    }
}

/// The places in a request; the others are in schemas.
fn shown(location: DirectiveLocation) -> &'static str {
    match location {
        DirectiveLocation::Query => "QUERY",
        DirectiveLocation::Mutation => "MUTATION",
        DirectiveLocation::Subscription => "SUBSCRIPTION",
        DirectiveLocation::FragmentDefinition => "FRAGMENT_DEFINITION",
        DirectiveLocation::FragmentSpread => "FRAGMENT_SPREAD",
        DirectiveLocation::InlineFragment => "INLINE_FRAGMENT",
        DirectiveLocation::VariableDefinition => "VARIABLE_DEFINITION",
        _ => "FIELD",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{assert_error, assert_valid};

    #[test]
    fn directives_are_known_even_on_typename() {
        assert_valid("{me{id @skip(if:false) @include(if:true) ...@skip(if:true){id}}}");
        assert_error("{me{id @nope}}", "Unknown directive \"@nope\".");
        assert_error("{__typename @nope(a:1)}", "Unknown directive \"@nope\".");
    }

    #[test]
    fn directives_stand_where_they_may() {
        for (text, place) in [
            ("query @skip(if:true){me{id}}", "QUERY"),
            ("mutation @skip(if:true){__typename}", "MUTATION"),
            ("subscription @skip(if:true){feedPostAdded{id}}", "SUBSCRIPTION"),
            ("{...F} fragment F on Query @skip(if:true){me{id}}", "FRAGMENT_DEFINITION"),
            ("query($i:ID! @skip(if:true)){post(id:$i){id}}", "VARIABLE_DEFINITION"),
        ] {
            assert_error(text, &format!("Directive \"@skip\" may not be used on {place}."));
        }
        assert_error("{me{id @oneOf}}", "Directive \"@oneOf\" may not be used on FIELD.");
    }

    #[test]
    fn directives_are_not_repeated() {
        assert_valid("{me{id @tag(name:\"a\") @tag(name:\"b\")}}");
        assert_error(
            "{me{id @skip(if:false) @skip(if:true)}}",
            "The directive \"@skip\" can only be used once at this location.",
        );
    }
}
