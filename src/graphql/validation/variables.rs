//! Variables are defined once with a type of input, are used, and fit where they stand.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Positioned,
    parser::types::{BaseType, OperationDefinition, Type, VariableDefinition},
};
use async_graphql_value::ConstValue;

use super::{
    errors::Errors,
    literals,
    usage::{Definition, Expected, Usages, VariableUse},
    walk::Context,
};
use crate::graphql::schema_types::{SchemaTypes, innermost};

pub(super) fn check_unique(
    context: &mut Context<'_>,
    definitions: &[Positioned<VariableDefinition>],
) {
    let mut seen = HashSet::new();
    for definition in definitions {
        let name = &definition.node.name;
        if !seen.insert(&name.node) {
            let message = format!("There can be only one variable named \"${name}\".");
            context.errors.report(message, &[name.pos]);
        }
    }
}

pub(super) fn check_definition(
    context: &mut Context<'_>,
    definition: &Positioned<VariableDefinition>,
) {
    let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
    let type_name = innermost(&var_type.node);
    if context.types.get(type_name).is_none() {
        context.errors.report(format!("Unknown type \"{type_name}\"."), &[var_type.pos]);
    } else if context.types.composite(type_name).is_some() {
        let message = format!("Variable \"${name}\" cannot be non-input type \"{var_type}\".");
        context.errors.report(message, &[var_type.pos]);
    }
    if let Some(default) = default_value {
        let value = default.node.clone().into_value();
        literals::check(context, &value, &var_type.node, default.pos);
    }
}

/// Judges an operation with all fragments that it leads to.
pub(super) fn check(
    name: Option<&Name>,
    operation: &Positioned<OperationDefinition>,
    usages: &Usages<'_>,
    types: &SchemaTypes,
    errors: &mut Errors,
) {
    if operation.node.variable_definitions.is_empty() && !usages.has_variables {
        return;
    }
    let definitions: HashMap<&str, &Positioned<VariableDefinition>> = operation
        .node
        .variable_definitions
        .iter()
        .map(|definition| (definition.node.name.node.as_str(), definition))
        .collect();
    let mut used = HashSet::new();
    let mut undefined = HashSet::new();
    let reachable = usages.reachable([Definition::Operation(name.map(Name::as_str))]);
    for usage in reachable.iter().flat_map(|(_, usage)| &usage.variables) {
        if errors.is_full() {
            return;
        }
        let Some(definition) = definitions.get(usage.name) else {
            if undefined.insert(usage.name) {
                let by = name.map(|name| format!(" by operation \"{name}\"")).unwrap_or_default();
                let message = format!("Variable \"${}\" is not defined{by}.", usage.name);
                errors.report(message, &[usage.pos, operation.pos]);
            }
            continue;
        };
        used.insert(usage.name);
        // A type that nobody knows has been reported where it is named.
        if types.get(innermost(&definition.node.var_type.node)).is_some() {
            check_place(definition, usage, errors);
        }
    }
    for (variable, definition) in definitions {
        if !used.contains(variable) {
            let of = name.map(|name| format!(" in operation \"{name}\"")).unwrap_or_default();
            let message = format!("Variable \"${variable}\" is never used{of}.");
            errors.report(message, &[definition.pos]);
        }
    }
}

fn check_place(
    definition: &Positioned<VariableDefinition>,
    usage: &VariableUse<'_>,
    errors: &mut Errors,
) {
    let Some(expected) = usage.expected else { return };
    let name = usage.name;
    let ty = &definition.node.var_type.node;
    if !is_allowed(&definition.node, expected) {
        let message = format!(
            "Variable \"${name}\" of type \"{ty}\" used in position expecting type \"{}\".",
            expected.ty
        );
        errors.report(message, &[definition.pos, usage.pos]);
    }
    if let Some(object) = expected.one_of.filter(|_| ty.nullable) {
        let message = format!(
            "Variable \"${name}\" is of type \"{ty}\" but must be non-nullable to be used for OneOf \
             Input Object \"{object}\"."
        );
        errors.report(message, &[definition.pos, usage.pos]);
    }
}

fn is_allowed(definition: &VariableDefinition, expected: Expected<'_>) -> bool {
    let ty = &definition.var_type.node;
    if ty.nullable && !expected.ty.nullable {
        let default = definition.default_value.as_ref().map(|default| &default.node);
        let never_null = default.is_some_and(|default| *default != ConstValue::Null);
        return (never_null || expected.has_default) && fits_base(&ty.base, &expected.ty.base);
    }
    fits(ty, expected.ty)
}

/// Whether every value of the one type is a value of the other.
fn fits(ty: &Type, expected: &Type) -> bool {
    (expected.nullable || !ty.nullable) && fits_base(&ty.base, &expected.base)
}

fn fits_base(base: &BaseType, expected: &BaseType) -> bool {
    match (base, expected) {
        (BaseType::Named(name), BaseType::Named(expected)) => name == expected,
        (BaseType::List(items), BaseType::List(expected)) => fits(items, expected),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{assert_error, assert_valid};

    #[test]
    fn definitions_are_unique_and_of_input_types() {
        assert_error(
            "query($i:ID! $i:ID!){post(id:$i){id}}",
            "There can be only one variable named \"$i\".",
        );
        assert_error("query($a:[Nope]=[1]){echo(at:$a)}", "Unknown type \"Nope\".");
        assert_error(
            "query($a:[User!]){echo(at:{b:$a})}",
            "Variable \"$a\" cannot be non-input type \"[User!]\".",
        );
        assert_error(
            "query($a:Int=\"1\"){echo(int:$a)}",
            "Int cannot represent non-integer value: \"1\".",
        );
        assert_error(
            "query($a:Int!=null){echo(int:$a)}",
            "Expected value of type \"Int!\", found null.",
        );
    }

    #[test]
    fn variables_are_defined_and_used() {
        assert_error("{post(id:$i){id}}", "Variable \"$i\" is not defined.");
        assert_error(
            "query A{...F} fragment F on Query{echo(at:[{a:$i}])}",
            "Variable \"$i\" is not defined by operation \"A\".",
        );
        assert_error("query($i:ID){me{id}}", "Variable \"$i\" is never used.");
        assert_error(
            "query A($i:ID){me{id}} query B($i:ID!){post(id:$i){id}}",
            "Variable \"$i\" is never used in operation \"A\".",
        );
        assert_valid("query($b:Boolean!){me{id ...@skip(if:$b){role}}}");
    }

    #[test]
    fn variables_fit_where_they_stand() {
        assert_valid("query($i:ID!){post(id:$i){id} nodes(ids:[$i]){id}}");
        assert_valid(
            "query($i:ID=\"a\" $o:PostOrder){post(id:$i){id} posts(orderBy:$o){totalCount}}",
        );
        assert_valid("query($i:[ID!]!){nodes(ids:$i){id} echo(ids:$i)}");
        for (variable, place, message) in [
            ("$v:ID", "post(id:$v){id}", "\"ID\" used in position expecting type \"ID!\""),
            ("$v:ID=null", "post(id:$v){id}", "\"ID\" used in position expecting type \"ID!\""),
            (
                "$v:String!",
                "post(id:$v){id}",
                "\"String!\" used in position expecting type \"ID!\"",
            ),
            ("$v:ID!", "nodes(ids:$v){id}", "\"ID!\" used in position expecting type \"[ID!]!\""),
            (
                "$v:[ID]!",
                "nodes(ids:$v){id}",
                "\"[ID]!\" used in position expecting type \"[ID!]!\"",
            ),
            ("$v:ID", "nodes(ids:[$v]){id}", "\"ID\" used in position expecting type \"ID!\""),
        ] {
            assert_error(
                &format!("query({variable}){{{place}}}"),
                &format!("Variable \"$v\" of type {message}."),
            );
        }
    }

    #[test]
    fn variables_fit_inside_input_objects() {
        let create = |variable: &str, field: &str| {
            format!(
                "mutation({variable}){{createPost(input:{{title:\"a\" {field}}}){{post{{id}}}}}}"
            )
        };
        assert_valid(&create("$v:Boolean", "published:$v"));
        assert_valid(&create("$v:String!", "place:{name:$v}"));
        assert_error(
            &create("$v:String", "published:$v"),
            "Variable \"$v\" of type \"String\" used in position expecting type \"Boolean!\".",
        );
        assert_error(
            &create("$v:Int", "place:{name:\"b\" floor:$v latitude:$v}"),
            "Variable \"$v\" of type \"Int\" used in position expecting type \"Float\".",
        );
        assert_error(
            "query($v:ID){find(by:{id:$v}){id}}",
            "Variable \"$v\" is of type \"ID\" but must be non-nullable to be used for OneOf Input \
             Object \"UserBy\".",
        );
        assert_valid("query($v:ID!){find(by:{id:$v}){id}}");
        assert_valid("query($v:ID!){user(by:{id:$v}){id}}");
    }
}
