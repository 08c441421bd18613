//! Arguments are known, given once, given where they must be, and of the right type.

use std::collections::HashSet;

use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::Value;

use super::{literals, usage::Expected, walk::Context};
use crate::graphql::schema_types::{IndexMap, InputField};

/// Who takes the arguments.
#[derive(Clone, Copy)]
pub(super) enum Taker<'d> {
    /// A type's field.
    Field(&'d str, &'d str),
    /// A directive.
    Directive(&'d str),
}

/// `declared` is `None` if the schema does not have the taker.
pub(super) fn check<'d>(
    context: &mut Context<'d>,
    taker: Taker<'_>,
    declared: Option<&'d IndexMap<Name, InputField>>,
    given: &'d [(Positioned<Name>, Positioned<Value>)],
    pos: Pos,
) {
    let mut names = HashSet::new();
    for (name, value) in given {
        if !names.insert(name.node.as_str()) {
            let message = format!("There can be only one argument named \"{name}\".");
            context.errors.report(message, &[name.pos]);
        }
        let argument = declared.and_then(|declared| declared.get(&name.node));
        let expected = argument.map(Expected::of);
        context.usage.collect(&value.node, expected, value.pos, context.types);
        match argument {
            Some(argument) => {
                literals::check(context, &value.node, &argument.ty, value.pos);
            }
            None if declared.is_some() => {
                context.errors.report(unknown(taker, &name.node), &[name.pos]);
            }
            None => {}
        }
    }
    for (name, argument) in declared.into_iter().flatten() {
        if argument.is_required() && !names.contains(name.as_str()) {
            let taker = match taker {
                Taker::Field(_, field) => format!("Field \"{field}\""),
                Taker::Directive(directive) => format!("Directive \"@{directive}\""),
            };
            let message = format!(
                "{taker} argument \"{name}\" of type \"{}\" is required, but it was not provided.",
                argument.ty
            );
            context.errors.report(message, &[pos]);
        }
    }
}

fn unknown(taker: Taker<'_>, name: &str) -> String {
    match taker {
        Taker::Field(parent, field) => {
            format!("Unknown argument \"{name}\" on field \"{parent}.{field}\".")
        }
        Taker::Directive(directive) => {
            format!("Unknown argument \"{name}\" on directive \"@{directive}\".")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{assert_error, assert_valid};

    #[test]
    fn arguments_are_known() {
        assert_error("{post(id:1 x:2){id}}", "Unknown argument \"x\" on field \"Query.post\".");
        assert_error(
            "{me{id @skip(if:true x:2)}}",
            "Unknown argument \"x\" on directive \"@skip\".",
        );
        assert_error("{__typename(a:1)}", "Unknown argument \"a\" on field \"Query.__typename\".");
    }

    #[test]
    fn arguments_are_given_once() {
        assert_error("{post(id:1 id:1){id}}", "There can be only one argument named \"id\".");
        assert_error(
            "{me{id @skip(if:true if:true)}}",
            "There can be only one argument named \"if\".",
        );
    }

    #[test]
    fn required_arguments_are_given() {
        assert_valid("{posts{totalCount}}");
        assert_error(
            "{post{id}}",
            "Field \"post\" argument \"id\" of type \"ID!\" is required, but it was not provided.",
        );
        assert_error(
            "{me{id @include}}",
            "Directive \"@include\" argument \"if\" of type \"Boolean!\" is required, but it was not \
             provided.",
        );
        assert_error("{post(id:null){id}}", "Expected value of type \"ID!\", found null.");
    }
}
