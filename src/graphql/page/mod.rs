//! Relay connections: the arguments, the cursors and the types of every list.

mod arguments;
mod cursor;

use std::borrow::Cow;

use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};
use futures_util::future::BoxFuture;

pub use arguments::PageArguments;
use cursor::Cursor;
pub use cursor::{CursorKey, ListTag};

use super::{
    eager::{Eager, Quick, QuickList, write_object},
    json::Json,
};
use crate::{
    db::page::{Page, Position},
    error::Result,
};

/// Where a page stands in its list.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether there are rows before this page.
    pub has_previous_page: bool,
    /// Whether there are rows after this page.
    pub has_next_page: bool,
    /// The cursor of the page's first row; null when the page is empty.
    pub start_cursor: Option<String>,
    /// The cursor of the page's last row; null when the page is empty.
    pub end_cursor: Option<String>,
}

/// A row of a list with its place in it.
pub struct Edge<T> {
    cursor: Cursor,
    node: T,
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// A row of a list with its place in it.
#[Object(name_type)]
impl<T: Eager> Edge<T> {
    /// The row's place in the list, for `after` and `before`.
    fn cursor(&self) -> String {
        self.cursor.text()
    }

    /// The row.
    async fn node(&self) -> Quick<&T> {
        Quick(&self.node)
    }
}

impl<T: Eager> Eager for Edge<T> {
    fn write(&self, ctx: &Context<'_>, json: &mut Json) -> Option<()> {
        match ctx.item.node.name.node.as_str() {
            "cursor" => json.put(self.cursor(ctx).as_str()),
            "node" => write_object(ctx, &self.node, json),
            _ => None,
        }
    }
}

/// Counts a whole list, for `totalCount`; called only when that is selected.
pub type Count = Box<dyn for<'c> Fn(&'c Context<'_>) -> BoxFuture<'c, Result<i64>> + Send + Sync>;

/// A page of a list.
pub struct Connection<T> {
    edges: Vec<Edge<T>>,
    has_previous: bool,
    has_next: bool,
    count: Count,
}

impl<T> Connection<T> {
    /// Makes a page of rows that know their position.
    pub fn new<R, K: CursorKey>(
        page: Page<R>,
        tag: &ListTag,
        position: impl Fn(&R) -> Position<K>,
        node: impl Fn(R) -> T,
        count: Count,
    ) -> Self {
        let edge = |row: R| Edge { cursor: tag.cursor(&position(&row)), node: node(row) };
        let (has_previous, has_next) = (page.has_previous, page.has_next);
        Self { edges: page.rows.into_iter().map(edge).collect(), has_previous, has_next, count }
    }
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// A page of a list.
#[Object(name_type)]
impl<T: Eager> Connection<T> {
    /// The rows with their cursors.
    async fn edges(&self) -> QuickList<'_, Edge<T>> {
        QuickList(self.edges.iter().collect())
    }

    /// The rows alone.
    async fn nodes(&self) -> QuickList<'_, T> {
        QuickList(self.edges.iter().map(|edge| &edge.node).collect())
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.text()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.text()),
        }
    }

    /// How many rows the whole list has. Counted only when it is asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        (self.count)(ctx).await
    }
}
