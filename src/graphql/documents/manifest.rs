//! Manifests of documents, as the tools of three clients write them.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

/// A document in a manifest.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Entry {
    /// How clients name it.
    pub id: String,
    /// What a person calls it, where the manifest says.
    pub name: Option<String>,
    /// Its text.
    pub body: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    /// Apollo's `generate-persisted-query-manifest`.
    Apollo { format: String, version: u64, operations: Vec<Entry> },
    /// Relay's `persistConfig` file, graphql-codegen's `persistedDocuments`: texts by ids.
    Texts(BTreeMap<String, String>),
}

const APOLLO: &str = "apollo-persisted-query-manifest";

/// The documents of a file, or in a sentence what is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("it cannot be read: {error}"))?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let known = "it is neither a manifest of Apollo's, in version 1, nor an object of texts by ids";
    match serde_json::from_value(value).map_err(|_neither| known)? {
        Manifest::Apollo { format, version: 1, operations } if format == APOLLO => Ok(operations),
        Manifest::Apollo { .. } => Err(known.to_owned()),
        Manifest::Texts(texts) => {
            let entry = |(id, body)| Entry { id, name: None, body };
            Ok(texts.into_iter().map(entry).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_read_and_no_other() {
        let apollo = r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[
            {"id":"a","name":"A","type":"query","body":"{ __typename }"}]}"#;
        let (id, body) = ("a".to_owned(), "{ __typename }".to_owned());
        let entry = Entry { id: id.clone(), name: Some("A".into()), body: body.clone() };
        assert_eq!(parse(apollo).unwrap(), [entry]);
        let texts = parse(r#"{"a":"{ __typename }"}"#).unwrap();
        assert_eq!(texts, [Entry { id, name: None, body }]);
        assert!(parse(&apollo.replace(":1,", ":2,")).unwrap_err().contains("version 1"));
        for wrong in ["[]", r#"{"a":1}"#, r#"{"operations":[]}"#] {
            assert!(parse(wrong).unwrap_err().contains("neither"), "{wrong}");
        }
        assert!(parse("{").unwrap_err().contains("not JSON"));
    }
}
