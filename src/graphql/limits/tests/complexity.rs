//! What pages and lists multiply.

use async_graphql::value;

use super::{Limits, assert_limit, judge_with, message};

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
        "This operation would resolve up to 10202 fields, the size of its pages multiplied in \
         (20 rows where neither `first` nor `last` says how many); the limit is 5000."
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
