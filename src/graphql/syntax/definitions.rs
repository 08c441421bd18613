//! Documents: operations, fragments and what they select.

use std::collections::{HashMap, hash_map::Entry};

use async_graphql::{
    Name, Positioned, ServerError, ServerResult,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, FragmentDefinition, FragmentSpread,
        InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet, TypeCondition,
    },
};

use super::{
    error::{VALIDATION_FAILED, request_error, syntax_error},
    lexer::TokenKind,
    parser::Parser,
};

pub(super) fn document(parser: &mut Parser<'_, '_>) -> ServerResult<ExecutableDocument> {
    let mut anonymous: Option<Positioned<OperationDefinition>> = None;
    let mut named = HashMap::new();
    let mut fragments = HashMap::new();
    loop {
        let pos = parser.pos();
        match parser.kind() {
            TokenKind::Name("fragment") => {
                let (name, fragment) = parser.fragment_definition()?;
                insert_unique(&mut fragments, "fragment", name, Positioned::new(fragment, pos))?;
            }
            _ => {
                let (name, operation) = parser.operation_definition()?;
                let operation = Positioned::new(operation, pos);
                match name {
                    Some(name) => insert_unique(&mut named, "operation", name, operation)?,
                    None if anonymous.is_none() => anonymous = Some(operation),
                    None => return Err(not_alone(&operation)),
                }
            }
        }
        if *parser.kind() == TokenKind::End {
            break;
        }
    }
    let operations = match anonymous {
        Some(anonymous) if !named.is_empty() => return Err(not_alone(&anonymous)),
        Some(anonymous) => DocumentOperations::Single(anonymous),
        None => DocumentOperations::Multiple(named),
    };
    Ok(ExecutableDocument { operations, fragments })
}

fn insert_unique<T>(
    into: &mut HashMap<Name, Positioned<T>>,
    what: &str,
    name: Positioned<Name>,
    definition: Positioned<T>,
) -> ServerResult<()> {
    match into.entry(name.node) {
        Entry::Vacant(entry) => entry.insert(definition),
        Entry::Occupied(entry) => {
            let message = format!("There can be only one {what} named \"{}\".", entry.key());
            return Err(request_error(VALIDATION_FAILED, message, &[entry.get().pos, name.pos]));
        }
    };
    Ok(())
}

fn not_alone(anonymous: &Positioned<OperationDefinition>) -> ServerError {
    let message = "This anonymous operation must be the only defined operation.";
    request_error(VALIDATION_FAILED, message, &[anonymous.pos])
}

impl Parser<'_, '_> {
    fn operation_definition(
        &mut self,
    ) -> ServerResult<(Option<Positioned<Name>>, OperationDefinition)> {
        let ty = match self.kind() {
            TokenKind::Punctuator('{') => {
                let definition = OperationDefinition {
                    ty: OperationType::Query,
                    variable_definitions: Vec::new(),
                    directives: Vec::new(),
                    selection_set: self.selection_set()?,
                };
                return Ok((None, definition));
            }
            TokenKind::Name("query") => OperationType::Query,
            TokenKind::Name("mutation") => OperationType::Mutation,
            TokenKind::Name("subscription") => OperationType::Subscription,
            _ => return Err(self.not_executable()),
        };
        self.advance();
        let name = if let TokenKind::Name(_) = self.kind() { Some(self.name()?) } else { None };
        let definition = OperationDefinition {
            ty,
            variable_definitions: self.optional_many(('(', ')'), Self::variable_definition)?,
            directives: self.directives(false)?,
            selection_set: self.selection_set()?,
        };
        Ok((name, definition))
    }

    /// Type definitions belong to the same language, so they get a message of their own.
    fn not_executable(&self) -> ServerError {
        match *self.kind() {
            TokenKind::Name(
                keyword @ ("schema" | "scalar" | "type" | "interface" | "union" | "enum" | "input"
                | "directive" | "extend"),
            ) => {
                let message = format!(
                    "A request holds operations and fragments; this \"{keyword}\" definition is \
                     not executable."
                );
                request_error(VALIDATION_FAILED, message, &[self.pos()])
            }
            _ => self.unexpected(),
        }
    }

    fn fragment_definition(&mut self) -> ServerResult<(Positioned<Name>, FragmentDefinition)> {
        self.expect_keyword("fragment")?;
        let name = self.fragment_name()?;
        let type_condition = self.type_condition()?;
        let directives = self.directives(false)?;
        let selection_set = self.selection_set()?;
        Ok((name, FragmentDefinition { type_condition, directives, selection_set }))
    }

    fn fragment_name(&mut self) -> ServerResult<Positioned<Name>> {
        // `... on` would not say which of the two it means.
        if *self.kind() == TokenKind::Name("on") {
            return Err(syntax_error("Unexpected Name \"on\".", self.pos()));
        }
        self.name()
    }

    fn type_condition(&mut self) -> ServerResult<Positioned<TypeCondition>> {
        let pos = self.pos();
        self.expect_keyword("on")?;
        Ok(Positioned::new(TypeCondition { on: self.name()? }, pos))
    }

    fn selection_set(&mut self) -> ServerResult<Positioned<SelectionSet>> {
        let pos = self.pos();
        let items = self.many(('{', '}'), Self::selection)?;
        Ok(Positioned::new(SelectionSet { items }, pos))
    }

    fn selection(&mut self) -> ServerResult<Positioned<Selection>> {
        let pos = self.pos();
        let selection = if self.takes(&TokenKind::Spread) {
            match self.kind() {
                TokenKind::Name(name) if *name != "on" => {
                    let fragment_name = self.fragment_name()?;
                    let directives = self.directives(false)?;
                    let spread = FragmentSpread { fragment_name, directives };
                    Selection::FragmentSpread(Positioned::new(spread, pos))
                }
                _ => Selection::InlineFragment(Positioned::new(self.inline_fragment()?, pos)),
            }
        } else {
            Selection::Field(Positioned::new(self.field()?, pos))
        };
        Ok(Positioned::new(selection, pos))
    }

    fn inline_fragment(&mut self) -> ServerResult<InlineFragment> {
        let type_condition = match self.kind() {
            TokenKind::Name(_) => Some(self.type_condition()?),
            _ => None,
        };
        let directives = self.directives(false)?;
        let selection_set = self.selection_set()?;
        Ok(InlineFragment { type_condition, directives, selection_set })
    }

    fn field(&mut self) -> ServerResult<Field> {
        let first = self.name()?;
        let (alias, name) = if self.takes(&TokenKind::Punctuator(':')) {
            (Some(first), self.name()?)
        } else {
            (None, first)
        };
        let arguments = self.arguments(false)?;
        let directives = self.directives(false)?;
        let selection_set =
            if self.is_at('{') { self.selection_set()? } else { Positioned::default() };
        Ok(Field { alias, name, arguments, directives, selection_set })
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Positioned, parser::types::Selection};

    use super::super::{Lexer, TokenKind, parse};

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
        let document = parse(&tokens, end)
            .map_err(|error| format!("{} {:?}", error.message, error.locations))?;
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
}
