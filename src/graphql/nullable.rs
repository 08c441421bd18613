//! What a nullable field returns.
//!
//! The library hands the error of a `Result<Option<T>>` on to the parent, which would blank
//! everything beside the field. By the specification the error of a nullable field nulls that field
//! alone, which is what a [`Nullable`] does.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};

use crate::error::Result;

/// A value, its absence, or a failure that nulls this field and no other.
pub struct Nullable<T>(async_graphql::Result<Option<T>>);

impl<T> From<Result<Option<T>>> for Nullable<T> {
    fn from(result: Result<Option<T>>) -> Self {
        Self(result.map_err(Into::into))
    }
}

impl<T> Nullable<T> {
    /// The value or its absence; nothing where it failed.
    pub fn ok(self) -> Option<Option<T>> {
        self.0.ok()
    }
}

impl<T: OutputType + Sync> OutputType for Nullable<T> {
    fn type_name() -> Cow<'static, str> {
        <Option<T> as OutputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Option<T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Option<T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match &self.0 {
            Ok(value) => value.resolve(ctx, field).await,
            Err(error) => {
                let error = error.clone().into_server_error(field.pos);
                ctx.add_error(ctx.set_error_path(error));
                Ok(Value::Null)
            }
        }
    }
}
