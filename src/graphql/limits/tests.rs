//! Each limit exactly at the limit and one past it, and what only looks like too much.

use async_graphql::{ServerResult, Variables, value};

use super::{Admission, Limits, admit, check};
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

#[test]
fn complexity_counts_fields() {
    assert_limit(
        "complexity",
        7,
        |it, n| it.max_complexity = n,
        |n| format!("{{me{{...U {}}}}} fragment U on User{{role username}}", "id ".repeat(n - 3)),
    );
}

#[track_caller]
fn assert_complexity(text: &str, variables: async_graphql::Value, expected: usize) {
    let limits = Limits { max_complexity: usize::MAX, ..Limits::default() };
    assert_eq!(judge_with(text, variables, &limits).unwrap().cost.complexity, expected, "{text}");
}

#[test]
fn pages_multiply_what_is_selected_for_their_items() {
    for (arguments, size) in [
        ("", 20),
        ("(first:7)", 7),
        ("(last:8)", 8),
        ("(first:3 last:8)", 8),
        ("(first:null)", 20),
        ("(first:101)", 100),
        ("(first:0)", 100),
        ("(first:-1)", 100),
        ("(first:99999999999999999999)", 100),
        ("(first:\"9\")", 100),
        ("(first:$given)", 5),
        ("(first:$default)", 6),
        ("(first:$absent)", 20),
        ("(first:$text)", 100),
    ] {
        let text = format!(
            "query($given:Int $default:Int=6 $absent:Int $text:Int){{
               posts{arguments}{{edges{{cursor node{{id title}}}} nodes{{id}} pageInfo{{hasNextPage}} totalCount}} }}"
        );
        let variables = value!({"given": 5, "text": "9"});
        // posts, edges, nodes, pageInfo, hasNextPage, totalCount; cursor, node, id, title, id.
        assert_complexity(&text, variables, 6 + 5 * size);
    }
}

#[test]
fn pages_multiply_through_fragments_and_in_one_another() {
    let spread =
        "{posts(first:10){...P}} fragment P on PostConnection{...on PostConnection{nodes{...N}}}
                  fragment N on Node{...on Post{comments(last:4){nodes{id}}}}";
    assert_complexity(spread, value!({}), 2 + 10 * (2 + 4));
    let error = message("{posts(first:100){nodes{comments(first:100){nodes{id}}}}}");
    assert_eq!(
        error,
        "This operation would resolve up to 10202 fields, the size of its pages multiplied in; \
         the limit is 5000."
    );
}

#[test]
fn ids_multiply_what_is_selected_for_each() {
    assert_complexity("{nodes(ids:[\"a\" \"b\" \"c\"]){id __typename}}", value!({}), 1 + 3 * 2);
    assert_complexity("query($i:[ID!]!){nodes(ids:$i){id}}", value!({"i": ["a", "b"]}), 1 + 2);
    assert_complexity("query($i:[ID!]!){nodes(ids:$i){id}}", value!({"i": "a"}), 1 + 1);
    assert_complexity("query($i:[ID!]!){nodes(ids:$i){id}}", value!({}), 1 + 1);
    assert_complexity("{echo(ids:[1 2 3])}", value!({}), 1);
    let text = "query($i:[ID!]!){nodes(ids:$i){...on Post{comments(first:100){nodes{id}}}}}";
    let ids = value!({"i": vec!["a"; 100]});
    assert!(judge_with(text, ids, &Limits::default()).is_err());
}

#[test]
fn what_the_schema_does_not_have_costs_little_and_is_left_to_validation() {
    assert_complexity("{nope(first:100){nodes{id}} ...Gone posts{nope{id}}}", value!({}), 6);
}

#[test]
fn a_checked_document_judges_other_variables_again() {
    let types = sample_schema::types();
    let limits = Limits::default();
    let text = "query A($n:Int){posts(first:$n){nodes{comments(first:$n){nodes{id}}}}}";
    let checked = check(text, &limits).unwrap();
    let admit = |n: i32| {
        checked.admit(Some("A"), &Variables::from_value(value!({"n": n})), &types, &limits)
    };
    assert_eq!(admit(10).unwrap().cost.complexity, 2 + 10 * (2 + 10));
    assert!(admit(100).is_err());
    assert_eq!(admit(10).unwrap().operation_name.as_deref(), Some("A"));
}

#[test]
fn cycles_are_named_and_never_followed() {
    for text in [
        "{...A} fragment A on Query{...A}",
        "{...A} fragment A on Query{...B ...B} fragment B on Query{me{id}...A ...A}",
        "{me{id}} fragment A on User{posts{...B}} fragment B on PostConnection{nodes{owner{...A}}}",
    ] {
        let error = judge(text, &Limits::default()).unwrap_err();
        assert!(error.message.starts_with("Cannot spread fragment"), "{}", error.message);
        let code = error.extensions.unwrap().get("code").cloned();
        assert_eq!(code, Some(value!("GRAPHQL_VALIDATION_FAILED")));
    }
}

#[test]
fn the_operation_to_run_must_be_clear() {
    let types = sample_schema::types();
    let run = |text: &str, name: Option<&str>| {
        admit(text, name, &Variables::default(), &types, &Limits::default())
            .map(|it| it.admission.operation_name)
            .map_err(|error| error.message)
    };
    let two = "query A{me{id}} mutation B{createPost{post{id}}}";
    assert_eq!(run(two, Some("B")), Ok(Some("B".to_owned())));
    assert_eq!(run("query A{me{id}}", None), Ok(Some("A".to_owned())));
    assert_eq!(run("{me{id}}", Some("")), Ok(None));
    for (text, name, expected) in [
        (two, None, "This document holds 2 operations; name the one to run in operationName."),
        (two, Some("C"), "This document holds no operation named \"C\"."),
        ("{me{id}}", Some("A"), "This document holds no operation named \"A\"."),
        ("fragment A on B{c}", None, "This document holds no operation to run, only fragments."),
    ] {
        assert_eq!(run(text, name), Err(expected.to_owned()));
    }
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
