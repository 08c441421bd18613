//! Values in arguments and defaults.

use async_graphql::{
    Name, Number, Pos, Positioned, ServerResult,
    indexmap::{IndexMap, map::Entry},
};
use async_graphql_value::{ConstValue, Value};

use super::{
    error::{request_error, syntax_error},
    lexer::TokenKind,
    parser::Parser,
};
use crate::error::Code;

impl Parser<'_, '_> {
    pub fn value(&mut self, constant: bool) -> ServerResult<Positioned<Value>> {
        let pos = self.pos();
        let value = match self.kind() {
            TokenKind::Punctuator('$') => return self.variable(constant),
            TokenKind::Punctuator('[') => return self.list(constant),
            TokenKind::Punctuator('{') => return self.object(constant),
            TokenKind::Int(number) | TokenKind::Float(number) => {
                Value::Number(parse_number(number, pos)?)
            }
            TokenKind::String(text) => Value::String(text.clone().into_owned()),
            TokenKind::Name("true") => Value::Boolean(true),
            TokenKind::Name("false") => Value::Boolean(false),
            TokenKind::Name("null") => Value::Null,
            TokenKind::Name(name) => Value::Enum(Name::new(name)),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Positioned::new(value, pos))
    }

    /// A value in which no variable may stand.
    pub fn constant(&mut self) -> ServerResult<Positioned<ConstValue>> {
        let Positioned { pos, node } = self.value(true)?;
        let value = node.into_const().ok_or_else(|| syntax_error("Unexpected variable.", pos))?;
        Ok(Positioned::new(value, pos))
    }

    fn variable(&mut self, constant: bool) -> ServerResult<Positioned<Value>> {
        let pos = self.pos();
        self.expect('$')?;
        let name = self.name()?.node;
        if constant {
            let message = format!("Unexpected variable \"${name}\" in constant value.");
            return Err(syntax_error(message, pos));
        }
        Ok(Positioned::new(Value::Variable(name), pos))
    }

    fn list(&mut self, constant: bool) -> ServerResult<Positioned<Value>> {
        let pos = self.pos();
        self.expect('[')?;
        let mut items = Vec::new();
        while !self.takes(&TokenKind::Punctuator(']')) {
            items.push(self.value(constant)?.node);
        }
        Ok(Positioned::new(Value::List(items), pos))
    }

    fn object(&mut self, constant: bool) -> ServerResult<Positioned<Value>> {
        let pos = self.pos();
        self.expect('{')?;
        let mut fields = IndexMap::new();
        while !self.takes(&TokenKind::Punctuator('}')) {
            let name = self.name()?;
            self.expect(':')?;
            let value = self.value(constant)?.node;
            match fields.entry(name.node) {
                Entry::Vacant(entry) => entry.insert(value),
                // A map keeps one of the two, so that nobody could tell later.
                Entry::Occupied(entry) => {
                    let message =
                        format!("There can be only one input field named \"{}\".", entry.key());
                    return Err(request_error(Code::ValidationFailed, message, &[name.pos]));
                }
            };
        }
        Ok(Positioned::new(Value::Object(fields), pos))
    }
}

fn parse_number(written: &str, pos: Pos) -> ServerResult<Number> {
    // As JSON this would be a fraction, which no `Int` accepts.
    if written == "-0" {
        return Ok(Number::from(0));
    }
    written.parse().map_err(|_too_large| {
        let message = format!("The number {written} is out of range.");
        request_error(Code::ValidationFailed, message, &[pos])
    })
}
