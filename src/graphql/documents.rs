//! Documents that were parsed, judged and validated once, kept for the next request that sends them.
//!
//! Clients send the same few documents with ever new variables. What does not depend on variables
//! is done once a document while it is kept; a document that is refused is not kept.

use std::sync::Arc;

use async_graphql::{ServerError, Variables};
use quick_cache::{Weighter, sync::Cache};

use super::{
    limits::{self, Admission, Checked, Limits},
    schema_types::SchemaTypes,
    validation,
};

/// How much text the kept documents may have in all. A parsed document takes some twenty times its
/// text, so this bounds the cache to about 80 MB in the worst case and to little in the usual one.
const KEPT_BYTES: u64 = 4 << 20;
/// How many documents are expected; the cache holds more when they are short.
const EXPECTED: usize = 1_000;

#[derive(Clone)]
struct TextLength;

impl Weighter<String, Arc<Checked>> for TextLength {
    fn weight(&self, text: &String, _document: &Arc<Checked>) -> u64 {
        text.len() as u64
    }
}

/// The judge of documents, with its memory.
pub struct Documents {
    types: SchemaTypes,
    limits: Limits,
    kept: Cache<String, Arc<Checked>, TextLength>,
}

impl Documents {
    /// A judge for the schema of this text.
    #[must_use]
    pub fn new(types: SchemaTypes, limits: Limits) -> Self {
        Self { types, limits, kept: Cache::with_weighter(EXPECTED, KEPT_BYTES, TextLength) }
    }

    /// The document of this text, if it is within the limits and fits the schema.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn get(&self, text: &str) -> Result<Arc<Checked>, Vec<ServerError>> {
        if let Some(known) = self.kept.get(text) {
            return Ok(known);
        }
        let checked = limits::check(text, &self.limits).map_err(|error| vec![error])?;
        validation::validate(checked.document(), &self.types)?;
        let checked = Arc::new(checked);
        self.kept.insert(text.to_owned(), checked.clone());
        Ok(checked)
    }

    /// The operation of a document that a request means, if its variables fit and it may cost what
    /// it costs with them.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn admit(
        &self,
        document: &Checked,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<Admission, Vec<ServerError>> {
        let admission = document
            .admit(operation_name, variables, &self.types, &self.limits)
            .map_err(|error| vec![error])?;
        let name = admission.operation_name.as_deref();
        let chosen = document.document().operations.iter();
        for (_, operation) in chosen.filter(|(known, _)| known.map(|n| n.as_str()) == name) {
            validation::check_variables(&operation.node, variables, &self.types)?;
        }
        Ok(admission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDL: &str = "type Query { echo(text: String!): String }";

    fn documents() -> Documents {
        Documents::new(SchemaTypes::from_sdl(SDL).unwrap(), Limits::default())
    }

    #[test]
    fn a_document_is_judged_once() {
        let documents = documents();
        let first = documents.get("{ echo(text: \"a\") }").unwrap();
        let second = documents.get("{ echo(text: \"a\") }").unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn a_refused_document_is_not_kept() {
        let documents = documents();
        assert!(documents.get("{ cry }").is_err());
        assert!(documents.get("{").is_err());
        assert_eq!(documents.kept.len(), 0);
    }

    #[test]
    fn variables_are_judged_each_time() {
        let documents = documents();
        let document = documents.get("query Q($t: String!) { echo(text: $t) }").unwrap();
        let right = Variables::from_json(serde_json::json!({ "t": "a" }));
        let wrong = Variables::from_json(serde_json::json!({ "t": 7 }));
        assert!(documents.admit(&document, Some("Q"), &right).is_ok());
        assert!(documents.admit(&document, Some("Q"), &wrong).is_err());
        assert!(documents.admit(&document, Some("P"), &right).is_err());
    }

    #[test]
    fn the_memory_is_bounded() {
        let documents = documents();
        let filler = "x".repeat(14_000);
        for n in 0..400 {
            documents.get(&format!("{{ echo(text: \"{filler}{n}\") }}")).unwrap();
        }
        assert!(documents.kept.weight() <= KEPT_BYTES);
    }
}
