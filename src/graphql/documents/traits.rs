//! What else has to be known of a document or of variables before they are used.

use async_graphql::{
    Value, Variables,
    parser::types::{ExecutableDocument, Selection},
};

use crate::graphql::syntax::{Lexer, TokenKind};

/// Whether the document asks about the schema itself; `__typename` tells nobody anything.
pub(super) fn introspects(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    let mut open: Vec<_> = operations.chain(fragments).collect();
    while let Some(set) = open.pop() {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => match field.node.name.node.as_str() {
                    "__schema" | "__type" => return true,
                    _ => open.push(&field.node.selection_set),
                },
                Selection::InlineFragment(inline) => open.push(&inline.node.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    false
}

/// Whether a string of a document holds U+0000, which PostgreSQL cannot store.
pub(super) fn has_null_character(text: &str) -> bool {
    if !["\0", "\\u0000", "\\u{0"].iter().any(|written| text.contains(written)) {
        return false;
    }
    let mut lexer = Lexer::new(text);
    loop {
        match lexer.next_token().map(|token| token.kind) {
            Ok(TokenKind::String(value)) if value.contains('\0') => return true,
            Ok(TokenKind::End) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// Whether any text among the variables holds U+0000. Their depth is bounded where they are read.
pub(super) fn any_null_character(variables: &Variables) -> bool {
    variables.iter().any(|(name, value)| name.contains('\0') || in_value(value))
}

fn in_value(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(in_value),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || in_value(value))
        }
        _ => false,
    }
}
