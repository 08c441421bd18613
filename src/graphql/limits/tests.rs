//! Each limit exactly at the limit and one past it, and what only looks like too much.

use async_graphql::{ServerResult, Variables, value};

mod complexity;
mod operations;

use super::{Admission, Limits, admit};
use crate::graphql::sample_schema;

fn judge(text: &str, limits: &Limits) -> ServerResult<Admission> {
    judge_with(text, value!({}), limits)
}

fn judge_with(
    text: &str,
    variables: async_graphql::Value,
    limits: &Limits,
) -> ServerResult<Admission> {
    let variables = Variables::from_value(variables);
    admit(text, None, &variables, &sample_schema::types(), limits).map(|it| it.admission)
}

fn message(text: &str) -> String {
    judge(text, &Limits::default()).map_or_else(|error| error.message, |_| "admitted".to_owned())
}

/// The document of each size `n` passes a limit of `n`, one past it is refused by that name.
#[track_caller]
fn assert_limit(
    name: &str,
    limit: usize,
    set: impl Fn(&mut Limits, usize),
    document: impl Fn(usize) -> String,
) {
    let mut limits = Limits::default();
    set(&mut limits, limit);
    judge(&document(limit), &limits).unwrap();
    let error = judge(&document(limit + 1), &limits).unwrap_err();
    let extensions = error.extensions.unwrap();
    let shown = |key| extensions.get(key).cloned();
    assert_eq!(shown("code"), Some(value!("QUERY_TOO_COMPLEX")));
    assert_eq!(shown("limit"), Some(value!(name)), "{}", error.message);
    assert_eq!(shown("allowed"), Some(value!(limit)));
    assert_eq!(shown("found"), Some(value!(limit + 1)));
    assert!(error.message.contains(&(limit + 1).to_string()), "{}", error.message);
    assert!(error.message.ends_with(&format!("; the limit is {limit}.")), "{}", error.message);
}

/// `replyTo` in `replyTo`, `levels` fields in all.
fn nested(levels: usize) -> String {
    let middle = levels - 2;
    format!("{{node{{...on Comment{}{{id}}{}}}}}", "{replyTo".repeat(middle), "}".repeat(middle))
}

#[test]
fn characters_are_counted_not_bytes() {
    assert_limit(
        "characters",
        40,
        |it, n| it.max_operation_chars = n,
        |n| format!("{{me{{id}}}}#{}", "é".repeat(n - 9)),
    );
}

#[test]
fn tokens_are_counted_without_comments_and_commas() {
    assert_limit(
        "tokens",
        40,
        |it, n| it.max_tokens = n,
        |n| format!("{{me{{{}}}}} # and, so, on", "id,".repeat(n - 5)),
    );
}

#[test]
fn brackets_of_all_kinds_nest() {
    assert_limit(
        "nesting",
        9,
        |it, n| it.max_nesting = n,
        |n| {
            let lists = n - 2;
            format!("{{echo(matrix:{}{})}}", "[".repeat(lists), "]".repeat(lists))
        },
    );
    let error = judge(
        &"{a(b:[".repeat(2_400)[..14_000],
        &Limits { max_tokens: 20_000, ..Limits::default() },
    );
    assert!(error.unwrap_err().message.contains("brackets inside one another"));
}

#[test]
fn fragments_nest_too() {
    assert_limit(
        "nesting",
        20,
        |it, n| it.max_nesting = n,
        |n| {
            let mut text = String::from("{...F3}");
            for index in 3..=n {
                text += &format!("fragment F{index} on Query{{...F{}}}", index + 1);
            }
            text + &format!("fragment F{} on Query{{me{{id}}}}", n + 1).replace("{me{id}}", "{me}")
        },
    );
}

#[test]
fn depth_counts_fields_and_neither_fragments_nor_introspection() {
    assert_limit("depth", 12, |it, n| it.max_depth = n, nested);
    assert_eq!(message(&nested(13)), "This operation nests 13 levels deep; the limit is 12.");
    let of_type = format!("{}{{name}}{}", "{ofType".repeat(20), "}".repeat(20));
    assert_eq!(message(&format!("{{__schema{{types{of_type}}}}}")), "admitted");
}

#[test]
fn root_fields_are_counted_through_fragments() {
    assert_limit(
        "rootFields",
        20,
        |it, n| it.max_root_fields = n,
        |n| {
            format!(
                "{{...A ...on Query{{...A}} {}}} fragment A on Query{{me{{id}}}}",
                "me{id}".repeat(n - 2)
            )
        },
    );
    assert_eq!(judge("{me{id id id}}", &Limits::default()).unwrap().cost.root_fields, 1);
}

#[test]
fn aliases_are_counted_as_often_as_they_are_spread() {
    assert_limit(
        "aliases",
        30,
        |it, n| it.max_aliases = n,
        |n| {
            let own: String = (0..n - 20).map(|index| format!("a{index}:id ")).collect();
            format!(
                "{{me{{{own}}} node{{...A}} node{{...A}}}} fragment A on Node{{{}}}",
                "b:id ".repeat(10)
            )
        },
    );
}

#[test]
fn directives_are_counted_wherever_they_stand() {
    assert_limit(
        "directives",
        50,
        |it, n| it.max_directives = n,
        |n| {
            format!(
                "query($v:Int@a)@b{{me@c{{id}}...on Query@d{{me{{id {}}}}}...F@e}}fragment F on Query@f{{me{{id@g}}}}",
                "@h".repeat(n - 7)
            )
        },
    );
}

#[test]
fn selections_are_counted_over_all_operations() {
    assert_limit(
        "selections",
        60,
        |it, n| it.max_selections = n,
        |n| {
            let own = "id ".repeat(n - 40);
            format!("{{me{{{own}}} node{{...A ...A}} }} fragment A on Node{{{}}}", "id ".repeat(18))
        },
    );
    let limits = Limits { max_selections: 3, ..Limits::default() };
    let variables = Variables::default();
    let two = "query A{me{id}} query B{me{id}}";
    let error = admit(two, Some("A"), &variables, &sample_schema::types(), &limits).unwrap_err();
    assert!(error.message.contains("holds 4 fields"), "{}", error.message);
}

#[test]
fn introspection_has_its_own_account() {
    assert_limit(
        "introspectionLists",
        3,
        |it, n| it.max_introspection_lists = n,
        |n| {
            let lists = n - 1;
            format!(
                "{{__type(name:\"User\"){{name {}fields{{name}}{}}}}}",
                "fields{type{".repeat(lists),
                "}}".repeat(lists)
            )
        },
    );
    assert_limit(
        "introspectionCost",
        9,
        |it, n| it.max_introspection_cost = n,
        |n| format!("{{__type(name:\"A\"){{interfaces{{name}} {}}}}}", "name ".repeat(n - 6)),
    );
    let error =
        message("{__schema{types{...T}}} fragment T on __Type{fields{type{fields{args{name}}}}}");
    assert!(error.starts_with("This introspection nests 4 lists"), "{error}");
    let admission = judge(FULL_INTROSPECTION, &Limits::default()).unwrap();
    assert_eq!((admission.cost.complexity, admission.cost.depth), (1, 1));
}

/// Everything that the introspection query of the usual tools asks for, with all its options.
const FULL_INTROSPECTION: &str = "
query IntrospectionQuery { __schema {
  description queryType { name kind } mutationType { name kind } subscriptionType { name kind }
  types { ...FullType }
  directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
} }
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) {
    name description args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef } isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  } } } } } } } } }
}";
