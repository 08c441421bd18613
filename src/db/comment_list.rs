//! Lists of comments: under a post, under a comment, of an author.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{
    comment::CommentRow,
    keyset::Order,
    lists,
    page::{Page, Window},
    statement::Statement,
    visibility,
};
use crate::error::Result;

/// What the comments of a list have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thread {
    /// Those under a post that answer no other. The viewer is known to see the post.
    TopLevel,
    /// Those that answer a comment. The viewer is known to see the comment.
    Replies,
    /// Those of an author, tombstones not among them.
    Author,
}

/// In which order comments are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommentOrder {
    /// The earliest first.
    Oldest,
    /// The latest first.
    Newest,
}

fn listed(viewer: Option<Uuid>, thread: Thread) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        let statement = statement.sql(" FROM comments WHERE ");
        let not_muted = visibility::not_muted(viewer, "comments.author_id");
        match thread {
            Thread::TopLevel => statement
                .sql("comments.post_id = list.parent AND comments.reply_to IS NULL AND ")
                .with(visibility::comment_of_visible_post(viewer))
                .sql(" AND ")
                .with(not_muted),
            Thread::Replies => statement
                .sql("comments.reply_to = list.parent AND ")
                .with(visibility::comment_of_visible_post(viewer))
                .sql(" AND ")
                .with(not_muted),
            // Who opens a person's own list wants to see it, muted or not.
            Thread::Author => statement
                .sql("comments.author_id = list.parent AND ")
                .with(visibility::comment(viewer)),
        }
    }
}

/// A page of each of these threads, without comments of people whom the viewer may not see or whom
/// they muted.
///
/// # Errors
/// When the database fails.
pub async fn pages(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    thread: Thread,
    order: CommentOrder,
    parents: &[Uuid],
    window: &Window<()>,
) -> Result<HashMap<Uuid, Page<CommentRow>>> {
    let descending = order == CommentOrder::Newest;
    let order = Order { key: "", id: "comments.id", descending };
    let select = |s: Statement| s.sql("SELECT comments.*").with(listed(viewer, thread));
    lists::pages(conn, parents, window, window.page(order, select)).await
}

/// How many comments each of these threads has.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    thread: Thread,
    parents: &[Uuid],
) -> Result<HashMap<Uuid, i64>> {
    lists::counts(conn, parents, listed(viewer, thread)).await
}
