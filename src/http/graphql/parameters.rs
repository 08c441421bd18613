//! The parameters of a request, as the specification names them, each of its right type.
//!
//! JSON that nests deeper than 128 levels is refused by the reader, before anything recurses.

use std::borrow::Cow;

use async_graphql::Variables;
use axum::{extract::Query, http::Uri};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Refusal;
use crate::graphql::{
    documents::{DocumentHash, DocumentSource, hash_of},
    execution::Operation,
    limits::{MAX_VARIABLE_VALUES, Unreadable, read_variables},
};

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Parameters {
    document: DocumentSource,
    operation_name: Option<String>,
    variables: Variables,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    /// The specification of persisted documents has `documentId`, Relay's documentation `doc_id`,
    /// others `id`.
    #[serde(borrow, alias = "doc_id")]
    document_id: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    operation_name: Option<&'a RawValue>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InAddress {
    query: Option<String>,
    #[serde(alias = "doc_id")]
    document_id: Option<String>,
    id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl Parameters {
    /// The parameters of a JSON body.
    pub fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(body)
            .map_err(|_unreadable| Refusal::bad_request("The request body is not UTF-8."))?;
        if text.trim_start().starts_with('[') {
            return Err(Refusal::bad_request(
                "Several operations in one request are not accepted; send them one by one.",
            ));
        }
        let raw: Raw<'_> = serde_json::from_str(text).map_err(|error| {
            Refusal::bad_request(format!(
                "The request body must be a JSON object with the parameters of an operation; \
                 reading it failed at line {} column {}.",
                error.line(),
                error.column()
            ))
        })?;
        let query = raw.query.map(|query| string("query", query.get())).transpose()?;
        // Beside a text it says nothing, and may be anything.
        let id = raw.document_id.or(raw.id).filter(|_| query.as_deref().is_none_or(str::is_empty));
        Self::from_texts(
            query,
            id.map(|id| string("documentId", id.get())).transpose()?,
            raw.operation_name.map(|name| string("operationName", name.get())).transpose()?,
            raw.variables.map(RawValue::get),
            raw.extensions.map(RawValue::get),
        )
    }

    /// The parameters of a GET request.
    pub fn from_uri(uri: &Uri) -> Result<Self, Refusal> {
        let Query(found) = Query::<InAddress>::try_from_uri(uri).map_err(|_unreadable| {
            Refusal::bad_request("The parameters of the address cannot be read.")
        })?;
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (variables, extensions) = (given(found.variables), given(found.extensions));
        Self::from_texts(
            given(found.query),
            given(found.document_id.or(found.id)),
            given(found.operation_name),
            variables.as_deref(),
            extensions.as_deref(),
        )
    }

    fn from_texts(
        query: Option<String>,
        id: Option<String>,
        operation_name: Option<String>,
        variables: Option<&str>,
        extensions: Option<&str>,
    ) -> Result<Self, Refusal> {
        let variables = variables.map(read_values).transpose()?;
        let extensions: Option<Extensions> =
            extensions.map(|text| object("extensions", text)).transpose()?;
        let persisted = extensions.and_then(|extensions| extensions.persisted_query);
        let hash = persisted.map(PersistedQuery::hash).transpose()?;
        // Clients of graphql-transport-ws must send a text; of a document with a name it is empty.
        let is_named = hash.is_some() || id.is_some();
        let query = query.filter(|text| !text.is_empty() || !is_named);
        let document = match (query, hash, id) {
            (Some(text), None, _) => DocumentSource::Text(text),
            (Some(text), Some(hash), _) => DocumentSource::Both(text, hash),
            (None, Some(hash), _) => DocumentSource::Hash(hash),
            (None, None, Some(id)) => DocumentSource::Id(id),
            (None, None, None) => {
                let message = "The parameter `query` is missing: the text of an operation.";
                return Err(Refusal::bad_request(message));
            }
        };
        Ok(Self { document, operation_name, variables: variables.unwrap_or_default() })
    }

    /// The variables, for what comes beside them.
    pub fn variables_mut(&mut self) -> &mut Variables {
        &mut self.variables
    }

    /// The operation that is asked for.
    pub fn into_operation(self) -> Operation {
        let Self { document, operation_name, variables } = self;
        Operation { document, operation_name, variables }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    persisted_query: Option<PersistedQuery>,
}

/// A document named by its hash, as Apollo's clients send it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersistedQuery {
    version: u64,
    sha256_hash: String,
}

impl PersistedQuery {
    fn hash(self) -> Result<DocumentHash, Refusal> {
        let hash = hash_of(&self.sha256_hash).filter(|_| self.version == 1);
        hash.ok_or_else(|| {
            Refusal::bad_request("persistedQuery needs version 1 and a SHA-256 in hex.")
        })
    }
}

fn string(name: &str, json: &str) -> Result<String, Refusal> {
    let text: Cow<'_, str> = serde_json::from_str(json).map_err(|_unreadable| {
        if has_half_a_character(json) {
            return half_a_character(name);
        }
        Refusal::bad_request(format!("The parameter `{name}` must be a string."))
    })?;
    Ok(text.into_owned())
}

fn object<'a, T: Deserialize<'a>>(name: &str, json: &'a str) -> Result<T, Refusal> {
    if !json.trim_start().starts_with('{') {
        return Err(no_object(name));
    }
    serde_json::from_str(json).map_err(|_unreadable| no_object(name))
}

fn read_values(json: &str) -> Result<Variables, Refusal> {
    read_variables(json).map_err(|unreadable| match unreadable {
        Unreadable::Malformed if has_half_a_character(json) => half_a_character("variables"),
        Unreadable::Malformed => no_object("variables"),
        Unreadable::TooMany => Refusal::too_complex(format!(
            "The parameter `variables` holds too many values; the limit is {MAX_VARIABLE_VALUES}."
        )),
    })
}

/// Whether a JSON text has one of two escapes that are a character only together, as is left of a text
/// that was cut between its UTF-16 units.
fn has_half_a_character(json: &str) -> bool {
    // A backslash that stands for itself begins no escape.
    let json = json.replace(r"\\", "  ");
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix(r"\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let is_first = |at| matches!(unit(at), Some(0xd800..=0xdbff));
    let is_second = |at| matches!(unit(at), Some(0xdc00..=0xdfff));
    json.match_indices(r"\u").any(|(at, _)| {
        is_first(at) && !is_second(at + 6)
            || is_second(at) && !at.checked_sub(6).is_some_and(is_first)
    })
}

fn half_a_character(name: &str) -> Refusal {
    let message = format!(
        "The parameter `{name}` has half of a character, as is left of a text that was cut in the \
         middle of an emoji: an unpaired surrogate."
    );
    Refusal::bad_request(message)
}

fn no_object(name: &str) -> Refusal {
    let message = format!("The parameter `{name}` must be a JSON object of reasonable depth.");
    Refusal::bad_request(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_found() {
        for (json, is_broken) in [
            (r#""\ud83d""#, true),
            (r#""\ude00\ud83d""#, true),
            (r#""\uD83D \uDE00""#, true),
            (r#""\ud83d\ude00\ud83d""#, true),
            (r#""\ud83d\ude00""#, false),
            (r#""\\ud83d""#, false),
            (r#""\u00e9 \u12"#, false),
        ] {
            assert_eq!(has_half_a_character(json), is_broken, "{json}");
        }
    }
}
