//! Reads the values of variables, and no more of them than an operation can have a use for.
//!
//! A megabyte of JSON holds half a million values, each of which is stored, checked and dropped. So
//! they are counted while they are read, and reading ends at the first one too many.

use std::{cell::Cell, fmt};

use async_graphql::{Name, Value, Variables, indexmap::IndexMap};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Values in the variables of one request, those inside lists and objects and the names of fields
/// among them. As many as the longest list that an operation can ask with.
pub const MAX_VARIABLE_VALUES: usize = 5_000;

/// Why variables cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// They are no JSON object, or one that nests too deep.
    Malformed,
    /// They hold more values than [`MAX_VARIABLE_VALUES`].
    TooMany,
}

/// Reads variables from JSON.
///
/// # Errors
/// When they are not what they should be, or too many.
pub fn read_variables(json: &str) -> Result<Variables, Unreadable> {
    // The object around them is not one of them.
    let left = Cell::new(MAX_VARIABLE_VALUES + 1);
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = Counted(&left).deserialize(&mut reader);
    match read.and_then(|value| reader.end().map(|()| value)) {
        Ok(value @ Value::Object(_)) => Ok(Variables::from_value(value)),
        Err(_) if left.get() == 0 => Err(Unreadable::TooMany),
        _ => Err(Unreadable::Malformed),
    }
}

/// Reads one value while there are some left to read.
#[derive(Clone, Copy)]
struct Counted<'c>(&'c Cell<usize>);

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Counted<'_> {
    fn take<E: serde::de::Error>(self) -> Result<(), E> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| E::custom("too many values"))?;
        self.0.set(left);
        Ok(())
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.take()?;
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.take()?;
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.take()?;
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.take()?;
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.take()?;
        Ok(serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.take()?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.take()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        self.take()?;
        let mut object = IndexMap::new();
        while let Some(name) = fields.next_key::<Name>()? {
            self.take()?;
            object.insert(name, fields.next_value_seed(self)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    #[test]
    fn values_are_read_as_they_are() {
        let json = r#"{"a":[1,-2,0.5,true,null,"\u00e9"],"b":{"c":18446744073709551615}}"#;
        let read = read_variables(json).unwrap().into_value();
        let c = u64::MAX;
        assert_eq!(read, value!({"a": [1, -2, 0.5, true, null, "\u{e9}"], "b": {"c": c}}));
        let usual: Variables = serde_json::from_str(json).unwrap();
        assert_eq!(read, usual.into_value());
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for wrong in ["", "1", "[]", "{", "{}{}", "{\"a\":}", &deep] {
            assert_eq!(read_variables(wrong), Err(Unreadable::Malformed), "{wrong}");
        }
    }

    #[test]
    fn so_many_are_read_and_no_more() {
        let list = |count: usize| format!("{{\"a\":[{}]}}", vec!["1"; count].join(","));
        let read = read_variables(&list(MAX_VARIABLE_VALUES - 2)).unwrap();
        let Some(Value::List(items)) = read.get("a") else { panic!("{read}") };
        assert_eq!(items.len(), MAX_VARIABLE_VALUES - 2);
        assert_eq!(read_variables(&list(MAX_VARIABLE_VALUES - 1)), Err(Unreadable::TooMany));
        // The rest is not looked at.
        let rest = list(MAX_VARIABLE_VALUES - 1).replace("]}", ",");
        assert_eq!(read_variables(&rest), Err(Unreadable::TooMany));
    }
}
