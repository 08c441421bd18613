//! Documents, read and judged once for as long as they are remembered.
//!
//! Clients send the same few documents over and over. What does not depend on the request is kept
//! beside the parsed document: that it is within the limits and fits the schema. Apollo's automatic
//! persisted queries are the same memory, asked by a document's hash. What strangers can make the
//! server remember is bounded.

mod traits;

use std::sync::Arc;

use async_graphql::{
    Request, ServerError, Variables,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType},
};
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};

use super::{
    limits::{self, Checked, Limits},
    schema_types::SchemaTypes,
    syntax::request_error,
    validation,
};
use crate::{
    config::Config,
    error::{Code, Error, Result},
};

/// How much text the documents of one memory may have in all. A parsed document takes some twenty
/// times its text, so this bounds each to about 20 MB in the worst case and to little in the usual.
const KEPT_BYTES: u64 = 1 << 20;
/// How many documents are expected; more are kept when they are short.
const EXPECTED: usize = 1_000;

/// The SHA-256 of a document's text.
pub type DocumentHash = [u8; 32];

/// How a request names its document.
#[derive(Debug)]
pub enum DocumentSource {
    /// By its text.
    Text(String),
    /// By its hash alone, in the hope that it is remembered.
    Hash(DocumentHash),
    /// By both, to be remembered.
    Both(String, DocumentHash),
}

/// A document that fits the schema and the limits.
pub struct Document {
    checked: Checked,
    hash: DocumentHash,
    introspects: bool,
    text_bytes: u64,
}

impl Document {
    /// The hash of its text.
    #[must_use]
    pub fn hash(&self) -> DocumentHash {
        self.hash
    }

    /// Its operations and fragments.
    #[must_use]
    pub fn parsed(&self) -> &ExecutableDocument {
        self.checked.document()
    }

    /// Its operation of this name, which is known to be there.
    #[must_use]
    pub fn operation(&self, name: Option<&str>) -> Option<&OperationDefinition> {
        let mut operations = self.parsed().operations.iter();
        let found = operations.find(|(known, _)| known.map(|known| known.as_str()) == name);
        found.map(|(_, operation)| &operation.node)
    }

    /// A request to run one of its operations.
    #[must_use]
    pub fn request(&self, operation: Option<&str>, variables: Variables) -> Request {
        let mut request = Request::new(String::new()).variables(variables);
        request.operation_name = operation.map(str::to_owned);
        request.set_parsed_query(self.parsed().clone());
        request
    }
}

#[derive(Clone)]
struct TextLength;

impl<K> Weighter<K, Arc<Document>> for TextLength {
    fn weight(&self, _key: &K, document: &Arc<Document>) -> u64 {
        document.text_bytes
    }
}

type Memory<K> = Cache<K, Arc<Document>, TextLength>;

/// An operation that may be run.
pub struct Admitted {
    /// Where it stands.
    pub document: Arc<Document>,
    /// The values of its variables.
    pub variables: Variables,
    /// Whether it reads, writes or subscribes.
    pub kind: OperationType,
    /// Its name in the document.
    pub name: Option<String>,
    /// Whether it asks about the schema itself.
    pub introspects: bool,
}

/// All remembered documents, and what others are judged by.
pub struct Documents {
    types: SchemaTypes,
    limits: Limits,
    by_text: Memory<String>,
    by_hash: Memory<DocumentHash>,
}

impl Documents {
    /// Judges by this schema and configuration; remembers nothing yet.
    ///
    /// # Errors
    /// When the schema's text cannot be read.
    pub fn new(sdl: &str, config: &Config) -> Result<Self> {
        Ok(Self {
            types: SchemaTypes::from_sdl(sdl)
                .map_err(|error| Error::internal(error.to_string()))?,
            limits: Limits::new(config),
            by_text: Cache::with_weighter(EXPECTED, KEPT_BYTES, TextLength),
            by_hash: Cache::with_weighter(EXPECTED, KEPT_BYTES, TextLength),
        })
    }

    /// The schema's types.
    #[must_use]
    pub fn types(&self) -> &SchemaTypes {
        &self.types
    }

    /// Decides whether an operation may run.
    ///
    /// # Errors
    /// All reasons why it may not.
    pub fn admit(
        &self,
        source: DocumentSource,
        operation_name: Option<&str>,
        variables: Variables,
    ) -> Result<Admitted, Vec<ServerError>> {
        let document = self.find(source)?;
        let admission =
            document.checked.admit(operation_name, &variables, &self.types, &self.limits)?;
        let name = admission.operation_name;
        if let Some(operation) = document.operation(name.as_deref()) {
            validation::check_variables(operation, &variables, &self.types)?;
        }
        if traits::any_null_character(&variables) {
            return Err(vec![null_character()]);
        }
        let introspects = document.introspects;
        Ok(Admitted { document, variables, kind: admission.operation_type, name, introspects })
    }

    fn find(&self, source: DocumentSource) -> Result<Arc<Document>, Vec<ServerError>> {
        match source {
            DocumentSource::Text(text) => self.read(text),
            DocumentSource::Hash(hash) => self.by_hash.get(&hash).ok_or_else(|| vec![not_found()]),
            DocumentSource::Both(text, hash) => {
                if Sha256::digest(&text).as_slice() != hash {
                    return Err(vec![wrong_hash()]);
                }
                let document = self.read(text)?;
                self.by_hash.insert(hash, document.clone());
                Ok(document)
            }
        }
    }

    fn read(&self, text: String) -> Result<Arc<Document>, Vec<ServerError>> {
        if let Some(known) = self.by_text.get(&text) {
            return Ok(known);
        }
        let checked = limits::check(&text, &self.limits)?;
        if traits::has_null_character(&text) {
            return Err(vec![null_character()]);
        }
        validation::validate(checked.document(), &self.types)?;
        let introspects = traits::introspects(checked.document());
        let (hash, text_bytes) = (Sha256::digest(&text).into(), text.len() as u64);
        let document = Arc::new(Document { checked, hash, introspects, text_bytes });
        self.by_text.insert(text, document.clone());
        Ok(document)
    }
}

fn not_found() -> ServerError {
    // Apollo's client knows this message by heart.
    request_error(Code::PersistedQueryNotFound, "PersistedQueryNotFound", &[])
}

fn wrong_hash() -> ServerError {
    let message = "The given sha256Hash is not that of the given query.";
    request_error(Code::BadUserInput, message, &[])
}

fn null_character() -> ServerError {
    let message = "Texts with a null character (U+0000) are not accepted.";
    request_error(Code::BadUserInput, message, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn documents() -> Documents {
        let config = Config::read(&Source::default()).unwrap();
        Documents::new(&crate::graphql::sdl(), &config).unwrap()
    }

    fn admit(documents: &Documents, source: DocumentSource) -> Result<Admitted, String> {
        let admitted = documents.admit(source, None, Variables::default());
        admitted.map_err(|errors| errors[0].message.clone())
    }

    #[test]
    fn a_document_is_known_by_its_hash_once_it_was_seen_with_it() {
        let (documents, text) = (documents(), "{ __typename }".to_owned());
        let hash: DocumentHash = Sha256::digest(&text).into();
        let unknown = admit(&documents, DocumentSource::Hash(hash));
        assert_eq!(unknown.err().unwrap(), "PersistedQueryNotFound");
        assert!(admit(&documents, DocumentSource::Both(text.clone(), [0; 32])).is_err());
        assert!(admit(&documents, DocumentSource::Both(text, hash)).is_ok());
        assert!(admit(&documents, DocumentSource::Hash(hash)).is_ok());
        assert!(admit(&documents, DocumentSource::Hash([0; 32])).is_err());
    }

    #[test]
    fn a_document_that_does_not_fit_is_not_remembered() {
        let (documents, text) = (documents(), "{ nothing }".to_owned());
        let hash: DocumentHash = Sha256::digest(&text).into();
        for _ in 0..2 {
            let refused = admit(&documents, DocumentSource::Both(text.clone(), hash));
            assert!(refused.err().unwrap().contains("nothing"));
        }
        let unknown = admit(&documents, DocumentSource::Hash(hash));
        assert_eq!(unknown.err().unwrap(), "PersistedQueryNotFound");
    }

    #[test]
    fn null_characters_are_refused_however_they_are_written() {
        let documents = documents();
        for text in ["\\u0000", "\\u{0}", "\\u{00}", "\0"] {
            let text = format!("{{ user(by: {{ username: \"a{text}\" }}) {{ id }} }}");
            assert!(admit(&documents, DocumentSource::Text(text.clone())).is_err(), "{text}");
        }
        let escaped = r#"{ user(by: { username: "\\u0000" }) { id } }"#;
        assert!(admit(&documents, DocumentSource::Text(escaped.into())).is_ok());
    }

    #[test]
    fn a_document_is_judged_once() {
        let documents = documents();
        let first = documents.read("{ __typename }".into()).ok().unwrap();
        let second = documents.read("{ __typename }".into()).ok().unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert!(documents.read("{".into()).is_err());
        assert_eq!(documents.by_text.len(), 1);
    }

    #[test]
    fn variables_are_judged_each_time() {
        let documents = documents();
        let admit = |name, value: serde_json::Value| {
            let text = "query Q($id: ID!) { node: post(id: $id) { id } }".to_owned();
            let variables = Variables::from_json(serde_json::json!({ "id": value }));
            documents.admit(DocumentSource::Text(text), Some(name), variables).is_ok()
        };
        assert!(admit("Q", "a".into()));
        assert!(!admit("Q", serde_json::Value::Null));
        assert!(!admit("Q", "a\0".into()));
        assert!(!admit("P", "a".into()));
    }

    #[test]
    fn the_memory_is_bounded() {
        let (documents, filler) = (documents(), "x".repeat(14_000));
        for n in 0..200 {
            let text = format!("{{ user(by: {{ username: \"{filler}{n}\" }}) {{ id }} }}");
            assert!(documents.read(text).is_ok());
        }
        assert!(documents.by_text.weight() <= KEPT_BYTES);
    }
}
