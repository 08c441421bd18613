//! What a document is told that is past a limit: which one, what it allows, what the document has.

use async_graphql::{Pos, ServerError, ServerResult};

use crate::{error::Code, graphql::syntax::request_error};

/// The limits by the name that `extensions.limit` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Characters,
    Tokens,
    Brackets,
    Nesting,
    Selections,
    Depth,
    RootFields,
    Aliases,
    Directives,
    IntrospectionLists,
    IntrospectionCost,
    Complexity,
}

impl Limit {
    fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Tokens => "tokens",
            Self::Brackets | Self::Nesting => "nesting",
            Self::Selections => "selections",
            Self::Depth => "depth",
            Self::RootFields => "rootFields",
            Self::Aliases => "aliases",
            Self::Directives => "directives",
            Self::IntrospectionLists => "introspectionLists",
            Self::IntrospectionCost => "introspectionCost",
            Self::Complexity => "complexity",
        }
    }

    /// The first half of a sentence that ends in "the limit is …".
    fn finding(self, found: usize) -> String {
        match self {
            Self::Characters => format!("This document is {found} characters long"),
            Self::Tokens => format!("This document has {found} tokens"),
            Self::Brackets => format!("This document opens {found} brackets inside one another"),
            Self::Nesting => format!(
                "This document nests selections at least {found} levels deep once its fragments \
                 are filled in"
            ),
            Self::Selections => format!(
                "This document holds {found} fields and fragments once its fragments are filled in"
            ),
            Self::Depth => format!("This operation nests {found} levels deep"),
            Self::RootFields => format!("This operation selects {found} fields at its root"),
            Self::Aliases => format!("This operation uses {found} aliases"),
            Self::Directives => format!("This operation uses {found} directives"),
            Self::IntrospectionLists => {
                format!("This introspection nests {found} lists inside one another")
            }
            Self::IntrospectionCost => {
                format!("This introspection would answer with some {found} values")
            }
            Self::Complexity => format!(
                "This operation would resolve up to {found} fields, the size of its pages \
                 multiplied in (20 rows where neither `first` nor `last` says how many)"
            ),
        }
    }

    fn refusal(self, found: usize, allowed: usize, at: Option<Pos>) -> ServerError {
        let message = format!("{}; the limit is {allowed}.", self.finding(found));
        let mut error = request_error(Code::TooComplex, message, at.as_slice());
        if let Some(extensions) = &mut error.extensions {
            extensions.set("limit", self.name());
            extensions.set("allowed", allowed);
            extensions.set("found", found);
        }
        error
    }

    /// An error if more was found than is allowed.
    pub fn judge(self, found: usize, allowed: usize, at: Option<Pos>) -> ServerResult<()> {
        if found > allowed { Err(self.refusal(found, allowed, at)) } else { Ok(()) }
    }
}
