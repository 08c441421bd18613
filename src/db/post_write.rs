//! Posts written, changed and deleted.

use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    image,
    moderation::{self, Act, Action},
    post::{self, COLUMNS, PostRow, Visibility},
    schema::{posts, users},
    statement::Statement,
};
use crate::{
    error::{Error, Result, SESSION_ENDED, violated_constraint},
    media::StoredImage,
    post_text::{ImageAlt, PostContent, PostTitle},
};

/// A post to be written.
#[derive(Clone, Debug)]
pub struct NewPost {
    /// Who writes it.
    pub owner: Uuid,
    pub title: PostTitle,
    pub content: PostContent,
    pub published: bool,
    pub visibility: Visibility,
    pub image: Option<NewImage>,
}

/// A picture that is stored and waits for its post.
#[derive(Clone, Debug)]
pub struct NewImage {
    pub image: StoredImage,
    pub alt: Option<ImageAlt>,
}

/// What to change of a post; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct PostChanges {
    pub title: Option<PostTitle>,
    pub content: Option<PostContent>,
    pub published: Option<bool>,
    pub visibility: Option<Visibility>,
    /// `Some(None)` takes the picture away.
    pub image: Option<Option<StoredImage>>,
    /// `Some(None)` leaves the picture undescribed. A picture that is new is so by itself.
    pub image_alt: Option<Option<ImageAlt>>,
}

/// What became of a change or a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It is done.
    Done(T),
    /// There is no such post, or the viewer may not see it.
    NotFound,
    /// The viewer sees it but may not do this.
    NotAllowed,
}

/// Writes a post.
///
/// # Errors
/// [`Error::Unauthenticated`] when the owner has gone this moment; when the database fails.
pub async fn insert(conn: &mut AsyncPgConnection, new: &NewPost) -> Result<PostRow> {
    let picture = new.image.as_ref();
    diesel::insert_into(posts::table)
        .values((
            posts::id.eq(Uuid::now_v7()),
            posts::owner_id.eq(new.owner),
            posts::title.eq(new.title.as_str()),
            posts::content.eq(new.content.as_str()),
            posts::published.eq(new.published),
            posts::visibility.eq(new.visibility.as_str()),
            posts::image.eq(picture.map(|new| new.image.to_string())),
            posts::image_alt.eq(picture.and_then(|new| new.alt.as_ref()).map(ImageAlt::as_str)),
        ))
        .returning(PostRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| match violated_constraint(&error) {
            Some("posts_owner_id_fkey") => Error::Unauthenticated(SESSION_ENDED),
            _ => image::late(error),
        })
}

/// The row is locked before it is compared, so that of two changes at once neither is lost.
const UPDATE: &str = "
WITH new AS (
    SELECT id, coalesce({title}, title) AS title, coalesce({content}, content) AS content,
           coalesce({published}, published) AS published,
           coalesce({visibility}, visibility) AS visibility,
           CASE WHEN {changes_image} THEN {image} ELSE image END AS image,
           CASE WHEN {changes_alt} THEN {alt} WHEN NOT {changes_image} THEN image_alt END AS image_alt
    FROM posts WHERE id = {id} AND owner_id = {owner} FOR NO KEY UPDATE
)
UPDATE posts
SET title = new.title, content = new.content,
    published = new.published, visibility = new.visibility,
    image = new.image, image_alt = CASE WHEN new.image IS NOT NULL THEN new.image_alt END,
    updated_at = CASE WHEN (posts.title, posts.content, posts.published, posts.visibility)
                        <> (new.title, new.content, new.published, new.visibility)
                        OR (posts.image, posts.image_alt) IS DISTINCT FROM (new.image, new.image_alt)
                 THEN now() ELSE posts.updated_at END,
    edited_at = CASE WHEN (posts.published OR posts.published_at IS NOT NULL)
                      AND ((posts.title, posts.content) <> (new.title, new.content)
                           OR posts.image IS DISTINCT FROM new.image)
                THEN now() ELSE posts.edited_at END,
    published_at = coalesce(posts.published_at, CASE WHEN posts.published THEN posts.created_at
                                                     WHEN new.published THEN now() END)
FROM new WHERE posts.id = new.id
RETURNING {columns}";

/// Changes a post of `owner`.
///
/// # Errors
/// When the database fails.
pub async fn update(
    conn: &mut AsyncPgConnection,
    owner: Uuid,
    id: Uuid,
    changes: &PostChanges,
) -> Result<Outcome<PostRow>> {
    type Text = sql_types::Nullable<sql_types::Text>;
    let PostChanges { title, content, published, visibility, image, image_alt } = changes.clone();
    let statement = Statement::default().fill(UPDATE, |s, gap| match gap {
        "title" => s.bind::<Text, _>(title.as_ref().map(|title| title.as_str().to_owned())),
        "content" => s.bind::<Text, _>(content.as_ref().map(|text| text.as_str().to_owned())),
        "published" => s.bind::<sql_types::Nullable<sql_types::Bool>, _>(published),
        "visibility" => s.bind::<Text, _>(visibility.map(Visibility::as_str)),
        "changes_image" => s.bind::<sql_types::Bool, _>(image.is_some()),
        "image" => s.bind::<Text, _>(image.clone().flatten().map(|image| image.to_string())),
        "changes_alt" => s.bind::<sql_types::Bool, _>(image_alt.is_some()),
        "alt" => s.bind::<Text, _>(image_alt.clone().flatten().map(ImageAlt::into_string)),
        "id" => s.bind::<sql_types::Uuid, _>(id),
        "owner" => s.bind::<sql_types::Uuid, _>(owner),
        _ => s.sql(COLUMNS),
    });
    if let Some(row) = statement.get_result(conn).await.optional().map_err(image::late)? {
        return Ok(Outcome::Done(row));
    }
    let visible = post::find_many(conn, Some(owner), &[id]).await?;
    Ok(if visible.is_empty() { Outcome::NotFound } else { Outcome::NotAllowed })
}

/// Deletes a post of the viewer's, or as an admin anybody's; the latter is noted in the moderation
/// log, with the reason. Returns whose it was.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    viewer: Uuid,
    id: Uuid,
    reason: Option<String>,
) -> Result<Outcome<Uuid>> {
    conn.transaction(async |conn| {
        let owner = match find_deletable(conn, viewer, id).await? {
            Outcome::Done(owner) => owner,
            refused => return Ok::<_, Error>(refused),
        };
        if diesel::delete(posts::table.find(id)).execute(conn).await? == 0 {
            return Ok(Outcome::NotFound);
        }
        if owner != viewer {
            let action = Action::DeletePost;
            moderation::append(
                conn,
                Act { actor: Some(viewer), action, target: id, reason, role: None },
            )
            .await?;
        }
        Ok(Outcome::Done(owner))
    })
    .await
}

/// Whose post it is, if the viewer may delete it; in a transaction they may until its end.
///
/// # Errors
/// When the database fails.
pub async fn find_deletable(
    conn: &mut AsyncPgConnection,
    viewer: Uuid,
    id: Uuid,
) -> Result<Outcome<Uuid>> {
    // Locked first, as every writer does: an admin stays one until it is done.
    let is_admin = users::table
        .find(viewer)
        .select(users::role.eq("admin").and(users::suspended_at.is_null()))
        .for_share()
        .get_result::<bool>(conn)
        .await
        .optional()?;
    // Admins delete what was reported to them, even if its owner has hidden it since.
    let owner = if is_admin == Some(true) {
        posts::table.find(id).select(posts::owner_id).get_result(conn).await.optional()?
    } else {
        let visible = post::find_many(conn, Some(viewer), &[id]).await?;
        visible.into_iter().next().map(|post| post.owner_id)
    };
    Ok(match owner {
        None => Outcome::NotFound,
        Some(owner) if owner == viewer || is_admin == Some(true) => Outcome::Done(owner),
        Some(_) => Outcome::NotAllowed,
    })
}
