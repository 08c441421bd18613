//! What is judged on the text alone: its length, its tokens and its brackets.

use async_graphql::{ServerResult, parser::types::ExecutableDocument};

use super::{Limits, refusal::Limit};
use crate::graphql::syntax::{self, Lexer, TokenKind};

/// Judges how long a text is: before anything else, even before it is looked for among those that are
/// known or its hash is checked, which takes time for each of its bytes.
pub fn judge_length(text: &str, limits: &Limits) -> ServerResult<()> {
    // A text never has more characters than bytes.
    if text.len() > limits.max_operation_chars {
        Limit::Characters.judge(text.chars().count(), limits.max_operation_chars, None)?;
    }
    Ok(())
}

/// Parses a text that is within the limits; nothing that recurses sees one that is not.
pub(super) fn parse_within(text: &str, limits: &Limits) -> ServerResult<ExecutableDocument> {
    judge_length(text, limits)?;
    let mut lexer = Lexer::new(text);
    let mut tokens = Vec::new();
    let (mut count, mut open, mut nesting) = (0_usize, 0_usize, 0_usize);
    let end = loop {
        let token = lexer.next_token()?;
        match token.kind {
            TokenKind::End => break token.pos,
            TokenKind::Punctuator('{' | '(' | '[') => open += 1,
            TokenKind::Punctuator('}' | ')' | ']') => open = open.saturating_sub(1),
            _ => {}
        }
        nesting = nesting.max(open);
        count += 1;
        // Those past the limit are only counted, for the answer.
        if count <= limits.max_tokens {
            tokens.push(token);
        }
    };
    Limit::Tokens.judge(count, limits.max_tokens, None)?;
    Limit::Brackets.judge(nesting, limits.max_nesting, None)?;
    syntax::parse(&tokens, end)
}
