//! What else has to be known of a document or of variables before they are used.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Value, Variables,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
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

/// Whether anywhere in the document a key stands twice with a selection below it. Fragments count
/// wherever they are spread, of whatever type they are: to say yes costs time, no more.
pub(super) fn merges(document: &ExecutableDocument) -> bool {
    let mut walk = Keys { document, of_fragments: HashMap::new() };
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    let mut open: Vec<&SelectionSet> = operations.chain(fragments).map(|set| &set.node).collect();
    while let Some(set) = open.pop() {
        if !walk.add(set, &mut HashSet::new()) {
            return true;
        }
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => open.push(&field.node.selection_set.node),
                Selection::InlineFragment(inline) => open.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    false
}

/// Collects the keys of a selection that have one of their own below them.
struct Keys<'d> {
    document: &'d ExecutableDocument,
    /// Those that a fragment adds to where it is spread: found once, however often that is.
    of_fragments: HashMap<&'d str, Vec<&'d str>>,
}

impl<'d> Keys<'d> {
    /// False when a key stands twice.
    fn add(&mut self, set: &'d SelectionSet, keys: &mut HashSet<&'d str>) -> bool {
        set.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => {
                let is_leaf = field.node.selection_set.node.items.is_empty();
                is_leaf || keys.insert(field.node.response_key().node.as_str())
            }
            Selection::InlineFragment(inline) => self.add(&inline.node.selection_set.node, keys),
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                let added = self.of_fragment(name);
                added.is_some_and(|added| added.iter().all(|key| keys.insert(key)))
            }
        })
    }

    /// `None` when a key stands twice in it. Fragments are known to exist and to end.
    fn of_fragment(&mut self, name: &'d str) -> Option<&[&'d str]> {
        if !self.of_fragments.contains_key(name) {
            let mut keys = HashSet::new();
            let fragment = self.document.fragments.get(name)?;
            self.add(&fragment.node.selection_set.node, &mut keys).then_some(())?;
            self.of_fragments.insert(name, keys.into_iter().collect());
        }
        self.of_fragments.get(name).map(Vec::as_slice)
    }
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
