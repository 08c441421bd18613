//! Ids as GraphQL writes them: the scalar `ID`, refused where it is read when it is of another kind.

use std::{borrow::Cow, fmt};

use async_graphql::{
    ContextSelectionSet, ID, InputType, InputValueError, InputValueResult, OutputType, Pos,
    Positioned, ServerResult, Value, parser::types::Field, registry::Registry,
};

use crate::error::{Code, Error};
pub use crate::id::*;

fn refused<T: InputType>(message: impl fmt::Display) -> InputValueError<T> {
    InputValueError::custom(message).with_extension("code", Code::BadUserInput.as_str())
}

macro_rules! graphql_id {
    ([$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> InputType for $type {
            type RawValueType = Self;

            fn type_name() -> Cow<'static, str> {
                <ID as InputType>::type_name()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <ID as InputType>::create_type_info(registry)
            }

            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                let ID(text) = <ID as InputType>::parse(value).map_err(InputValueError::propagate)?;
                Self::parse(&text).map_err(refused)
            }

            fn to_value(&self) -> Value {
                Value::String(self.to_string())
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }

        impl<$($generics)*> OutputType for $type {
            fn type_name() -> Cow<'static, str> {
                <ID as OutputType>::type_name()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <ID as OutputType>::create_type_info(registry)
            }

            async fn resolve(
                &self,
                _ctx: &ContextSelectionSet<'_>,
                _field: &Positioned<Field>,
            ) -> ServerResult<Value> {
                Ok(Value::String(self.text()))
            }
        }
    };
}

/// What an id that cannot be one says of itself, without the names of types that the library wraps
/// around it.
pub fn told(message: &str) -> Option<&str> {
    let (_, told) = message.strip_prefix("Failed to parse \"")?.split_once("\": ")?;
    let told = told.split(" (occurred while parsing").next().unwrap_or(told);
    [EXPECTED, EXPECTED_ANY].iter().any(|begins| told.starts_with(begins)).then_some(told)
}

/// An id as it was given to a field that may be null. The library hands the failure of an argument
/// on to what is around the field; what is wrong with this one the field itself says, so that it
/// alone is null.
pub struct Asked<T>(Result<T, String>);

impl<T> Asked<T> {
    /// The id.
    ///
    /// # Errors
    /// [`Error::BadUserInput`] when it is malformed or of another kind.
    pub fn get(self) -> Result<T, Error> {
        self.0.map_err(Error::bad_input)
    }
}

impl<T: InputType> InputType for Asked<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let message = |error: InputValueError<T>| {
            let message = error.into_server_error(Pos::default()).message;
            told(&message).map(str::to_owned).unwrap_or(message)
        };
        Ok(Self(T::parse(value).map_err(message)))
    }

    fn to_value(&self) -> Value {
        self.0.as_ref().map_or(Value::Null, T::to_value)
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

graphql_id!([K: Kind] Id<K>);
graphql_id!([] AnyId);
