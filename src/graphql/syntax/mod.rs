//! GraphQL's grammar for executable documents: text becomes tokens, tokens become the library's
//! own document types.
//!
//! The library has a parser too, but it does more than one reading of the text, shows the names of
//! its own grammar rules in its messages, and does not read the language as the specification
//! writes it: it refuses `"\u{1F600}"`, surrogate pairs, `[ID !]` and directives after a default
//! value, takes a fragment named `on`, `query ()` and `queryFoo`, keeps the backslash of `\"""`,
//! and forgets all but the last of two input fields with one name. Tokens have to be counted
//! before anything recursive sees them in any case, so the same tokens are parsed here.
//!
//! Knows nothing of the schema, of limits or of the request.

mod definitions;
mod error;
mod lexer;
mod parser;
mod strings;
mod values;

pub use error::request_error;
pub use lexer::{Lexer, Token, TokenKind};
pub use parser::parse;
