//! Keeps the library from judging documents again that have been judged already.
//!
//! Even its fast mode walks the whole document at every request, looking each field up: an eighth of
//! what the server did itself for a post with its owner. Whatever it looks for has been looked for
//! once, by [`validation`](super::validation) and [`limits`](super::limits), before the document was
//! remembered. An extension costs something for every field that the library resolves, so it pays
//! where most are [`eager`](super::eager) or few.

use std::sync::Arc;

use async_graphql::{
    CacheControl, ServerError, ValidationResult, async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
};

/// Says of every document that it is fit to run.
#[derive(Default)]
pub(super) struct JudgedAlready(Arc<Fit>);

#[derive(Default)]
struct Fit;

impl ExtensionFactory for JudgedAlready {
    fn create(&self) -> Arc<dyn Extension> {
        self.0.clone()
    }
}

#[async_trait::async_trait]
impl Extension for Fit {
    async fn validation(
        &self,
        _: &ExtensionContext<'_>,
        _: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        // Neither number is asked for.
        Ok(ValidationResult { cache_control: CacheControl::default(), complexity: 0, depth: 0 })
    }
}
