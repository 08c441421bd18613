//! Every part of a document is kept, and what is none says why.

use async_graphql::{Positioned, parser::types::Selection};

use crate::graphql::syntax::{Lexer, TokenKind, parse};

/// What it reads as, printed in a way that keeps every part; or the error.
fn read(text: &str) -> Result<String, String> {
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    let end = loop {
        let token = lexer.next_token().map_err(|error| error.message)?;
        if token.kind == TokenKind::End {
            break token.pos;
        }
        tokens.push(token);
    };
    let document =
        parse(&tokens, end).map_err(|error| format!("{} {:?}", error.message, error.locations))?;
    let mut printed = String::new();
    for (name, operation) in document.operations.iter() {
        let operation = &operation.node;
        printed += &format!("{} {:?}", operation.ty, name.map(|name| name.as_str()));
        for Positioned { node, .. } in &operation.variable_definitions {
            let default = node.default_value.as_ref().map(|value| value.node.to_string());
            let directives = node.directives.len();
            printed += &format!(" ${}:{}={default:?}@{directives}", node.name, node.var_type);
        }
        print_selections(&operation.selection_set.node.items, &mut printed);
    }
    let mut fragments: Vec<_> = document.fragments.iter().collect();
    fragments.sort_by_key(|(name, _)| name.as_str());
    for (name, fragment) in fragments {
        printed += &format!(" fragment {name} on {}", fragment.node.type_condition.node.on);
        print_selections(&fragment.node.selection_set.node.items, &mut printed);
    }
    Ok(printed)
}

fn print_selections(items: &[Positioned<Selection>], printed: &mut String) {
    *printed += "{";
    for item in items {
        match &item.node {
            Selection::Field(Positioned { node, .. }) => {
                *printed += &format!("{}={}", node.response_key(), node.name);
                for (name, value) in &node.arguments {
                    *printed += &format!("({name}:{})", value.node);
                }
                if !node.selection_set.node.items.is_empty() {
                    print_selections(&node.selection_set.node.items, printed);
                }
            }
            Selection::FragmentSpread(spread) => {
                *printed += &format!("...{}", spread.node.fragment_name);
            }
            Selection::InlineFragment(Positioned { node, .. }) => {
                let on = node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                *printed += &format!("...on {on:?}");
                print_selections(&node.selection_set.node.items, printed);
            }
        }
        for directive in item.node.directives() {
            *printed += &format!("@{}", directive.node.name);
        }
        *printed += " ";
    }
    *printed += "}";
}

#[test]
fn a_document_keeps_all_its_parts() {
    assert_eq!(
        read(
            "query Q($a: [ID !] ! = [\"x\"] @d, $b: Int) @e { x: y(on: {k: [1.5, $b]} e: RED) \
             { ...F @skip(if: true) ... on #c\n T { z } ... @include(if: $b) { true } } } \
             fragment F on U @f { fragment type: query }"
        ),
        Ok("query Some(\"Q\") $a:[ID!]!=Some(\"[\\\"x\\\"]\")@1 $b:Int=None@0\
            {x=y(on:{k: [1.5, $b]})(e:RED){...F@skip ...on Some(Name(\"T\")){z=z } \
            ...on None{true=true }@include } } fragment F on U{fragment=fragment type=query }"
            .to_owned())
    );
    assert_eq!(
        read("\"d\" query(\"e\" $a: Int) {a} \"\"\"f\"\"\" fragment A on B{c}"),
        Ok("query None $a:Int=None@0{a=a } fragment A on B{c=c }".to_owned())
    );
    assert_eq!(read("{a}"), Ok("query None{a=a }".to_owned()));
    assert_eq!(read("{a(n: -0)}"), Ok("query None{a=a(n:0) }".to_owned()));
    assert_eq!(read("subscription on{a}"), Ok("subscription Some(\"on\"){a=a }".to_owned()));
    assert_eq!(read("fragment A on B{c}"), Ok(" fragment A on B{c=c }".to_owned()));
}

#[test]
fn what_is_no_document_says_why_and_where() {
    for (text, message) in [
        ("", "Syntax Error: Unexpected <EOF>. [Pos(1:1)]"),
        ("{", "Syntax Error: Expected Name, found <EOF>. [Pos(1:2)]"),
        ("{}", "Syntax Error: Expected Name, found \"}\". [Pos(1:2)]"),
        ("{a}}", "Syntax Error: Unexpected \"}\". [Pos(1:4)]"),
        ("queryFoo {a}", "Syntax Error: Unexpected Name \"queryFoo\". [Pos(1:1)]"),
        ("query () {a}", "Syntax Error: Expected \"$\", found \")\". [Pos(1:8)]"),
        (
            "\"d\" {a}",
            "Syntax Error: Unexpected description, descriptions are not supported on shorthand \
             queries. [Pos(1:1)]",
        ),
        ("\"d\"", "Syntax Error: Unexpected <EOF>. [Pos(1:4)]"),
        ("{a()}", "Syntax Error: Expected Name, found \")\". [Pos(1:4)]"),
        ("{a(b:)}", "Syntax Error: Unexpected \")\". [Pos(1:6)]"),
        ("{a(b \"secret\")}", "Syntax Error: Expected \":\", found String. [Pos(1:6)]"),
        ("{...}", "Syntax Error: Expected \"{\", found \"}\". [Pos(1:5)]"),
        ("fragment on on T {a}", "Syntax Error: Unexpected Name \"on\". [Pos(1:10)]"),
        ("fragment A {a}", "Syntax Error: Expected \"on\", found \"{\". [Pos(1:12)]"),
        (
            "query($a: Int = $b) {a}",
            "Syntax Error: Unexpected variable \"$b\" in constant value. [Pos(1:17)]",
        ),
        (
            "type A {b: Int}",
            "A request holds operations and fragments; this \"type\" definition is not \
             executable. [Pos(1:1)]",
        ),
        (
            "query A {a} query A {b}",
            "There can be only one operation named \"A\". [Pos(1:1), Pos(1:19)]",
        ),
        (
            "fragment A on B {a} fragment A on C {b}",
            "There can be only one fragment named \"A\". [Pos(1:1), Pos(1:30)]",
        ),
        ("{a} {b}", "This anonymous operation must be the only defined operation. [Pos(1:5)]"),
        (
            "query A {a} {b}",
            "This anonymous operation must be the only defined operation. [Pos(1:13)]",
        ),
        ("{a(b: {c: 1 c: 1})}", "There can be only one input field named \"c\". [Pos(1:13)]"),
        ("{a(b: 1e999)}", "The number 1e999 is out of range. [Pos(1:7)]"),
    ] {
        assert_eq!(read(text), Err(message.to_owned()), "{text}");
    }
}
