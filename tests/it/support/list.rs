//! Walks a list of the API page by page.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::client::Client;

/// A list of the API. The document has the alias `list` at `path` with `nodes { id }` and `pageInfo`,
/// and declares `$first`, `$after`, `$last` and `$before`.
pub struct List<'a> {
    pub client: &'a Client,
    pub document: String,
    pub variables: Value,
    pub path: &'a str,
}

impl List<'_> {
    /// A page of it.
    pub async fn page(&self, arguments: Value) -> Value {
        let mut variables = self.variables.clone();
        variables.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
        let answer = self.client.query(&self.document, variables).await;
        answer.data(self.path).clone()
    }

    /// The ids of the whole list, in its order; `between` runs after each page.
    pub async fn walk(&self, backward: bool, between: impl AsyncFn()) -> Vec<String> {
        self.walk_by(1..=9, backward, between).await
    }

    /// The same by pages of these sizes.
    pub async fn walk_by(
        &self,
        sizes: RangeInclusive<usize>,
        backward: bool,
        between: impl AsyncFn(),
    ) -> Vec<String> {
        let (size, from, cursor, more) = match backward {
            false => ("first", "after", "endCursor", "hasNextPage"),
            true => ("last", "before", "startCursor", "hasPreviousPage"),
        };
        let mut walked: Vec<String> = Vec::new();
        let mut at = Value::Null;
        loop {
            let rows = rand::random_range(sizes.clone());
            let page = self.page(json!({ size: rows, from: at })).await;
            let nodes = page["nodes"].as_array().unwrap();
            assert!(nodes.len() <= rows);
            let mut ids: Vec<_> =
                nodes.iter().map(|n| n["id"].as_str().unwrap().to_owned()).collect();
            if backward {
                ids.reverse();
            }
            walked.extend(ids);
            if page["pageInfo"][more] == false {
                break;
            }
            at = page["pageInfo"][cursor].clone();
            between().await;
        }
        if backward {
            walked.reverse();
        }
        walked
    }

    /// Walks both ways while the list changes: the rows that stay all come, once, in their order.
    pub async fn assert_stable(&self, staying: &[String], between: impl AsyncFn()) {
        for backward in [false, true] {
            let walked = self.walk(backward, &between).await;
            let met: Vec<_> = walked.into_iter().filter(|id| staying.contains(id)).collect();
            assert_eq!(met, staying, "backward: {backward}, {}", self.document);
        }
    }
}
