//! Documents that are made to take long to judge.

use std::fmt::Write;

use super::selections::{fields, fragments, schema};

/// A document, and the variables that come with it.
pub struct Hostile {
    pub name: &'static str,
    pub text: String,
    pub variables: String,
}

/// All of them.
pub fn all() -> Vec<Hostile> {
    let texts = [texts(), fields(), fragments(), operations(), schema()].concat().into_iter();
    let without_variables = |(name, text)| Hostile { name, text, variables: "{}".to_owned() };
    texts.map(without_variables).chain(values()).collect()
}

/// Documents of strange characters, names, numbers and strings.
fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("nothing but braces", "{".repeat(15_000)),
        ("nothing but braces, too long", "{".repeat(1 << 20)),
        ("brackets of each kind", "{a(b:[".repeat(2_500)),
        ("nothing but spaces", " ".repeat(15_000)),
        ("nothing but commas", ",".repeat(15_000)),
        ("nothing but characters of four bytes", "\u{1f600}".repeat(15_000)),
        (
            "a comment of characters of four bytes",
            format!("{{__typename}}#{}", "\u{1f600}".repeat(14_980)),
        ),
        ("comments", "#\n".repeat(7_500)),
        ("names of one letter", format!("{{{}}}", "a ".repeat(7_499))),
        ("as many names as tokens allow", format!("{{{}}}", "a ".repeat(1_998))),
        ("a long name", format!("{{{}}}", "a".repeat(14_998))),
        ("a long number", format!("{{post(id:{}){{id}}}}", "9".repeat(14_900))),
        ("a long fraction", format!("{{posts(first:0.{}){{totalCount}}}}", "9".repeat(14_900))),
        ("a long exponent", format!("{{posts(first:1e{}){{totalCount}}}}", "9".repeat(14_900))),
        ("a long text", format!("{{post(id:\"{}\"){{id}}}}", "a".repeat(14_900))),
        ("a text of escapes", format!("{{post(id:\"{}\"){{id}}}}", "\\u0061".repeat(2_400))),
        (
            "a text of long escapes",
            format!("{{post(id:\"{}\"){{id}}}}", "\\u{01f600}".repeat(1_400)),
        ),
        ("a text of half pairs", format!("{{post(id:\"{}\"){{id}}}}", "\\uD83D".repeat(2_400))),
        (
            "a text of null characters",
            format!("{{post(id:\"{}\"){{id}}}}", "\\u0000".repeat(2_400)),
        ),
        ("a text without an end", format!("{{post(id:\"{}", "a\\\\".repeat(4_900))),
        ("a block of text", format!("{{post(id:\"\"\"{}\"\"\"){{id}}}}", "\n ".repeat(7_400))),
        ("a block of quotes", format!("{{post(id:\"\"\"{}\"\"\"){{id}}}}", "\"\" ".repeat(4_900))),
        (
            "a block of deep lines",
            format!(
                "{{post(id:\"\"\"{}\"\"\"){{id}}}}",
                numbered(120, |it| format!("\n{}a", " ".repeat(it)))
            ),
        ),
    ]
}

/// Many operations and variables.
fn operations() -> Vec<(&'static str, String)> {
    vec![
        ("operations", numbered(400, |it| format!("query q{it}{{me{{id}}}}"))),
        ("operations of one name", "query q{__typename}".repeat(390)),
        ("anonymous operations", "{__typename}".repeat(660)),
        (
            "operations that all spread all fragments",
            format!(
                "{}{}",
                numbered(20, |it| format!(
                    "query q{it}{{{}}}",
                    numbered(40, |n| format!("...f{n} "))
                )),
                numbered(40, |it| format!("fragment f{it} on Query{{__typename}}"))
            ),
        ),
        (
            "operations that all spread one chain",
            format!(
                "{}{}fragment f50 on Query{{__typename}}",
                numbered(95, |it| format!("query q{it}{{...f0}}")),
                numbered(50, |it| format!("fragment f{it} on Query{{...f{}}}", it + 1))
            ),
        ),
        (
            "variables",
            format!("query({}){{__typename}}", numbered(490, |it| format!("$a{it}:Int "))),
        ),
        ("variables of one name", format!("query({}){{__typename}}", "$a:Int ".repeat(490))),
        (
            "variables that are all used",
            format!(
                "query({}){{nodes(ids:[{}]){{id}}}}",
                numbered(320, |it| format!("$a{it}:ID! ")),
                numbered(320, |it| format!("$a{it} "))
            ),
        ),
        (
            "undefined variables",
            format!("{{nodes(ids:[{}]){{id}}}}", numbered(990, |it| format!("$a{it} "))),
        ),
        (
            "page sizes of many variables",
            format!(
                "query({}){{me{{{}}}}}",
                numbered(140, |it| format!("$a{it}:Int ")),
                numbered(140, |it| format!("posts(first:$a{it}){{totalCount}}"))
            ),
        ),
        (
            "undefined variables in many operations",
            format!(
                "{}fragment f on Query{{nodes(ids:[{}]){{id}}}}",
                numbered(60, |it| format!("query q{it}{{...f}}")),
                numbered(700, |it| format!("$a{it} "))
            ),
        ),
        (
            "one variable many times in many operations",
            format!(
                "{}fragment f on Query{{nodes(ids:[{}]){{id}}}}",
                numbered(75, |it| format!("query q{it}($a:ID!){{...f}}")),
                "$a ".repeat(500)
            ),
        ),
        (
            "one variable in many operations that do not know it",
            format!(
                "{}fragment f on Query{{nodes(ids:[{}]){{id}}}}",
                numbered(150, |it| format!("query q{it}{{...f}}")),
                "$a ".repeat(450)
            ),
        ),
        (
            "operations that all spread one chain with variables",
            format!(
                "{}{}fragment f28 on Query{{node(id:$a){{id}}}}",
                numbered(88, |it| format!("query q{it}($b:Boolean!$a:ID!){{...f0}}")),
                numbered(28, |it| format!(
                    "fragment f{it} on Query{{...on Query@skip(if:$b){{...f{}}}}}",
                    it + 1
                ))
            ),
        ),
        (
            "a variable of lists of lists",
            format!("query($a:{}){{__typename}}", nested("[", 63, "Int", "]")),
        ),
        (
            "a default of lists of lists",
            format!("query($a:[Int]={}){{__typename}}", nested("[", 62, "1", "]")),
        ),
        (
            "a long default",
            format!("query($a:[ID!]=[{}]){{nodes(ids:$a){{id}}}}", "\"\"".repeat(1_900)),
        ),
        (
            "subscriptions of doubling fragments",
            format!(
                "subscription{{...f0}}{}fragment f9 on Subscription{{feedPostAdded{{id}}}}",
                numbered(9, |it| format!(
                    "fragment f{it} on Subscription{{...f{n} ...f{n}}}",
                    n = it + 1
                ))
            ),
        ),
        ("subscriptions", numbered(330, |it| format!("subscription s{it}{{a{{b}}}}"))),
    ]
}

/// Values of variables.
fn values() -> Vec<Hostile> {
    let list = |ty: &str| format!("query($v:{ty}){{nodes(ids:$v){{id}}}}");
    let with = |name, text: String, value: String| Hostile {
        name,
        text,
        variables: format!("{{\"v\":{value}}}"),
    };
    let long =
        |item: &str| format!("[{}]", vec![item; (1 << 20) / (item.len() + 1) - 10].join(","));
    vec![
        with("deep lists as a variable", list("[ID!]!"), nested("[", 120, "", "]")),
        with(
            "deep objects as a variable",
            "query($v:UserBy!){user(by:$v){id}}".to_owned(),
            nested("{\"id\":", 120, "1", "}"),
        ),
        with("a megabyte of numbers", list("[ID!]!"), long("1")),
        with("a megabyte of wrong values", list("[ID!]!"), long("{}")),
        with("a megabyte of lists", list("[ID!]!"), long("[]")),
        with("a megabyte of objects", list("[ID!]!"), long("{\"a\":1}")),
        with("a megabyte of text", list("[ID!]!"), format!("\"{}\"", "a".repeat(1 << 20))),
        with(
            "a megabyte of escapes",
            list("[ID!]!"),
            format!("\"{}\"", "\\u0061".repeat((1 << 20) / 6)),
        ),
        with("a megabyte of digits", list("[ID!]!"), "9".repeat(300)),
        with(
            "a megabyte of unknown fields",
            "query($v:UserBy!){user(by:$v){id}}".to_owned(),
            format!("{{{}\"z\":1}}", numbered(90_000, |it| format!("\"{it}\":1,"))),
        ),
        Hostile {
            name: "a megabyte of unknown variables",
            text: "{__typename}".to_owned(),
            variables: format!("{{{}\"z\":1}}", numbered(90_000, |it| format!("\"{it}\":1,"))),
        },
    ]
}

/// So many numbered parts.
pub fn numbered(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, index| {
        let _always = write!(text, "{}", part(index));
        text
    })
}

/// Brackets in one another.
pub fn nested(open: &str, count: usize, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(count), close.repeat(count))
}
