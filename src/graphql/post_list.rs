//! Lists of posts: their orders, their cursors, their queries.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Object};
use diesel_async::AsyncPgConnection;
use futures_util::{FutureExt, future::try_join};
use uuid::Uuid;

use super::{
    context::ContextExt,
    id::{Id, UserKind},
    loaders::{Loader, Loaders},
    nested::{self, Counts, Nested, Pages},
    page::{Connection, Count, ListTag, PageArguments},
    post::Post,
    post_facts::{FactsOfPage, Selected},
};
use crate::{
    db::{
        feed,
        newest::Asked,
        page::{Page, Position, Window},
        post_list::{self, ListedPost, PostFilter},
    },
    error::{Error, Result},
    text::{clean, normal},
};

/// In which order posts are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "post_list::PostOrder")]
pub enum PostOrder {
    /// The latest first.
    Newest,
    /// The earliest first.
    Oldest,
    /// The highest score first. A post whose score changes between two pages can be met twice, or
    /// missed.
    Top,
    /// Well voted and recent first: ten times the score weighs as much as 12.5 hours of age. A post
    /// that is voted on between two pages can be met twice, or missed.
    Hot,
    /// The best match of the search first. Only with a search; of one that is left empty the latest.
    Relevance,
}

/// The most characters that a search may have: more than people type, and less than the shortest
/// word that PostgreSQL refuses to search for.
const MAX_SEARCH: usize = 256;

fn relevance_without_search() -> Error {
    Error::bad_input("`orderBy: RELEVANCE` is for `posts` with a `search`.")
}

/// What people typed to search for; `None` when that is nothing.
fn typed(search: Option<String>) -> Result<Option<String>> {
    match search {
        Some(text) if text.chars().nth(MAX_SEARCH).is_some() => {
            Err(Error::bad_input(format!("`search` may have at most {MAX_SEARCH} characters.")))
        }
        other => Ok(other.map(|text| clean(&normal(&text))).filter(|text| !text.is_empty())),
    }
}

/// The posts of a user.
pub struct PostsOfUser;

/// A sort key, as the bits of a float: a key of a batch is compared for being the same.
type KeyBits = i64;

impl Nested for PostsOfUser {
    type Choice = post_list::PostOrder;
    type Key = KeyBits;
    type Row = ListedPost;
    const NAME: &'static str = "posts_of_user";

    async fn pages(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        order: post_list::PostOrder,
        users: &[Uuid],
        window: &Window<KeyBits>,
    ) -> Result<HashMap<Uuid, Page<ListedPost>>> {
        let window = window.keyed(|bits| f64::from_bits(bits.cast_unsigned()));
        post_list::pages_by_owner(conn, viewer, order, users, &window).await
    }

    async fn counts(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        _order: post_list::PostOrder,
        users: &[Uuid],
    ) -> Result<HashMap<Uuid, i64>> {
        post_list::counts_by_owner(conn, viewer, users).await
    }

    fn position(row: &ListedPost) -> Position<KeyBits> {
        Position { key: row.key.to_bits().cast_signed(), id: row.post.id }
    }

    fn loaders(all: &Loaders) -> (&Loader<Pages<Self>>, &Loader<Counts<Self>>) {
        (&all.posts_of_user, &all.post_counts_of_user)
    }
}

/// A page of the posts of a user, as `User.posts` shows it.
///
/// # Errors
/// When the arguments are wrong or the database fails.
pub async fn page_of_user(
    ctx: &Context<'_>,
    user: Uuid,
    order: PostOrder,
    arguments: &PageArguments,
) -> Result<Connection<Post>> {
    if order == PostOrder::Relevance {
        return Err(relevance_without_search());
    }
    let node = |row: ListedPost| Post::from(row.post);
    nested::page::<PostsOfUser, _>(ctx, order.into(), user, arguments, node).await
}

/// How many posts of a user the viewer may see.
///
/// # Errors
/// When the database fails.
pub async fn count_of_user(ctx: &Context<'_>, user: Uuid) -> Result<i64> {
    let any_order = post_list::PostOrder::Newest;
    let count = ctx.loaders().post_counts_of_user.load((any_order, user)).await?;
    Ok(count.unwrap_or_default())
}

/// A page of the posts that `filter` holds.
pub(super) async fn page(
    ctx: &Context<'_>,
    filter: PostFilter,
    order: PostOrder,
    arguments: PageArguments,
) -> Result<Connection<Post>> {
    if order == PostOrder::Relevance && filter.search.is_none() {
        return Err(relevance_without_search());
    }
    let tag = ListTag::new(&[
        if filter.drafts { "drafts" } else { "posts" },
        &format!("{order:?}"),
        &filter.owner.map(|owner| owner.to_string()).unwrap_or_default(),
        filter.search.as_deref().unwrap_or_default(),
    ]);
    let window = arguments.window(&tag)?;
    let (db, viewer, selected) = (&ctx.app().db, ctx.viewer_id(), Selected::of(ctx));
    let text = selected.text();
    let is_everything = filter.search.is_none() && filter.owner.is_none();
    let newest = Asked::of(viewer, &window, text).filter(|_| order == PostOrder::Newest);
    let page = match newest {
        Some(asked) if is_everything && viewer.is_none() => {
            let found = db.lanes().newest_posts.find(vec![asked]).await?;
            Page::from_read(found.get(&asked).cloned().unwrap_or_default(), &window)
        }
        // A search may read many rows: it must not hold up what shares a connection.
        _ if filter.search.is_some() => {
            let conn = db.wide_read().await?;
            post_list::page(&conn, viewer, &filter, order.into(), &window, text).await?
        }
        _ => {
            let conn = db.read().await?;
            post_list::page(&conn, viewer, &filter, order.into(), &window, text).await?
        }
    };
    let count: Count = Box::new(move |ctx| {
        let filter = filter.clone();
        async move { post_list::count(&*ctx.app().db.wide_read().await?, viewer, &filter).await }
            .boxed()
    });
    let facts = FactsOfPage::read(ctx, selected, page.rows.iter().map(|row| &*row.post)).await;
    Ok(Connection::new(page, &tag, ListedPost::position, |row| facts.post(row.post), count))
}

/// Queries of lists of posts.
#[derive(Default)]
pub struct PostListQuery;

#[Object]
impl PostListQuery {
    /// Posts of everybody that the viewer may see; without those of people whom the viewer muted,
    /// unless they are asked for by `ownedBy`.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn posts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only posts that match these words, in their title or content. \
                          Words in quotes stand together, `or` is either, `-` is without. \
                          Up to 256 characters.")]
        search: Option<String>,
        #[graphql(desc = "Only posts of this user.")] owned_by: Option<Id<UserKind>>,
        #[graphql(desc = "In which order.", default_with = "PostOrder::Newest")]
        order_by: PostOrder,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Post>> {
        let is_search = search.is_some();
        let owner = owned_by.map(|id| id.uuid());
        let filter = PostFilter { search: typed(search)?, owner, drafts: false };
        // The box of a search that was emptied keeps its order.
        let order_by = match order_by {
            PostOrder::Relevance if is_search && filter.search.is_none() => PostOrder::Newest,
            order => order,
        };
        page(ctx, filter, order_by, PageArguments { first, after, last, before }).await
    }

    /// The viewer's drafts: what they wrote and did not publish yet, or took back. The latest first.
    async fn drafts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Post>> {
        let viewer = ctx.require_viewer()?.user_id;
        let filter = PostFilter { search: None, owner: Some(viewer), drafts: true };
        let arguments = PageArguments { first, after, last, before };
        let page = page(ctx, filter, PostOrder::Newest, arguments);
        Ok(try_join(ctx.require_session(), page).await?.1)
    }

    /// The viewer's own posts and those of the people they follow, drafts excepted; without those of
    /// people whom they muted.
    async fn feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which order; not `RELEVANCE`.", default_with = "PostOrder::Newest")]
        order_by: PostOrder,
        #[graphql(desc = "How many rows from the start of the range: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Post>> {
        let viewer = ctx.require_viewer()?.user_id;
        if order_by == PostOrder::Relevance {
            return Err(relevance_without_search());
        }
        let tag = ListTag::new(&["feed", &format!("{order_by:?}"), &viewer.to_string()]);
        let window = PageArguments { first, after, last, before }.window(&tag)?;
        let selected = Selected::of(ctx);
        let page = feed::page(&ctx.app().db, viewer, order_by.into(), &window, selected.text());
        // The session is asked for beside the page, which costs no further round trip.
        let (_, page) = try_join(ctx.require_session(), page).await?;
        let count: Count = Box::new(move |ctx| {
            async move { feed::count(&*ctx.app().db.wide_read().await?, viewer).await }.boxed()
        });
        let facts = FactsOfPage::read(ctx, selected, page.rows.iter().map(|row| &*row.post)).await;
        Ok(Connection::new(page, &tag, ListedPost::position, |row| facts.post(row.post), count))
    }
}
