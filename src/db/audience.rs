//! Who of many may hear of something: asked for all of them in one statement.
//!
//! Decided anew for everything that happens, by the rules of [`visibility`]: whether each one's
//! session still stands, whether they see the place where it happened, and the thing itself.

use diesel::{QueryableByName, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    Db,
    statement::{Statement, Term},
    visibility,
    watch::Happening,
};
use crate::{auth::Viewer, error::Result};

/// What somebody sees of what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Sight {
    /// The place where it happened, so that it makes sense to wait for more.
    #[diesel(sql_type = sql_types::Bool)]
    pub place: bool,
    /// The thing itself.
    #[diesel(sql_type = sql_types::Bool)]
    pub thing: bool,
}

/// What somebody of the audience sees.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Seen {
    /// Whose session it is.
    #[diesel(sql_type = sql_types::Uuid)]
    pub session_id: Uuid,
    /// What they see.
    #[diesel(embed)]
    pub sight: Sight,
}

const USER: Term = Term::Column("audience.user_id");
const SESSION: Term = Term::Column("audience.session_id");

/// What each of these viewers sees. Those whose session has ended are left out.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    happening: Happening,
    viewers: &[Viewer],
) -> Result<Vec<Seen>> {
    let users: Vec<Uuid> = viewers.iter().map(|viewer| viewer.user_id).collect();
    let sessions: Vec<Uuid> = viewers.iter().map(|viewer| viewer.session_id).collect();
    let statement = Statement::new("SELECT audience.session_id, ")
        .with(sight(happening, Some(USER)))
        .sql(" FROM unnest(")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(users)
        .sql(", ")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(sessions)
        .sql(") AS audience (user_id, session_id) WHERE ")
        .with(visibility::session_of(USER, SESSION));
    Ok(statement.load(&mut conn).await?)
}

/// What a stranger sees.
///
/// # Errors
/// When the database fails.
pub async fn find_stranger(mut conn: &AsyncPgConnection, happening: Happening) -> Result<Sight> {
    let statement = Statement::new("SELECT ").with(sight(happening, None));
    Ok(statement.get_result(&mut conn).await?)
}

/// Which edition of what happened there is: another one after each write to the post, or to what was
/// said under it, whoever wrote. `None` when it is gone.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Edition {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    edition: Option<String>,
}

impl Db {
    /// Which edition there is now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn edition(&self, happening: Happening) -> Result<Edition> {
        let reader = self.read().await?;
        let mut conn: &AsyncPgConnection = &reader;
        let of_post = |post| {
            Statement::new("SELECT (SELECT xmin::text FROM posts WHERE id = ")
                .bind::<sql_types::Uuid, _>(post)
                .sql(")")
        };
        let statement = match happening {
            Happening::Post(post) | Happening::FeedPost { post, .. } => of_post(post),
            Happening::Comment { post, comment } => of_post(post)
                .sql(" || ' ' || (SELECT xmin::text FROM comments WHERE id = ")
                .bind::<sql_types::Uuid, _>(comment)
                .sql(")"),
        };
        Ok(statement.sql(" AS edition").get_result(&mut conn).await?)
    }
}

fn sight(happening: Happening, viewer: Option<Term>) -> impl FnOnce(Statement) -> Statement {
    move |statement| match happening {
        Happening::Post(post) => {
            statement.with(sees_post(post, viewer)).sql(" AS place, TRUE AS thing")
        }
        Happening::Comment { post, comment } => statement
            .with(sees_post(post, viewer))
            .sql(" AS place, EXISTS (SELECT FROM comments WHERE comments.id = ")
            .bind::<sql_types::Uuid, _>(comment)
            .sql(" AND ")
            .with(listed_comment(viewer))
            // What answers a hidden comment is out of the conversation, in lists as well.
            .sql(" AND (comments.reply_to IS NULL OR (SELECT TRUE FROM comments AS answer ")
            .sql("JOIN comments ON comments.id = answer.reply_to WHERE answer.id = ")
            .bind::<sql_types::Uuid, _>(comment)
            .sql(" AND ")
            .with(listed_comment(viewer))
            .sql("))) AS thing"),
        Happening::FeedPost { post, published } => statement
            .sql("TRUE AS place, EXISTS (SELECT FROM posts WHERE posts.id = ")
            .bind::<sql_types::Uuid, _>(post)
            .sql(" AND ")
            .with(visibility::post(viewer))
            .with(|s| match viewer {
                Some(viewer) => s.sql(" AND ").with(visibility::feed_gains(viewer, published)),
                None => s.sql(" AND FALSE"),
            })
            .sql(") AS thing"),
    }
}

/// A condition on `comments` under a post that the viewer sees.
fn listed_comment(viewer: Option<Term>) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .with(visibility::comment_of_visible_post(viewer))
            .sql(" AND ")
            .with(visibility::not_muted(viewer, "comments.author_id"))
    }
}

fn sees_post(post: Uuid, viewer: Option<Term>) -> impl FnOnce(Statement) -> Statement {
    move |statement| {
        statement
            .sql("EXISTS (SELECT FROM posts WHERE posts.id = ")
            .bind::<sql_types::Uuid, _>(post)
            .sql(" AND ")
            .with(visibility::post(viewer))
            .sql(")")
    }
}
