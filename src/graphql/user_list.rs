//! The list of users: all of them, or those that a search finds.

use async_graphql::Context;
use uuid::Uuid;

use super::{
    context::ContextExt,
    page::{Connection, ListTag, PageArguments},
    user::User,
};
use crate::{
    db::{
        search::{self, FoundUser},
        user::{self, UserRow},
    },
    error::{Error, Result},
    text,
};

const MAX_SEARCH_CHARS: usize = 100;

/// A page of the list, as `users` shows it.
///
/// # Errors
/// When the arguments are wrong or the database fails.
pub async fn page(
    ctx: &Context<'_>,
    search: Option<String>,
    arguments: PageArguments,
) -> Result<Connection<User>> {
    match search {
        None => all(ctx, arguments).await,
        Some(words) => {
            let too_long = || Error::bad_input("`search` may have at most 100 characters.");
            if words.chars().nth(MAX_SEARCH_CHARS).is_some() {
                return Err(too_long());
            }
            let words = text::clean(&text::normal(&words));
            if words.is_empty() {
                return all(ctx, arguments).await;
            }
            if words.chars().any(char::is_control) {
                return Err(Error::bad_input("`search` has a character that no name has."));
            }
            found(ctx, words, arguments).await
        }
    }
}

async fn all(ctx: &Context<'_>, arguments: PageArguments) -> Result<Connection<User>> {
    let viewer = ctx.viewer_id();
    let tag = ListTag::new(&["users"]);
    let window = arguments.window(&tag)?;
    let page = user::page(&*ctx.app().db.read().await?, viewer, &window).await?;
    Ok(Connection::new(
        page,
        &tag,
        UserRow::position,
        User::from,
        Box::new(move |ctx| {
            Box::pin(async move { user::count(&*ctx.app().db.wide_read().await?, viewer).await })
        }),
    ))
}

async fn found(
    ctx: &Context<'_>,
    words: String,
    arguments: PageArguments,
) -> Result<Connection<User>> {
    let viewer: Option<Uuid> = ctx.viewer_id();
    let tag = ListTag::new(&["users", "search", &words]);
    let window = arguments.window(&tag)?;
    // A search may take long: it does not hold up those who share a connection.
    let page = search::page(&*ctx.app().db.wide_read().await?, viewer, &words, &window).await?;
    Ok(Connection::new(
        page,
        &tag,
        FoundUser::position,
        |row| User::from(row.user),
        Box::new(move |ctx| {
            let words = words.clone();
            Box::pin(async move {
                search::count(&*ctx.app().db.wide_read().await?, viewer, &words).await
            })
        }),
    ))
}
