//! A recursive descent over tokens: where it stands, what it expects, and the parts that fields,
//! directives and variables share.
//!
//! It recurses once for every bracket that is open, so whoever calls it bounds those first.

use async_graphql::{
    Name, Pos, Positioned, ServerError, ServerResult,
    parser::types::{BaseType, Directive, ExecutableDocument, Type, VariableDefinition},
};
use async_graphql_value::Value;

use super::{
    definitions,
    error::syntax_error,
    lexer::{Token, TokenKind},
};

/// Parses the tokens of a whole text; no [`TokenKind::End`] among them, but its place.
pub fn parse(tokens: &[Token<'_>], end: Pos) -> ServerResult<ExecutableDocument> {
    definitions::document(&mut Parser { tokens, end })
}

pub(super) struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    end: Pos,
}

impl<'t, 'a> Parser<'t, 'a> {
    pub fn kind(&self) -> &'t TokenKind<'a> {
        self.tokens.first().map_or(&TokenKind::End, |token| &token.kind)
    }

    pub fn pos(&self) -> Pos {
        self.tokens.first().map_or(self.end, |token| token.pos)
    }

    pub fn advance(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    pub fn is_at(&self, punctuator: char) -> bool {
        *self.kind() == TokenKind::Punctuator(punctuator)
    }

    pub fn takes(&mut self, kind: &TokenKind<'_>) -> bool {
        let matches = self.kind() == kind;
        if matches {
            self.advance();
        }
        matches
    }

    pub fn expect(&mut self, punctuator: char) -> ServerResult<()> {
        if self.takes(&TokenKind::Punctuator(punctuator)) {
            return Ok(());
        }
        let found = describe(self.kind());
        Err(syntax_error(format!("Expected \"{punctuator}\", found {found}."), self.pos()))
    }

    pub fn expect_keyword(&mut self, keyword: &str) -> ServerResult<()> {
        if self.takes(&TokenKind::Name(keyword)) {
            return Ok(());
        }
        let found = describe(self.kind());
        Err(syntax_error(format!("Expected \"{keyword}\", found {found}."), self.pos()))
    }

    pub fn unexpected(&self) -> ServerError {
        syntax_error(format!("Unexpected {}.", describe(self.kind())), self.pos())
    }

    pub fn name(&mut self) -> ServerResult<Positioned<Name>> {
        let pos = self.pos();
        let TokenKind::Name(name) = self.kind() else {
            let found = describe(self.kind());
            return Err(syntax_error(format!("Expected Name, found {found}."), pos));
        };
        self.advance();
        Ok(Positioned::new(Name::new(name), pos))
    }

    /// Definitions may have a description, which nothing ever reads.
    pub fn skip_description(&mut self) -> bool {
        let is_string = matches!(self.kind(), TokenKind::String(_));
        if is_string {
            self.advance();
        }
        is_string
    }

    /// One or more items between brackets.
    pub fn many<T>(
        &mut self,
        (open, close): (char, char),
        item: impl Fn(&mut Self) -> ServerResult<T>,
    ) -> ServerResult<Vec<T>> {
        self.expect(open)?;
        let mut items = vec![item(self)?];
        while !self.takes(&TokenKind::Punctuator(close)) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Nothing, or brackets with one or more items in them.
    pub fn optional_many<T>(
        &mut self,
        brackets: (char, char),
        item: impl Fn(&mut Self) -> ServerResult<T>,
    ) -> ServerResult<Vec<T>> {
        if self.is_at(brackets.0) { self.many(brackets, item) } else { Ok(Vec::new()) }
    }

    pub fn directives(&mut self, constant: bool) -> ServerResult<Vec<Positioned<Directive>>> {
        let mut directives = Vec::new();
        loop {
            let pos = self.pos();
            if !self.takes(&TokenKind::Punctuator('@')) {
                return Ok(directives);
            }
            let name = self.name()?;
            let arguments = self.arguments(constant)?;
            directives.push(Positioned::new(Directive { name, arguments }, pos));
        }
    }

    pub fn arguments(
        &mut self,
        constant: bool,
    ) -> ServerResult<Vec<(Positioned<Name>, Positioned<Value>)>> {
        self.optional_many(('(', ')'), |parser| {
            let name = parser.name()?;
            parser.expect(':')?;
            Ok((name, parser.value(constant)?))
        })
    }

    pub fn variable_definition(&mut self) -> ServerResult<Positioned<VariableDefinition>> {
        self.skip_description();
        let pos = self.pos();
        self.expect('$')?;
        let name = self.name()?;
        self.expect(':')?;
        let type_pos = self.pos();
        let var_type = Positioned::new(self.type_reference()?, type_pos);
        let default_value =
            if self.takes(&TokenKind::Punctuator('=')) { Some(self.constant()?) } else { None };
        let directives = self.directives(true)?;
        let definition = VariableDefinition { name, var_type, directives, default_value };
        Ok(Positioned::new(definition, pos))
    }

    fn type_reference(&mut self) -> ServerResult<Type> {
        let base = if self.takes(&TokenKind::Punctuator('[')) {
            let inner = self.type_reference()?;
            self.expect(']')?;
            BaseType::List(Box::new(inner))
        } else {
            BaseType::Named(self.name()?.node)
        };
        Ok(Type { base, nullable: !self.takes(&TokenKind::Punctuator('!')) })
    }
}

/// A token as an error message shows it.
fn describe(kind: &TokenKind<'_>) -> String {
    match kind {
        TokenKind::Punctuator(character) => format!("\"{character}\""),
        TokenKind::Spread => "\"...\"".to_owned(),
        TokenKind::Name(name) => format!("Name \"{name}\""),
        TokenKind::Int(number) => format!("Int \"{number}\""),
        TokenKind::Float(number) => format!("Float \"{number}\""),
        // A string may hold a secret or half a book.
        TokenKind::String(_) => "String".to_owned(),
        TokenKind::End => "<EOF>".to_owned(),
    }
}
