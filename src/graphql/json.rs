//! JSON, written once: straight into the bytes that the client gets.
//!
//! The library makes a tree of values of every answer, some allocations a field, which is then
//! written. What an object knows at once is written here instead, whole pages of objects into one
//! piece of text, and stands in the tree as it is: as binary data, of which the schema has none
//! otherwise.

use async_graphql::{Value, resolver_utils};
use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::id::{Id, Kind};
use crate::json_string;

/// JSON under construction.
#[derive(Default)]
pub struct Json {
    text: Vec<u8>,
}

impl Json {
    /// With room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes) }
    }

    /// Appends punctuation, or other text that is JSON already.
    pub fn raw(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// Appends a value. An `Option` so that writers of fields can end with it.
    #[expect(clippy::unnecessary_wraps, reason = "what writes a field can end with it")]
    pub fn put(&mut self, value: impl Written) -> Option<()> {
        value.write(&mut self.text);
        Some(())
    }

    /// Appends the key of an object's entry.
    pub fn key(&mut self, is_first: bool, name: &str) {
        self.raw(if is_first { b"\"" } else { b",\"" });
        // A response key is a GraphQL name, so there is nothing to escape.
        self.raw(name.as_bytes());
        self.raw(b"\":");
    }

    /// As a value that is written as it is.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Binary(Bytes::from(self.text))
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.text
    }
}

/// What can be written as JSON.
pub trait Written {
    /// Appends it.
    fn write(&self, out: &mut Vec<u8>);
}

impl<T: Written + ?Sized> Written for &T {
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }
}

impl<T: Written> Written for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl Written for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Written for i32 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes());
    }
}

impl Written for DateTime<Utc> {
    fn write(&self, out: &mut Vec<u8>) {
        quote(out, &self.to_rfc3339());
    }
}

impl<K: Kind> Written for Id<K> {
    fn write(&self, out: &mut Vec<u8>) {
        quote(out, &self.text());
    }
}

/// A value of an enum of the schema.
pub struct EnumValue<T>(pub T);

impl<T: resolver_utils::EnumType> Written for EnumValue<T> {
    fn write(&self, out: &mut Vec<u8>) {
        let item = T::items().iter().find(|item| item.value == self.0);
        quote(out, item.map_or("", |item| item.name));
    }
}

impl Written for str {
    fn write(&self, out: &mut Vec<u8>) {
        json_string::write(out, self);
    }
}

/// Text in which nothing is to be escaped.
fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

impl Written for Value {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean(value) => value.write(out),
            Self::Number(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Self::String(value) => value.as_str().write(out),
            Self::Enum(name) => quote(out, name),
            Self::Binary(written) => out.extend_from_slice(written),
            Self::List(values) => {
                out.push(b'[');
                for (n, value) in values.iter().enumerate() {
                    if n > 0 {
                        out.push(b',');
                    }
                    value.write(out);
                }
                out.push(b']');
            }
            Self::Object(entries) => {
                out.push(b'{');
                for (n, (key, value)) in entries.iter().enumerate() {
                    if n > 0 {
                        out.push(b',');
                    }
                    // Input values can be echoed, whose keys are names, too.
                    key.as_str().write(out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: impl Written) -> String {
        let mut json = Json::default();
        json.put(value);
        String::from_utf8(json.into_bytes()).unwrap()
    }

    #[test]
    fn values_are_written_as_serde_writes_them() {
        let value = async_graphql::value!({
            "nothing": null, "yes": true, "count": 12, "ratio": 0.5, "text": "a \"b\"",
            "list": [1, [], {}, { "x": -3 }],
        });
        let value = Value::List(vec![value, Value::Enum(async_graphql::Name::new("UP"))]);
        assert_eq!(written(&value), serde_json::to_string(&value).unwrap());
    }

    #[test]
    fn what_is_written_already_stands_as_it_is() {
        let mut inner = Json::default();
        inner.raw(br#"{"a":1}"#);
        let value = Value::List(vec![inner.into_value(), Value::Null]);
        assert_eq!(written(&value), r#"[{"a":1},null]"#);
    }

    #[test]
    fn moments_are_written_as_the_library_writes_them() {
        for text in
            ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678901Z", "1969-12-31T23:59:59.5Z"]
        {
            let at: DateTime<Utc> = text.parse().unwrap();
            let value = async_graphql::ScalarType::to_value(&at);
            assert_eq!(written(at), serde_json::to_string(&value).unwrap());
        }
    }
}
