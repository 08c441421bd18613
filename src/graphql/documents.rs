//! Documents, read and judged once for as long as they are remembered.
//!
//! Clients send the same few documents over and over. What does not depend on the request is kept
//! beside the parsed document: that it is within the limits and fits the schema. Apollo's automatic
//! persisted queries are the same memory, asked by a document's hash. What strangers can make the
//! server remember is bounded. Documents that a manifest names are known from the start, for good.

mod id;
mod manifest;
mod traits;
mod trusted;

use std::sync::{Arc, OnceLock};

use async_graphql::{
    Request, ServerError, Variables,
    parser::types::{ExecutableDocument, OperationDefinition, OperationType},
};
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};

pub use self::id::{DocumentHash, hash_of};
use self::trusted::Trusted;
use super::{
    limits::{self, Checked, Limits},
    schema_types::SchemaTypes,
    syntax::request_error,
    validation,
};
use crate::{
    config::{Config, TrustedMode},
    error::{Code, Error, Result},
};

/// How much text the documents of one memory may have in all. A parsed document takes some twenty
/// times its text, so this bounds each to about 20 MB in the worst case and to little in the usual.
const KEPT_BYTES: u64 = 1 << 20;
/// How many documents are expected; more are kept when they are short.
const EXPECTED: usize = 1_000;

/// How a request names its document.
#[derive(Debug)]
pub enum DocumentSource {
    /// By its text.
    Text(String),
    /// By its hash alone, in the hope that it is remembered.
    Hash(DocumentHash),
    /// By both, to be remembered.
    Both(String, DocumentHash),
    /// By the name that a manifest gave it.
    Id(String),
}

/// A document that fits the schema and the limits.
pub struct Document {
    checked: Checked,
    hash: DocumentHash,
    introspects: bool,
    /// Asked for when it runs, if ever.
    merges: OnceLock<bool>,
    text_bytes: u64,
}

impl Document {
    /// The hash of its text.
    #[must_use]
    pub fn hash(&self) -> DocumentHash {
        self.hash
    }

    /// Whether it asks about the schema itself.
    #[must_use]
    pub fn introspects(&self) -> bool {
        self.introspects
    }

    /// Whether a key stands twice in it with a selection below.
    #[must_use]
    pub fn merges(&self) -> bool {
        *self.merges.get_or_init(|| traits::merges(self.parsed()))
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

    /// Once for as long as it is remembered.
    fn log_as_unknown(&self) {
        let names = self.parsed().operations.iter().filter_map(|(name, _)| name);
        let operations: Vec<&str> = names.map(|name| name.as_str()).collect();
        let hash = id::hex(&self.hash);
        tracing::warn!(%hash, operations = operations.join(", "), "a document in no manifest");
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
}

/// All remembered documents, and what others are judged by.
pub struct Documents {
    types: &'static SchemaTypes,
    limits: Limits,
    by_text: Memory<String>,
    by_hash: Memory<DocumentHash>,
    trusted: Trusted,
}

impl Documents {
    /// Judges by this schema and configuration; remembers only trusted documents yet.
    ///
    /// # Errors
    /// When the schema's text cannot be read, or a manifest or a document in it is not right.
    pub fn new(config: &Config) -> Result<Self> {
        let types = super::types()?;
        let limits = Limits::new(config);
        let trusted = Trusted::load(config, |text| judge(text, types, &limits))
            .map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self {
            types,
            limits,
            by_text: Cache::with_weighter(EXPECTED, KEPT_BYTES, TextLength),
            by_hash: Cache::with_weighter(EXPECTED, KEPT_BYTES, TextLength),
            trusted,
        })
    }

    /// The schema's types.
    #[must_use]
    pub fn types(&self) -> &'static SchemaTypes {
        self.types
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
            document.checked.admit(operation_name, &variables, self.types, &self.limits)?;
        let name = admission.operation_name;
        if let Some(operation) = document.operation(name.as_deref()) {
            validation::check_variables(operation, &variables, self.types)?;
        }
        if traits::any_null_character(&variables) {
            return Err(vec![null_character()]);
        }
        Ok(Admitted { document, variables, kind: admission.operation_type, name })
    }

    fn find(&self, source: DocumentSource) -> Result<Arc<Document>, Vec<ServerError>> {
        if let DocumentSource::Text(text) | DocumentSource::Both(text, _) = &source {
            limits::judge_length(text, &self.limits)?;
        }
        match source {
            DocumentSource::Text(text) => self.read(text),
            DocumentSource::Hash(hash) => self.recall(&hash),
            DocumentSource::Both(text, hash) => {
                if Sha256::digest(&text).as_slice() != hash {
                    return Err(vec![wrong_hash()]);
                }
                let document = self.read(text)?;
                self.by_hash.insert(hash, document.clone());
                Ok(document)
            }
            DocumentSource::Id(id) => match self.trusted.by_id(&id) {
                Some(document) => Ok(document.clone()),
                None => self.recall(&hash_of(&id).ok_or_else(|| vec![not_found()])?),
            },
        }
    }

    fn recall(&self, hash: &DocumentHash) -> Result<Arc<Document>, Vec<ServerError>> {
        let trusted = self.trusted.by_hash(hash).cloned();
        trusted.or_else(|| self.by_hash.get(hash)).ok_or_else(|| vec![not_found()])
    }

    fn read(&self, text: String) -> Result<Arc<Document>, Vec<ServerError>> {
        if let Some(known) = self.by_text.get(&text) {
            return Ok(known);
        }
        let trusts = self.trusted.mode() != TrustedMode::Off;
        let hash = trusts.then(|| Sha256::digest(&text).into());
        if let Some(trusted) = hash.and_then(|hash| self.trusted.by_hash(&hash)) {
            return Ok(trusted.clone());
        }
        if self.trusted.mode() == TrustedMode::Only {
            return Err(vec![not_trusted()]);
        }
        let document = Arc::new(judge(&text, self.types, &self.limits)?);
        if self.trusted.mode() == TrustedMode::Log {
            document.log_as_unknown();
        }
        self.by_text.insert(text, document.clone());
        Ok(document)
    }
}

/// Reads a document and decides whether it fits.
fn judge(text: &str, types: &SchemaTypes, limits: &Limits) -> Result<Document, Vec<ServerError>> {
    let checked = limits::check(text, limits)?;
    if traits::has_null_character(text) {
        return Err(vec![null_character()]);
    }
    validation::validate(checked.document(), types)?;
    let introspects = traits::introspects(checked.document());
    let (hash, text_bytes) = (Sha256::digest(text).into(), text.len() as u64);
    Ok(Document { checked, hash, introspects, merges: OnceLock::new(), text_bytes })
}

fn not_found() -> ServerError {
    // Apollo's client knows this message by heart.
    request_error(Code::PersistedQueryNotFound, "PersistedQueryNotFound", &[])
}

fn not_trusted() -> ServerError {
    let message = "This server runs only the documents that it was given beforehand, and this is \
                   none of them.";
    request_error(Code::PersistedQueryNotFound, message, &[])
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
mod tests;
