//! Posts: their rows, their counts, and how they are found.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    pg::{Pg, PgValue},
    prelude::*,
    sql_types,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    gather::{Found, Gathered},
    image::ImageText,
    schema::{post_stats, posts},
    statement::Statement,
    visibility,
};
use crate::error::Result;

macro_rules! columns {
    (content: $content:literal) => {
        concat!(
            "posts.id, posts.owner_id, posts.title, ",
            $content,
            ", posts.published, posts.visibility, posts.created_at, posts.updated_at, \
              posts.edited_at, posts.published_at, posts.image, posts.image_alt, posts.owner_suspended"
        )
    };
}

/// What a statement reads of a post, in SQL.
pub(super) const COLUMNS: &str = columns!(content: "posts.content");

/// The same without the text, which may be long and lies apart from the row then.
const COLUMNS_WITHOUT_TEXT: &str = columns!(content: "NULL::text AS content");

/// What a list reads of its posts' texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Text {
    /// All of them.
    Whole,
    /// None: whoever needs one asks for it.
    Left,
}

impl Text {
    pub(super) const fn columns(self) -> &'static str {
        match self {
            Self::Whole => COLUMNS,
            Self::Left => COLUMNS_WITHOUT_TEXT,
        }
    }
}

/// A post's text; `None` where it was not read.
#[derive(Clone, Debug, FromSqlRow)]
pub struct Content(pub Option<String>);

impl FromSql<sql_types::Text, Pg> for Content {
    fn from_sql(stored: PgValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<sql_types::Text, Pg>>::from_sql(stored).map(|text| Self(Some(text)))
    }

    fn from_nullable_sql(stored: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        stored.map_or(Ok(Self(None)), Self::from_sql)
    }
}

/// Who may see a published post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSqlRow)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// The owner and those who follow them.
    Followers,
    /// The owner alone.
    Private,
}

impl Visibility {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Public, Self::Followers, Self::Private];

    /// The name under which it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Followers => "followers",
            Self::Private => "private",
        }
    }
}

impl FromSql<sql_types::Text, Pg> for Visibility {
    fn from_sql(stored: PgValue<'_>) -> deserialize::Result<Self> {
        let known = Self::ALL.into_iter().find(|it| it.as_str().as_bytes() == stored.as_bytes());
        known.ok_or_else(|| "an unknown visibility".into())
    }
}

/// A post as stored.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = posts, check_for_backend(Pg))]
pub struct PostRow {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub title: String,
    pub content: Content,
    pub published: bool,
    pub visibility: Visibility,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    /// See [`PostRow::out_since`].
    pub published_at: Option<DateTime<Utc>>,
    /// Its picture.
    pub image: Option<ImageText>,
    pub image_alt: Option<String>,
    /// Then few see it.
    pub owner_suspended: bool,
}

impl PostRow {
    /// When it first came out: as it was written, where nothing else is stored.
    #[must_use]
    pub fn out_since(&self) -> Option<DateTime<Utc>> {
        self.published_at.or(self.published.then_some(self.created_at))
    }
}

/// What is counted for a post.
#[derive(Clone, Copy, Debug, Queryable, Selectable)]
#[diesel(table_name = post_stats, check_for_backend(Pg))]
pub struct PostStatsRow {
    pub post_id: Uuid,
    pub upvotes: i32,
    pub downvotes: i32,
    pub comment_count: i32,
    pub score: i32,
}

impl PostStatsRow {
    /// What is counted for a post that nobody has met yet.
    #[must_use]
    pub const fn zero(post_id: Uuid) -> Self {
        Self { post_id, upvotes: 0, downvotes: 0, comment_count: 0, score: 0 }
    }
}

/// Posts by key, as strangers see them.
pub struct Listed;

impl Gathered for Listed {
    type Key = Uuid;
    type Value = Arc<PostRow>;

    async fn find(conn: &AsyncPgConnection, keys: &[Uuid]) -> Result<Found<Self>> {
        let rows = find_many(conn, None, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

/// The counts of posts by key, for whoever is known to see the posts.
pub struct Counts;

impl Gathered for Counts {
    type Key = Uuid;
    type Value = PostStatsRow;

    async fn find(mut conn: &AsyncPgConnection, keys: &[Uuid]) -> Result<Found<Self>> {
        let counts = post_stats::table.filter(post_stats::post_id.eq_any(keys));
        let rows = counts.select(PostStatsRow::as_select()).load(&mut conn).await?;
        Ok(rows.into_iter().map(|row| (row.post_id, row)).collect())
    }
}

/// The texts of these posts, as far as the viewer still sees them: what was public when its title was
/// read may say something else to fewer people now.
///
/// # Errors
/// When the database fails.
pub async fn find_contents(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let statement =
        Statement::new("SELECT posts.id, posts.content FROM posts WHERE posts.id = ANY(")
            .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec())
            .sql(") AND ")
            .with(visibility::post(viewer));
    let texts: Vec<ContentRow> = statement.load(&mut conn).await?;
    Ok(texts.into_iter().map(|text| (text.id, text.content)).collect())
}

#[derive(QueryableByName)]
struct ContentRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: Uuid,
    #[diesel(sql_type = sql_types::Text)]
    content: String,
}

/// The posts with these keys that the viewer may see, in no order.
///
/// # Errors
/// When the database fails.
pub async fn find_many(
    mut conn: &AsyncPgConnection,
    viewer: Option<Uuid>,
    ids: &[Uuid],
) -> Result<Vec<PostRow>> {
    let statement = Statement::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM posts WHERE posts.id = ANY(")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec())
        .sql(") AND ")
        .with(visibility::post(viewer));
    Ok(statement.load(&mut conn).await?)
}
