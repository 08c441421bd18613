//! Who may see what: the one place that decides it, for every path.
//!
//! What a viewer may not see does not exist for them: by id, in lists, counts, search, votes and
//! subscriptions. Each function appends a condition on the table that it names (`users`, `posts`,
//! `comments`, under their own names, not aliases) to a statement. The rules:
//!
//! * A suspended user, and what they wrote, is seen by themselves and by admins.
//! * Two people of whom one blocked the other do not see each other. Admins see everybody.
//! * A draft is seen by its owner alone. A published post is seen by everybody (`public`), by
//!   followers (`followers`) or by its owner alone (`private`). Admins see what followers see.
//! * A comment is seen by those who see its post and its author; a tombstone has no author.
//! * A report is seen by admins and by who made it, the moderation log by admins.
//!
//! Muting hides from lists only, of people too, and not by id, so it is a condition of its own. Whom
//! one mutes stands in one's list of muted people.

use uuid::Uuid;

use super::statement::{Statement, Term};
use crate::auth::Viewer;

/// `NOT (either blocked the other)`, in two index probes that PostgreSQL skips for strangers. A
/// subquery for its value, unlike `NOT EXISTS`, is never turned into a read of all whom the viewer
/// blocks, who may be very many.
fn no_block(statement: Statement, viewer: Term, other: &'static str) -> Statement {
    statement
        .sql(" (SELECT TRUE FROM blocks WHERE blocker_id = ")
        .term(viewer)
        .sql(" AND blocked_id = ")
        .sql(other)
        .sql(") IS NOT TRUE AND (SELECT TRUE FROM blocks WHERE blocked_id = ")
        .term(viewer)
        .sql(" AND blocker_id = ")
        .sql(other)
        .sql(") IS NOT TRUE ")
}

/// Evaluated once a statement, not once a row, and only where nothing cheaper decided.
pub(super) fn viewer_is_admin(viewer: impl Into<Term>) -> impl FnOnce(Statement) -> Statement {
    let viewer = viewer.into();
    move |statement| {
        statement
        .sql(" (SELECT role = 'admin' AND suspended_at IS NULL FROM users AS viewer WHERE viewer.id = ")
        .term(viewer)
        .sql(") ")
    }
}

/// A condition on `users`.
pub fn user(viewer: Option<Uuid>) -> impl FnOnce(Statement) -> Statement {
    let viewer = viewer.map(Term::from);
    move |statement| match viewer {
        None => statement.sql(" users.suspended_at IS NULL "),
        Some(viewer) => statement
            .sql(" (users.id = ")
            .term(viewer)
            .sql(" OR (users.suspended_at IS NULL AND ")
            .with(|s| no_block(s, viewer, "users.id"))
            .sql(") OR ")
            .with(viewer_is_admin(viewer))
            .sql(") "),
    }
}

/// A condition on `users` whom the viewer is known to block, for the one list that shows these.
pub fn blocked_user(viewer: Uuid) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement.sql(" (users.suspended_at IS NULL OR ").with(viewer_is_admin(viewer)).sql(") ")
    }
}

/// A condition on `users` in lists of people: followers, voters, those who are found.
pub fn listed_user(viewer: Option<Uuid>) -> impl FnOnce(Statement) -> Statement {
    move |statement| statement.with(user(viewer)).sql(" AND ").with(not_muted(viewer, "users.id"))
}

/// A condition on `posts`.
pub fn post<E: Into<Term>>(viewer: Option<E>) -> impl FnOnce(Statement) -> Statement {
    let viewer = viewer.map(Into::into);
    move |statement| match viewer {
        None => statement.sql(" posts.listed "),
        Some(viewer) => statement
            .with(post_or_counts(viewer, "posts.published AND posts.visibility <> 'private'")),
    }
}

/// The same condition, for somebody, on `post_stats` under the name of `posts`: what it takes stands
/// beside the counts too.
pub fn counted_post(viewer: Term) -> impl FnOnce(Statement) -> Statement {
    post_or_counts(viewer, "posts.shared")
}

fn post_or_counts(viewer: Term, shared: &'static str) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql(" (posts.owner_id = ")
            .term(viewer)
            .sql(" OR (posts.listed AND ")
            .with(|s| no_block(s, viewer, "posts.owner_id"))
            // What is open to followers and not listed is for followers alone. A follow ends with a
            // block, so that they need no look at blocks. A subquery for its value, unlike EXISTS, is
            // never turned into a read of all whom the viewer follows.
            .sql(
                ") OR (posts.open_to_followers AND NOT posts.listed \
                 AND (SELECT TRUE FROM follows WHERE follower_id = ",
            )
            .term(viewer)
            .sql(" AND followee_id = posts.owner_id)) OR (")
            .sql(shared)
            .sql(" AND ")
            .with(viewer_is_admin(viewer))
            .sql(")) ")
    }
}

/// A condition on a table with `posts`' columns of that name, on rows whose owner the viewer is
/// already known to follow. It implies [`post`]: such a row is either listed, and a follow ends with
/// a block, or for followers. Indexes are made for it.
pub const POST_OF_FOLLOWEE: &str = "open_to_followers";

/// A condition on `posts` that are just published, or just opened to followers, and that the viewer
/// is already known to see: whether it is the viewer's feed that gains them.
pub fn feed_gains(viewer: Term, published: bool) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        let statement = statement.sql(" (");
        let statement = if published {
            statement.sql("(posts.published AND posts.owner_id = ").term(viewer).sql(") OR ")
        } else {
            statement
        };
        statement
            .sql("(posts.open_to_followers AND (SELECT TRUE FROM follows WHERE follower_id = ")
            .term(viewer)
            .sql(" AND followee_id = posts.owner_id) AND ")
            .with(not_muted(Some(viewer), "posts.owner_id"))
            .sql(")) ")
    }
}

/// A condition on `comments` whose post the viewer is already known to see.
pub fn comment_of_visible_post<E: Into<Term>>(
    viewer: Option<E>,
) -> impl FnOnce(Statement) -> Statement {
    let viewer = viewer.map(Into::into);
    move |statement| match viewer {
        None => statement.sql(" NOT comments.author_suspended "),
        Some(viewer) => statement
            .sql(" (comments.author_id = ")
            .term(viewer)
            .sql(" OR (NOT comments.author_suspended AND ")
            .with(|s| no_block(s, viewer, "comments.author_id"))
            .sql(") OR ")
            .with(viewer_is_admin(viewer))
            .sql(") "),
    }
}

/// A condition on `comments`, including that the viewer sees the post.
pub fn comment(viewer: Option<Uuid>) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .with(comment_of_visible_post(viewer))
            .sql(" AND EXISTS (SELECT FROM posts WHERE posts.id = comments.post_id AND ")
            .with(post(viewer))
            .sql(") ")
    }
}

/// A condition on nothing but the viewer: that their session stands. Suspending or deleting a user
/// ends all of theirs.
pub fn session(viewer: Viewer) -> impl FnOnce(Statement) -> Statement {
    session_of(viewer.user_id.into(), viewer.session_id.into())
}

/// The same for the user and the session that stand in these places.
pub fn session_of(user: Term, session: Term) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql(" EXISTS (SELECT FROM sessions WHERE sessions.id = ")
            .term(session)
            .sql(" AND sessions.user_id = ")
            .term(user)
            .sql(" AND least(sessions.idle_expires_at, sessions.expires_at) > now()) ")
    }
}

/// A condition on `reports`.
pub fn report(viewer: Option<Uuid>) -> impl FnOnce(Statement) -> Statement {
    move |statement| match viewer {
        None => statement.sql(" FALSE "),
        Some(viewer) => statement
            .sql(" (reports.reporter_id = ")
            .term(viewer)
            .sql(" OR ")
            .with(viewer_is_admin(viewer))
            .sql(") "),
    }
}

/// A condition on `moderation_log`.
pub fn moderation_log(viewer: Option<Uuid>) -> impl FnOnce(Statement) -> Statement {
    move |statement| match viewer {
        None => statement.sql(" FALSE "),
        Some(viewer) => statement.with(viewer_is_admin(viewer)),
    }
}

/// For lists that the viewer did not open for this very person: nothing of people they muted.
/// `other` is the column that holds the person.
pub fn not_muted<E: Into<Term>>(
    viewer: Option<E>,
    other: &'static str,
) -> impl FnOnce(Statement) -> Statement {
    let viewer = viewer.map(Into::into);
    move |statement| match viewer {
        None => statement.sql(" TRUE "),
        Some(viewer) => statement
            // A subquery for its value is never turned into a read of all mutes for every row.
            .sql(" (SELECT TRUE FROM mutes WHERE muter_id = ")
            .term(viewer)
            .sql(" AND muted_id = ")
            .sql(other)
            .sql(") IS NOT TRUE "),
    }
}
