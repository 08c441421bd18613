//! The table of what one operation may cost.

use crate::config::Config;

/// The limits of a request's document, all of them upper bounds that may still be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters of the text, counted before anything else is done with it.
    pub max_operation_chars: usize,
    /// Tokens of the text: names, numbers, strings and punctuation.
    pub max_tokens: usize,
    /// Brackets of any kind that are open at once, and selections inside selections once every
    /// fragment spread is filled in. Bounds how deep anything may recurse over the document.
    pub max_nesting: usize,
    /// Fields, inline fragments and fragment spreads of all operations of a document together,
    /// once every spread is filled in. Bounds how long anything may walk over the document.
    pub max_selections: usize,
    /// Fields inside fields, those of introspection left out.
    pub max_depth: usize,
    /// Fields that an operation selects at its root.
    pub max_root_fields: usize,
    /// Aliases in an operation.
    pub max_aliases: usize,
    /// Directives in an operation.
    pub max_directives: usize,
    /// Lists inside lists of introspection. The query that tools send to read a whole schema has
    /// three: types, their fields, their arguments.
    pub max_introspection_lists: usize,
    /// Values that introspection may answer with, by an estimate of how long its lists are.
    pub max_introspection_cost: usize,
    /// Fields that an operation may have to resolve: each costs 1, and what is selected for the
    /// items of a list costs as often as items were asked for.
    pub max_complexity: usize,
    /// The items of a connection when neither `first` nor `last` is given.
    pub default_page_size: usize,
    /// The items that a connection gives at most; what a page is judged by when its size can't be
    /// told.
    pub max_page_size: usize,
}

impl Limits {
    /// The limits that the configuration sets; the others are as by default.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            max_operation_chars: config.max_operation_chars,
            max_tokens: config.max_operation_tokens,
            max_depth: config.max_depth,
            max_root_fields: config.max_root_fields,
            max_aliases: config.max_aliases,
            max_directives: config.max_directives,
            max_complexity: config.max_complexity,
            ..Self::default()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_operation_chars: 15_000,
            max_tokens: 2_000,
            max_nesting: 64,
            max_selections: 5_000,
            max_depth: 12,
            max_root_fields: 20,
            max_aliases: 30,
            max_directives: 50,
            max_introspection_lists: 3,
            max_introspection_cost: 200_000,
            max_complexity: 5_000,
            default_page_size: 20,
            max_page_size: 100,
        }
    }
}
