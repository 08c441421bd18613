//! Lists that hang on each row of another list, such as the comments under each of the posts of a
//! page: batched like everything else that a row asks for, so that a hundred posts cost as many
//! statements as two.

use std::{collections::HashMap, fmt::Debug, future::Future, hash::Hash, marker::PhantomData};

use async_graphql::Context;
use diesel_async::AsyncPgConnection;
use futures_util::{
    FutureExt,
    future::{BoxFuture, try_join_all},
};
use uuid::Uuid;

use super::{
    context::ContextExt,
    loaders::{Loader, Loaders, Lookup},
    page::{Connection, Count, CursorKey, ListTag, PageArguments},
};
use crate::{
    db::{
        Db,
        page::{Page, Position, Window},
    },
    error::Result,
};

/// A kind of list that rows of other lists have.
pub trait Nested: Send + Sync + Sized + 'static {
    /// Which of several such lists: a direction, an order.
    type Choice: Copy + Debug + Eq + Hash + Send + Sync + 'static;
    /// What it is sorted by, beside the id.
    type Key: CursorKey + Debug + Eq + Hash + Send + Sync + 'static;
    /// What the database gives for a row.
    type Row: Clone + Send + Sync + 'static;
    /// The list's name, in cursors and in the metrics.
    const NAME: &'static str;

    /// The page of each parent's list, with one statement.
    fn pages(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        choice: Self::Choice,
        parents: &[Uuid],
        window: &Window<Self::Key>,
    ) -> impl Future<Output = Result<HashMap<Uuid, Page<Self::Row>>>> + Send;

    /// How many rows each parent's list has, with one statement.
    fn counts(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        choice: Self::Choice,
        parents: &[Uuid],
    ) -> impl Future<Output = Result<HashMap<Uuid, i64>>> + Send;

    /// Where a row stands in its list.
    fn position(row: &Self::Row) -> Position<Self::Key>;

    /// Where the loaders of this kind of list are.
    fn loaders(all: &Loaders) -> (&Loader<Pages<Self>>, &Loader<Counts<Self>>);
}

/// Batches the pages of a kind of list.
pub struct Pages<N>(PhantomData<fn() -> N>);

impl<N: Nested> Lookup for Pages<N> {
    type Key = (N::Choice, Window<N::Key>, Uuid);
    type Value = Page<N::Row>;
    const NAME: &'static str = N::NAME;

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let conn = db.read().await?;
        // All parents of a selection ask for the same page; aliases may ask for others.
        let asked =
            grouped(keys.iter().map(|(choice, window, parent)| ((*choice, *window), *parent)));
        let found = try_join_all(asked.iter().map(async |((choice, window), parents)| {
            let pages = N::pages(&conn, viewer, *choice, parents, window).await?;
            Ok::<_, crate::error::Error>(
                pages.into_iter().map(|(parent, page)| ((*choice, *window, parent), page)),
            )
        }));
        Ok(found.await?.into_iter().flatten().collect())
    }
}

/// Batches the counts of a kind of list.
pub struct Counts<N>(PhantomData<fn() -> N>);

impl<N: Nested> Lookup for Counts<N> {
    type Key = (N::Choice, Uuid);
    type Value = i64;
    const NAME: &'static str = N::NAME;

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, i64>> {
        let conn = db.wide_read().await?;
        let asked = grouped(keys.iter().copied());
        let found = try_join_all(asked.iter().map(async |(choice, parents)| {
            let counts = N::counts(&conn, viewer, *choice, parents).await?;
            Ok::<_, crate::error::Error>(
                counts.into_iter().map(|(parent, count)| ((*choice, parent), count)),
            )
        }));
        Ok(found.await?.into_iter().flatten().collect())
    }
}

fn grouped<G: Eq + Hash>(keys: impl Iterator<Item = (G, Uuid)>) -> HashMap<G, Vec<Uuid>> {
    let mut groups: HashMap<G, Vec<Uuid>> = HashMap::new();
    for (group, parent) in keys {
        groups.entry(group).or_default().push(parent);
    }
    groups
}

/// The page that a field of a row shows.
///
/// Boxed, since the future of any field of a type has room for that of its largest field, and every
/// field of every row is made one.
///
/// # Errors
/// When the arguments are wrong or the database fails.
pub fn page<'c, N: Nested, T: Send>(
    ctx: &'c Context<'_>,
    choice: N::Choice,
    parent: Uuid,
    arguments: &'c PageArguments,
    node: impl Fn(N::Row) -> T + Send + 'c,
) -> BoxFuture<'c, Result<Connection<T>>> {
    async move {
        let tag = ListTag::new(&[N::NAME, &format!("{choice:?}"), &parent.to_string()]);
        let window = arguments.window(&tag)?;
        let page = N::loaders(ctx.loaders()).0.load((choice, window, parent)).await?;
        let page = page.unwrap_or_else(|| Page::empty(&window));
        let count: Count = Box::new(move |ctx| {
            async move {
                let count = N::loaders(ctx.loaders()).1.load((choice, parent)).await?;
                Ok(count.unwrap_or_default())
            }
            .boxed()
        });
        Ok(Connection::new(page, &tag, N::position, node, count))
    }
    .boxed()
}
