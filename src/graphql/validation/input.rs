//! Whether the variables that came with a request are of the types that its operation declares.
//!
//! This is the part of validation that no cached document answers. Messages name the place and
//! never the value, which may be a password.

use async_graphql::{
    Name, ServerError, Value, Variables,
    indexmap::IndexMap,
    parser::types::{BaseType, OperationDefinition, Type},
};

use crate::{
    error::Code,
    graphql::{
        schema_types::{InputObject, NamedType, SchemaTypes},
        syntax::request_error,
    },
};

/// As many problems as are worth reading.
const MAX_PROBLEMS: usize = 50;

/// Judges the variables of one request to run `operation`; uploads must stand in their places.
pub fn check_variables(
    operation: &OperationDefinition,
    variables: &Variables,
    types: &SchemaTypes,
) -> Result<(), Vec<ServerError>> {
    let mut errors = Vec::new();
    for definition in &operation.variable_definitions {
        let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
        let mut problems = Vec::new();
        match variables.get(name) {
            None if ty.nullable || definition.node.default_value.is_some() => {}
            None => problems.push(format!("of required type \"{ty}\" was not provided.")),
            Some(Value::Null) if !ty.nullable => {
                problems.push(format!("of non-null type \"{ty}\" must not be null."));
            }
            Some(value) => {
                let mut coercion = Coercion { types, path: vec![name.to_string()], problems };
                coercion.value(value, ty);
                problems = coercion.problems;
            }
        }
        errors.extend(problems.into_iter().map(|problem| {
            let message = format!("Variable \"${name}\" {problem}");
            request_error(Code::BadUserInput, message, &[definition.pos])
        }));
    }
    errors.truncate(MAX_PROBLEMS);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

struct Coercion<'t> {
    types: &'t SchemaTypes,
    path: Vec<String>,
    problems: Vec<String>,
}

impl Coercion<'_> {
    fn report(&mut self, problem: &str) {
        let place = self.path.join(".");
        self.problems.push(format!("got an invalid value at \"{place}\": {problem}"));
    }

    fn at(&mut self, step: String, check: impl FnOnce(&mut Self)) {
        if self.problems.len() < MAX_PROBLEMS {
            self.path.push(step);
            check(self);
            self.path.pop();
        }
    }

    fn value(&mut self, value: &Value, ty: &Type) {
        match (value, &ty.base) {
            (Value::Null, _) if ty.nullable => {}
            (Value::Null, _) => self.report(&format!("\"{ty}\" must not be null.")),
            (Value::List(items), BaseType::List(item_type)) => {
                for (index, item) in items.iter().enumerate() {
                    self.at(index.to_string(), |it| it.value(item, item_type));
                }
            }
            (_, BaseType::List(item_type)) => self.value(value, item_type),
            (_, BaseType::Named(name)) => self.named(value, name),
        }
    }

    fn named(&mut self, value: &Value, name: &str) {
        match (self.types.get(name), value) {
            (Some(NamedType::Scalar), _) => {
                if let Some(problem) = scalar_problem(name, value) {
                    self.report(problem);
                }
            }
            (Some(NamedType::Enum(values)), Value::String(given))
                if values.contains(given.as_str()) => {}
            (Some(NamedType::Enum(_)), Value::String(_)) => {
                self.report(&format!("It is not one of the values of \"{name}\"."));
            }
            (Some(NamedType::Enum(_)), _) => {
                self.report(&format!("A value of \"{name}\" is given as a string."));
            }
            (Some(NamedType::Input(object)), Value::Object(fields)) => {
                self.object(fields, object, name);
            }
            (Some(NamedType::Input(_)), _) => {
                self.report(&format!("Expected type \"{name}\" to be an object."));
            }
            // Validation does not let a variable have any other type.
            _ => {}
        }
    }

    fn object(&mut self, given: &IndexMap<Name, Value>, object: &InputObject, type_name: &str) {
        for (name, value) in given {
            match object.fields.get(name) {
                Some(field) => self.at(name.to_string(), |it| it.value(value, &field.ty)),
                None => {
                    let name: String = name.chars().take(100).collect();
                    self.report(&format!(
                        "Field \"{name}\" is not defined by type \"{type_name}\"."
                    ));
                    return;
                }
            }
        }
        for (name, field) in &object.fields {
            if field.is_required() && !given.contains_key(name) {
                let ty = &field.ty;
                self.report(&format!(
                    "Field \"{name}\" of required type \"{ty}\" was not provided."
                ));
            }
        }
        if object.one_of && (given.len() != 1 || given.values().any(|it| *it == Value::Null)) {
            self.report(&format!(
                "Exactly one key of \"{type_name}\" must be given, and not null."
            ));
        }
    }
}

fn scalar_problem(name: &str, value: &Value) -> Option<&'static str> {
    match (name, value) {
        ("Int", Value::Number(number)) => match number.as_i64().map(i32::try_from) {
            Some(Ok(_)) => None,
            _ if number.is_f64() => Some("Int cannot represent non-integer value."),
            _ => Some("Int cannot represent non 32-bit signed integer value."),
        },
        ("Int", _) => Some("Int cannot represent non-integer value."),
        ("Float", Value::Number(_)) | ("String" | "ID", Value::String(_)) => None,
        ("Boolean", Value::Boolean(_)) | ("Upload", Value::Binary(_)) => None,
        ("ID", Value::Number(number)) if !number.is_f64() => None,
        ("Float", _) => Some("Float cannot represent non numeric value."),
        ("String", _) => Some("String cannot represent a non string value."),
        ("Boolean", _) => Some("Boolean cannot represent a non boolean value."),
        ("ID", _) => Some("ID cannot represent a non-string and non-integer value."),
        ("Upload", _) => {
            Some("Upload stands for a file that is sent along in a multipart request.")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Value, Variables, value};

    use super::check_variables;
    use crate::graphql::{limits, sample_schema};

    fn messages(definitions: &str, variables: Value) -> Vec<String> {
        let text = format!("query({definitions}){{me{{id}}}}");
        let checked = limits::check(&text, &limits::Limits::default()).unwrap();
        let (_, operation) = checked.document().operations.iter().next().unwrap();
        let variables = Variables::from_value(variables);
        match check_variables(&operation.node, &variables, &sample_schema::types()) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.message).collect(),
        }
    }

    #[test]
    fn right_values_are_taken() {
        assert!(
            messages("$a:Int=1 $b:Int $c:[ID!]! $d:Float", value!({"c": 7, "d": 1})).is_empty()
        );
        let input =
            value!({"title": "a", "place": {"name": "b", "floor": null}, "visibility": "PRIVATE"});
        assert!(messages("$i:CreatePostInput!", value!({"i": input, "unknown": 1})).is_empty());
        assert!(messages("$at:DateTime", value!({"at": {"any": ["thing"]}})).is_empty());
        assert!(messages("$by:UserBy!", value!({"by": {"id": 1}})).is_empty());
    }

    #[test]
    fn wrong_values_are_named_by_their_place_without_showing_them() {
        let cases = [
            ("Int!", value!(null), "of non-null type \"Int!\" must not be null."),
            (
                "Int",
                value!(2147483648_i64),
                "got an invalid value at \"v\": Int cannot represent non 32-bit signed integer value.",
            ),
            (
                "Int",
                value!("secret"),
                "got an invalid value at \"v\": Int cannot represent non-integer value.",
            ),
            (
                "[[Int]]",
                value!([[1, 1.5]]),
                "got an invalid value at \"v.0.1\": Int cannot represent non-integer value.",
            ),
            ("[ID!]", value!([null]), "got an invalid value at \"v.0\": \"ID!\" must not be null."),
            (
                "String",
                value!(1),
                "got an invalid value at \"v\": String cannot represent a non string value.",
            ),
            (
                "PostOrder",
                value!("BEST"),
                "got an invalid value at \"v\": It is not one of the values of \"PostOrder\".",
            ),
            (
                "PlaceInput",
                value!("secret"),
                "got an invalid value at \"v\": Expected type \"PlaceInput\" to be an object.",
            ),
            (
                "PlaceInput",
                value!({}),
                "got an invalid value at \"v\": Field \"name\" of required type \"String!\" was not provided.",
            ),
            (
                "PlaceInput",
                value!({"name": "a", "x": 1}),
                "got an invalid value at \"v\": Field \"x\" is not defined by type \"PlaceInput\".",
            ),
            (
                "CreatePostInput",
                value!({"title": "a", "place": {"name": true}}),
                "got an invalid value at \"v.place.name\": String cannot represent a non string value.",
            ),
            (
                "UserBy",
                value!({"id": null}),
                "got an invalid value at \"v\": Exactly one key of \"UserBy\" must be given, and not null.",
            ),
        ];
        for (ty, given, message) in cases {
            let found = messages(&format!("$v:{ty}"), value!({"v": given}));
            assert_eq!(found, [format!("Variable \"$v\" {message}")]);
        }
        assert_eq!(
            messages("$v:Int!", value!({})),
            ["Variable \"$v\" of required type \"Int!\" was not provided."]
        );
    }

    #[test]
    fn a_flood_of_problems_is_cut_short() {
        let many = value!({"v": vec!["a"; 10_000]});
        assert_eq!(messages("$v:[Int]", many).len(), 50);
    }
}
