//! Documents whose selections are made to take long to judge.

use super::documents::{nested, numbered};

/// Many fields, aliases, arguments and directives, beside and inside one another.
pub fn fields() -> Vec<(&'static str, String)> {
    vec![
        (
            "ten thousand aliases",
            format!("{{{}}}", numbered(10_000, |it| format!("a{it}:me{{id}}"))),
        ),
        (
            "as many aliases as tokens allow",
            format!("{{me{{{}}}}}", numbered(660, |it| format!("a{it}:id "))),
        ),
        (
            "one alias, always another field",
            format!(
                "{{me{{{}}}}}",
                ["id", "username", "bio", "role"].map(|it| format!("a:{it} ")).concat().repeat(160)
            ),
        ),
        ("root fields", format!("{{{}}}", "me{id}".repeat(499))),
        ("root fields as one", format!("{{{}}}", "me{id}".repeat(20))),
        (
            "one field, always another argument",
            format!("{{me{{{}}}}}", numbered(280, |it| format!("posts(first:{it}){{totalCount}}"))),
        ),
        ("one argument many times", format!("{{post({}){{id}}}}", "id:1 ".repeat(660))),
        (
            "unknown arguments",
            format!("{{post({}){{id}}}}", numbered(660, |it| format!("a{it}:1 "))),
        ),
        (
            "two fields of the same unknown arguments",
            format!(
                "{{{}}}",
                format!("post({}){{id}}", numbered(320, |it| format!("a{it}:1 "))).repeat(2)
            ),
        ),
        ("unknown fields", format!("{{me{{{}}}}}", numbered(1_990, |it| format!("a{it} ")))),
        (
            "an object of unknown fields",
            format!("{{user(by:{{{}}}){{id}}}}", numbered(650, |it| format!("a{it}:1 "))),
        ),
        ("a list of objects", format!("{{nodes(ids:[{}]){{id}}}}", "{a:1}".repeat(390))),
        ("a long list", format!("{{nodes(ids:[{}]){{id}}}}", "1 ".repeat(1_980))),
        ("a list of lists", format!("{{nodes(ids:{}){{id}}}}", nested("[", 62, "", "]"))),
        ("objects in one another", format!("{{user(by:{}){{id}}}}", nested("{id:", 61, "1", "}"))),
        ("an empty list's closing brackets", "]".repeat(15_000)),
        ("directives", format!("{{__typename{}}}", "@a".repeat(990))),
        (
            "directives at the limit",
            format!("{{{}}}", "__typename@skip(if:false)@include(if:true)".repeat(20)),
        ),
        ("unknown directives at the limit", format!("{{__typename{}}}", "@a".repeat(50))),
        (
            "arguments of a directive",
            format!("{{__typename@skip({})}}", numbered(650, |it| format!("a{it}:1 "))),
        ),
        ("fields in one another", nested("{me", 900, "", "}")),
        (
            "fields in one another at the limit",
            format!("{{me{}}}", nested("{posts{nodes{owner", 15, "{id}", "}}}")),
        ),
        (
            "replies in one another",
            format!("{{node(id:1){{...on Comment{}}}}}", nested("{replyTo", 60, "{id}", "}")),
        ),
        ("inline fragments in one another", nested("{...", 62, "{__typename}", "}")),
        ("inline fragments beside each other", format!("{{{}}}", "...{__typename}".repeat(490))),
        ("inline fragments of unknown types", format!("{{{}}}", "...on A{a}".repeat(330))),
    ]
}

/// Fragments that lead to each other.
pub fn fragments() -> Vec<(&'static str, String)> {
    vec![
        (
            "fragments that double",
            format!(
                "{{...f0}}{}fragment f180 on Query{{__typename}}",
                numbered(180, |it| format!(
                    "fragment f{it} on Query{{...f{n} ...f{n}}}",
                    n = it + 1
                ))
            ),
        ),
        (
            "fragments that double at the limit",
            format!(
                "{{...f0}}{}fragment f11 on Query{{__typename}}",
                numbered(11, |it| format!(
                    "fragment f{it} on Query{{...f{n} ...f{n}}}",
                    n = it + 1
                ))
            ),
        ),
        (
            "fragments that double fields",
            format!(
                "{{...f0}}{}fragment f9 on Query{{me{{id}}}}",
                numbered(9, |it| format!(
                    "fragment f{it} on Query{{me{{id}} ...f{n} ...f{n}}}",
                    n = it + 1
                ))
            ),
        ),
        (
            "fragments in one another",
            format!(
                "{{...f0}}{}fragment f220 on Query{{__typename}}",
                numbered(220, |it| format!("fragment f{it} on Query{{...f{}}}", it + 1))
            ),
        ),
        (
            "fragments in one another, from the last",
            format!(
                "{{...f219}}{}fragment f0 on Query{{__typename}}",
                numbered(219, |it| format!("fragment f{} on Query{{...f{}}}", it + 1, it))
            ),
        ),
        (
            "fragments that each spread all others",
            numbered(42, |it| {
                format!("fragment f{it} on Query{{{}}}", numbered(42, |n| format!("...f{n} ")))
            }),
        ),
        (
            "fragments that each spread all later ones",
            format!(
                "{{...f0}}{}",
                numbered(40, |it| format!(
                    "fragment f{it} on Query{{__typename {}}}",
                    numbered(39 - it, |n| format!("...f{} ", it + n + 1))
                ))
            ),
        ),
        ("a fragment in itself", "{...a}fragment a on Query{...a}".to_owned()),
        (
            "a ring of fragments",
            format!(
                "{{...f0}}{}fragment f200 on Query{{...f0}}",
                numbered(200, |it| format!("fragment f{it} on Query{{...f{}}}", it + 1))
            ),
        ),
        (
            "many rings of fragments",
            numbered(100, |it| {
                format!("fragment a{it} on Query{{...b{it}}}fragment b{it} on Query{{...a{it}}}")
            }),
        ),
        (
            "unused fragments",
            format!(
                "{{__typename}}{}",
                numbered(280, |it| format!("fragment f{it} on Query{{__typename}}"))
            ),
        ),
        ("unknown fragments", format!("{{{}}}", numbered(990, |it| format!("...f{it} ")))),
        (
            "one fragment, many times",
            format!("{{{}}}fragment f on Query{{__typename}}", "...f ".repeat(990)),
        ),
        (
            "one fragment of fields, many times",
            format!("{{me{{{}}}}}fragment f on User{{{}}}", "...f ".repeat(50), "id ".repeat(98)),
        ),
    ]
}

/// Introspection, and types that one name may stand on.
pub fn schema() -> Vec<(&'static str, String)> {
    vec![
        (
            "the schema's lists in one another",
            format!("{{__schema{{types{}}}}}", nested("{fields{type", 30, "{name}", "}}")),
        ),
        (
            "the schema's types, many times",
            format!("{{__schema{{{}}}}}", "types{fields{args{name}}}".repeat(190)),
        ),
        (
            "the schema's wrapped types",
            format!(
                "{{__schema{{types{{fields{{type{}}}}}}}}}",
                nested("{ofType", 58, "{name}", "}")
            ),
        ),
        ("types of one level under one name", branches(4)),
        ("types of two levels under one name", branches(8)),
        ("types of every level under one name", branches(11)),
        (
            "one name for many fields of each type",
            format!(
                "{{node(id:1){{{}}}}}",
                ["User", "Post", "Comment", "Report"]
                    .map(|ty| format!(
                        "...on {ty}{{{}}}",
                        numbered(90, |it| format!("a{}:id b:__typename ", it % 5))
                    ))
                    .concat()
            ),
        ),
        (
            "a mutation of many fields",
            format!(
                "mutation{{{}}}",
                numbered(20, |it| format!(
                    "a{it}:vote(input:{{postId:1 direction:UP}}){{post{{id}}}}"
                ))
            ),
        ),
    ]
}

/// One name on each of the types that a node may be, inside one another.
fn branches(levels: usize) -> String {
    let chain = |level: usize, ty: &str| {
        format!("{}...on {ty}{{id}}{}", "replyTo{".repeat(level), "}".repeat(level))
    };
    let chains = numbered(levels, |it| ["Comment", "Node"].map(|ty| chain(it, ty)).concat());
    format!("{{node(id:1){{...on Comment{{{chains}}}}}}}")
}
