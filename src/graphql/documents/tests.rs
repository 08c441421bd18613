//! What the memory remembers, what it forgets, and what it refuses.

use super::*;
use crate::config::Source;

fn documents() -> Documents {
    let config = Config::read(&Source::default()).unwrap();
    Documents::new(&config).unwrap()
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
fn a_document_that_is_too_long_is_refused_before_its_hash_is_checked() {
    let (documents, text) = (documents(), "{ __typename }".repeat(10_000));
    for source in [DocumentSource::Text(text.clone()), DocumentSource::Both(text.clone(), [0; 32])]
    {
        let refused = admit(&documents, source).err().unwrap();
        assert!(refused.starts_with("This document is 140000 characters long"), "{refused}");
    }
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

#[test]
fn a_document_merges_where_a_key_with_a_selection_stands_twice() {
    let documents = documents();
    let merges = |text: &str| {
        admit(&documents, DocumentSource::Text(text.into())).unwrap().document.merges()
    };
    for text in [
        "{ posts { nodes { id title id } } me { id } }",
        "{ one: posts { nodes { id } } other: posts { nodes { id } } }",
        "{ posts { ...A } } fragment A on PostConnection { nodes { id ...B } } fragment B on Post { id }",
    ] {
        assert!(!merges(text), "{text}");
    }
    for text in [
        "{ me { id } me { username } }",
        "{ posts { nodes { id } ... { nodes { title } } } }",
        "{ posts { nodes { owner { id } ...A } } } fragment A on Post { ...B } fragment B on Post { owner { bio } }",
        "{ posts { ...A ...A } } fragment A on PostConnection { nodes { id } }",
    ] {
        assert!(merges(text), "{text}");
    }
}
