//! Documents that the operator trusts: those of the manifests, read and judged once, at start.

use std::{collections::HashMap, path::Path, sync::Arc};

use async_graphql::ServerError;

use super::{
    Document,
    id::{DocumentHash, hash_of},
    manifest::{self, Entry},
};
use crate::config::{Config, TrustedMode};

/// Why a manifest cannot be used. Says which file and which document.
#[derive(Debug, thiserror::Error)]
#[error("TRUSTED_DOCUMENTS: {file}: {problem}")]
pub(super) struct ManifestError {
    file: String,
    problem: String,
}

/// The documents of all manifests.
pub(super) struct Trusted {
    mode: TrustedMode,
    by_id: HashMap<String, Arc<Document>>,
    by_hash: HashMap<DocumentHash, Arc<Document>>,
}

impl Trusted {
    /// Reads the manifests of a configuration and judges what is in them.
    pub fn load(
        config: &Config,
        judge: impl Fn(&str) -> Result<Document, Vec<ServerError>>,
    ) -> Result<Self, ManifestError> {
        let mode = config.trusted_documents_mode;
        let mut trusted = Self { mode, by_id: HashMap::new(), by_hash: HashMap::new() };
        if mode == TrustedMode::Off {
            return Ok(trusted);
        }
        for path in &config.trusted_documents.0 {
            let failed = |problem| ManifestError { file: shown(path), problem };
            for entry in manifest::read(path).map_err(failed)? {
                trusted.add(entry, &judge).map_err(failed)?;
            }
        }
        Ok(trusted)
    }

    fn add(
        &mut self,
        entry: Entry,
        judge: impl Fn(&str) -> Result<Document, Vec<ServerError>>,
    ) -> Result<(), String> {
        let named = match &entry.name {
            Some(name) => format!("the document {name} ({})", entry.id),
            None => format!("the document {}", entry.id),
        };
        let document = judge(&entry.body).map_err(|errors| {
            let reasons: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
            format!("{named} does not fit this server: {}", reasons.join(" "))
        })?;
        // Apollo's client sends such an id as the hash, which it had better be.
        if hash_of(&entry.id).is_some_and(|hash| hash != document.hash()) {
            return Err(format!("{named} has the SHA-256 of another text for an id"));
        }
        let document = self.by_hash.entry(document.hash()).or_insert(Arc::new(document)).clone();
        let known = self.by_id.entry(entry.id).or_insert_with(|| document.clone());
        if known.hash() == document.hash() {
            Ok(())
        } else {
            Err(format!("{named} is there twice, with different texts"))
        }
    }

    pub fn mode(&self) -> TrustedMode {
        self.mode
    }

    pub fn by_id(&self, id: &str) -> Option<&Arc<Document>> {
        self.by_id.get(id)
    }

    pub fn by_hash(&self, hash: &DocumentHash) -> Option<&Arc<Document>> {
        self.by_hash.get(hash)
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
