//! Values written into a document are of the type that their place asks for.

use async_graphql::{
    Name, Number, Pos,
    indexmap::IndexMap,
    parser::types::{BaseType, Type},
};
use async_graphql_value::Value;

use super::walk::Context;
use crate::graphql::schema_types::{InputObject, NamedType};

/// What an error message shows of a value.
const MAX_SHOWN: usize = 60;

/// Variables are left out: what they may stand for is judged with their definitions.
pub(super) fn check(context: &mut Context<'_>, value: &Value, ty: &Type, pos: Pos) {
    match (value, &ty.base) {
        (Value::Variable(_), _) => {}
        (Value::Null, _) if ty.nullable => {}
        (Value::Null, _) => {
            let message = format!("Expected value of type \"{ty}\", found null.");
            context.errors.report(message, &[pos]);
        }
        (Value::List(items), BaseType::List(item_type)) => {
            for item in items {
                check(context, item, item_type, pos);
            }
        }
        // One value stands for a list of one.
        (_, BaseType::List(item_type)) => check(context, value, item_type, pos),
        (_, BaseType::Named(name)) => check_named(context, value, name, pos),
    }
}

fn check_named(context: &mut Context<'_>, value: &Value, name: &str, pos: Pos) {
    let types = context.types;
    let problem = match (types.get(name), value) {
        (Some(NamedType::Scalar), _) => scalar_problem(name, value),
        (Some(NamedType::Enum(values)), Value::Enum(value)) => (!values.contains(value))
            .then(|| format!("Value \"{value}\" does not exist in \"{name}\" enum.")),
        (Some(NamedType::Enum(_)), _) => {
            Some(format!("Enum \"{name}\" cannot represent non-enum value: {}.", shown(value)))
        }
        (Some(NamedType::Input(object)), Value::Object(fields)) => {
            check_object(context, fields, object, name, pos);
            None
        }
        (Some(NamedType::Input(_)), _) => {
            Some(format!("Expected value of type \"{name}\", found {}.", shown(value)))
        }
        // An output type or none at all: said where it was named.
        _ => None,
    };
    if let Some(problem) = problem {
        context.errors.report(problem, &[pos]);
    }
}

fn check_object(
    context: &mut Context<'_>,
    given: &IndexMap<Name, Value>,
    object: &InputObject,
    type_name: &str,
    pos: Pos,
) {
    for (name, value) in given {
        match object.fields.get(name) {
            Some(field) => check(context, value, &field.ty, pos),
            None => {
                let message = format!("Field \"{name}\" is not defined by type \"{type_name}\".");
                context.errors.report(message, &[pos]);
            }
        }
    }
    for (name, field) in &object.fields {
        if field.is_required() && !given.contains_key(name) {
            let message = format!(
                "Field \"{type_name}.{name}\" of required type \"{}\" was not provided.",
                field.ty
            );
            context.errors.report(message, &[pos]);
        }
    }
    if object.one_of {
        let message = match given.iter().next() {
            Some((name, Value::Null)) if given.len() == 1 => {
                format!("Field \"{type_name}.{name}\" must be non-null.")
            }
            Some(_) if given.len() == 1 => return,
            _ => format!("OneOf Input Object \"{type_name}\" must specify exactly one key."),
        };
        context.errors.report(message, &[pos]);
    }
}

/// A scalar of the schema's own takes any literal here; its code judges it later.
fn scalar_problem(name: &str, value: &Value) -> Option<String> {
    let problem = match (name, value) {
        ("Int", Value::Number(number)) => match number.as_i64().map(i32::try_from) {
            Some(Ok(_)) => return None,
            _ if number.is_f64() => "Int cannot represent non-integer value",
            _ => "Int cannot represent non 32-bit signed integer value",
        },
        ("Int", _) => "Int cannot represent non-integer value",
        ("Float", Value::Number(_)) => return None,
        ("Float", _) => "Float cannot represent non numeric value",
        ("String", Value::String(_)) => return None,
        ("String", _) => "String cannot represent a non string value",
        ("Boolean", Value::Boolean(_)) => return None,
        ("Boolean", _) => "Boolean cannot represent a non boolean value",
        ("ID", Value::String(_)) => return None,
        ("ID", Value::Number(number)) if is_integer(number) => return None,
        ("ID", _) => "ID cannot represent a non-string and non-integer value",
        _ => return None,
    };
    Some(format!("{problem}: {}.", shown(value)))
}

/// An integer past 64 bits has been kept as a fraction, which is too large to have one.
fn is_integer(number: &Number) -> bool {
    const BITS_64: f64 = 18_446_744_073_709_551_616.0;
    !number.is_f64() || number.as_f64().is_some_and(|number| number.abs() >= BITS_64)
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    let mut shown: String = text.chars().take(MAX_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::sample::{assert_error, assert_valid};

    #[test]
    fn scalars_take_their_own_literals() {
        assert_valid("{echo(int:-2147483648 float:1 string:\"\" boolean:true id:1 at:{any:[1]})}");
        assert_valid("{echo(id:99999999999999999999 ids:[-99999999999999999999])}");
        assert_valid("{echo(int:null float:1.5e3 id:\"a\" ids:1 matrix:[[1 null] null 2])}");
        for (argument, message) in [
            ("int:2147483648", "Int cannot represent non 32-bit signed integer value: 2147483648."),
            (
                "int:18446744073709551616",
                "Int cannot represent non-integer value: 1.8446744073709552e+19.",
            ),
            ("int:1.0", "Int cannot represent non-integer value: 1.0."),
            ("int:\"1\"", "Int cannot represent non-integer value: \"1\"."),
            ("matrix:[[1 A]]", "Int cannot represent non-integer value: A."),
            ("float:\"1\"", "Float cannot represent non numeric value: \"1\"."),
            ("string:1", "String cannot represent a non string value: 1."),
            ("boolean:1", "Boolean cannot represent a non boolean value: 1."),
            ("id:1.5", "ID cannot represent a non-string and non-integer value: 1.5."),
            ("ids:[null]", "Expected value of type \"ID!\", found null."),
        ] {
            assert_error(&format!("{{echo({argument})}}"), message);
        }
    }

    #[test]
    fn enums_take_names_only() {
        assert_valid("{posts(orderBy:TOP){totalCount}}");
        assert_error(
            "{posts(orderBy:\"TOP\"){totalCount}}",
            "Enum \"PostOrder\" cannot represent non-enum value: \"TOP\".",
        );
        assert_error(
            "{posts(orderBy:BEST){totalCount}}",
            "Value \"BEST\" does not exist in \"PostOrder\" enum.",
        );
    }

    fn create(input: &str) -> String {
        format!("mutation{{createPost(input:{input}){{post{{id}}}}}}")
    }

    #[test]
    fn input_objects_have_their_fields_and_no_others() {
        assert_valid(&create("{title:\"a\" content:null place:{name:\"b\"} tags:\"c\"}"));
        assert_error(
            &create("{}"),
            "Field \"CreatePostInput.title\" of required type \"String!\" was not provided.",
        );
        assert_error(
            &create("{title:\"a\" titel:1}"),
            "Field \"titel\" is not defined by type \"CreatePostInput\".",
        );
        assert_error(
            &create("{title:\"a\" place:{name:\"b\" floor:1.5}}"),
            "Int cannot represent non-integer value: 1.5.",
        );
        assert_error(&create("7"), "Expected value of type \"CreatePostInput\", found 7.");
        assert_error(&create("[]"), "Expected value of type \"CreatePostInput\", found [].");
        let long = format!("\"{}\"", "x".repeat(200));
        let shown =
            format!("Expected value of type \"CreatePostInput\", found \"{}….", "x".repeat(59));
        assert_error(&create(&long), &shown);
    }

    #[test]
    fn one_of_takes_exactly_one_value() {
        assert_valid("{user(by:{id:1}){id}}");
        let message = "OneOf Input Object \"UserBy\" must specify exactly one key.";
        assert_error("{user(by:{}){id}}", message);
        assert_error("{user(by:{id:1 username:\"a\"}){id}}", message);
        assert_error("{user(by:{id:null}){id}}", "Field \"UserBy.id\" must be non-null.");
    }
}
