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
    error::{request_error, syntax_error},
    lexer::TokenKind,
    parser::Parser,
};
use crate::error::Code;

pub(super) fn document(parser: &mut Parser<'_, '_>) -> ServerResult<ExecutableDocument> {
    let mut anonymous: Option<Positioned<OperationDefinition>> = None;
    let mut named = HashMap::new();
    let mut fragments = HashMap::new();
    loop {
        let described_at = parser.pos();
        if parser.skip_description() && parser.is_at('{') {
            let message =
                "Unexpected description, descriptions are not supported on shorthand queries.";
            return Err(syntax_error(message, described_at));
        }
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
            return Err(request_error(
                Code::ValidationFailed,
                message,
                &[entry.get().pos, name.pos],
            ));
        }
    };
    Ok(())
}

fn not_alone(anonymous: &Positioned<OperationDefinition>) -> ServerError {
    let message = "This anonymous operation must be the only defined operation.";
    request_error(Code::ValidationFailed, message, &[anonymous.pos])
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
                request_error(Code::ValidationFailed, message, &[self.pos()])
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
mod tests;
