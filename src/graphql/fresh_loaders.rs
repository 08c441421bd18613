//! Gives every event of a subscription loaders of its own.
//!
//! The data of a subscription's request lives as long as its stream: loaders kept there would answer
//! later events with what the first one saw. Queries and mutations get theirs with the request, and
//! are spared what an extension costs.

use std::sync::Arc;

use async_graphql::{
    Data, Response,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};

use super::{context::RequestInfo, loaders::Loaders};
use crate::app::App;

pub(super) struct FreshLoaders;

impl ExtensionFactory for FreshLoaders {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for FreshLoaders {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let app = ctx.data_unchecked::<App>();
        let viewer = ctx.data_unchecked::<RequestInfo>().viewer;
        let mut data = Data::default();
        data.insert(Loaders::new(&app.db, viewer.map(|viewer| viewer.user_id)));
        next.run_with_data(ctx, operation_name, data).await
    }
}
