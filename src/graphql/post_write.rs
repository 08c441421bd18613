//! Posts written, changed and deleted: the mutations and their inputs.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use uuid::Uuid;

use super::{
    context::ContextExt,
    error::{Problems, UserError, UserErrorCode},
    id::{Id, PostKind},
    moderation,
    post::{Post, Visibility},
    upload::{Upload, develop},
    user::User,
};
use crate::{
    db::{
        Connection, Db,
        post_write::{self, NewImage, NewPost, Outcome, PostChanges},
    },
    error::{Error, Result},
    media::{Finished, StoredImage},
    post_text::{ImageAlt, PostContent, PostTitle},
    text::is_blank,
};

/// Mutations of posts.
#[derive(Default)]
pub struct PostMutation;

#[Object]
impl PostMutation {
    /// Writes a post, as a draft or for others to read at once.
    async fn create_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to write.")] input: CreatePostInput,
    ) -> Result<CreatePostPayload> {
        let owner = ctx.begin_write().await?.id;
        let mut problems = Problems::default();
        let title = problems.check("title", PostTitle::new(&input.title));
        let content = problems.check("content", PostContent::new(&input.content));
        let alt = described(&mut problems, input.image_alt_text);
        let image = match input.image {
            Some(upload) => develop(ctx, &mut problems, "image", upload).await?,
            None => None,
        };
        let (Some(title), Some(content), true) = (title, content, problems.is_empty()) else {
            return Ok(CreatePostPayload { post: None, user_errors: problems.into_vec() });
        };
        let (published, visibility) = (input.published, input.visibility.into());
        let image = match image {
            Some(finished) => Some(NewImage { image: keep(ctx, owner, finished).await?, alt }),
            None => None,
        };
        let new = NewPost { owner, title, content, published, visibility, image };
        let insert = async |mut conn: Connection| post_write::insert(&mut conn, &new).await;
        let post = ctx.app().db.retrying(insert).await?;
        ctx.loaders().forget_content().await;
        Ok(CreatePostPayload { post: Some(Post::from(post)), user_errors: Vec::new() })
    }

    /// Changes a post of the viewer's. What is left out stays as it is.
    async fn update_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdatePostInput,
    ) -> Result<UpdatePostPayload> {
        let owner = ctx.begin_write().await?.id;
        let id = input.id.uuid();
        let refused = |user_errors| UpdatePostPayload { post: None, user_errors };
        let mut problems = Problems::default();
        let image = match &input.image {
            MaybeUndefined::Value(upload) => develop(ctx, &mut problems, "image", *upload).await?,
            _ => None,
        };
        let mut changes = input.changes(&mut problems);
        if !problems.is_empty() {
            problems.extend(match ctx.loaders().posts.load(id).await? {
                None => Some(post_not_found("id")),
                Some(post) => (post.owner_id != owner).then(not_yours_to_change),
            });
            return Ok(refused(problems.into_vec()));
        }
        if let Some(finished) = image {
            changes.image = Some(Some(keep(ctx, owner, finished).await?));
        }
        let update =
            async |mut conn: Connection| post_write::update(&mut conn, owner, id, &changes).await;
        let outcome = ctx.app().db.retrying(update).await?;
        if let (Some(Some(image)), Outcome::NotFound | Outcome::NotAllowed) =
            (&changes.image, &outcome)
        {
            ctx.app().media.discard(image).await?;
        }
        Ok(match outcome {
            Outcome::Done(row) => {
                ctx.loaders().forget_content().await;
                if changes.image.is_some() {
                    ctx.app().media.expect_litter();
                }
                UpdatePostPayload { post: Some(Post::from(row)), user_errors: Vec::new() }
            }
            Outcome::NotFound => refused(vec![post_not_found("id")]),
            Outcome::NotAllowed => refused(vec![not_yours_to_change()]),
        })
    }

    /// Deletes a post with its comments and votes: for its owner and for admins. What an admin
    /// deletes is noted in the moderation log.
    async fn delete_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to delete.")] input: DeletePostInput,
    ) -> Result<DeletePostPayload> {
        let viewer = ctx.begin_write().await?.id;
        let id = input.id.uuid();
        let mut problems = Problems::default();
        let reason = moderation::reason(&mut problems, input.reason);
        let db = &ctx.app().db;
        let deleted = if problems.is_empty() {
            delete(db, viewer, id, reason).await?
        } else {
            post_write::find_deletable(&mut *db.write().await?, viewer, id).await?
        };
        match deleted {
            Outcome::Done(owner) if problems.is_empty() => {
                ctx.loaders().forget_content().await;
                ctx.app().media.expect_litter();
                let owner = ctx.loaders().users.load(owner).await?.map(User::from);
                let deleted_post_id = Some(input.id);
                return Ok(DeletePostPayload { deleted_post_id, owner, user_errors: Vec::new() });
            }
            Outcome::Done(_) => {}
            Outcome::NotFound => problems.push(post_not_found("id")),
            Outcome::NotAllowed => {
                problems.push(not_allowed("Only its owner and admins may delete a post."));
            }
        }
        Ok(DeletePostPayload::refused(problems.into_vec()))
    }
}

/// Deletes a post: nearly always at once, and with more time where very much hangs on it.
async fn delete(db: &Db, viewer: Uuid, id: Uuid, reason: Option<String>) -> Result<Outcome<Uuid>> {
    let delete = move |mut conn: Connection| {
        let reason = reason.clone();
        async move { post_write::delete(&mut conn, viewer, id, reason).await }
    };
    match db.retrying(&delete).await {
        Err(Error::Timeout) => db.finishing(delete).await,
        done => done,
    }
}

/// The problem of an input that names a post which is not there for the viewer.
pub(super) fn post_not_found(field: &str) -> UserError {
    UserError::field(field, UserErrorCode::NotFound, "There is no such post.")
}

fn not_yours_to_change() -> UserError {
    not_allowed("Only its owner may change a post.")
}

fn not_allowed(message: &str) -> UserError {
    UserError::field("id", UserErrorCode::NotAllowed, message)
}

/// A post to be written.
#[derive(InputObject)]
pub struct CreatePostInput {
    /// What it is about: one line of up to 300 characters.
    pub title: String,
    /// The text: up to 40,000 characters.
    pub content: String,
    /// Whether it is out at once; a draft otherwise.
    #[graphql(default = true)]
    pub published: bool,
    /// Who may see it once it is out.
    #[graphql(default_with = "Visibility::Public")]
    pub visibility: Visibility,
    /// A picture: JPEG, PNG, WebP or GIF, up to 8 MiB and 40 megapixels; a WebP, a progressive JPEG or
    /// an interlaced PNG has to be read as a whole and may have 6 to 24, by its kind. It is made anew,
    /// so that nothing remains of where and with what it was taken; of a moving one the first picture
    /// is kept.
    pub image: Option<Upload>,
    /// What can be seen in the picture, for those who cannot: up to 1,000 characters. Of no account
    /// without a picture.
    pub image_alt_text: Option<String>,
}

/// What the mutation wrote.
#[derive(SimpleObject)]
pub struct CreatePostPayload {
    /// The new post; null when there are errors.
    pub post: Option<Post>,
    /// Why nothing was written; empty when it was.
    pub user_errors: Vec<UserError>,
}

/// What to change of a post. What is left out stays as it is; only the picture and its description can
/// be taken away with null.
#[derive(InputObject)]
pub struct UpdatePostInput {
    /// Which post.
    pub id: Id<PostKind>,
    /// What it is about: one line of up to 300 characters.
    pub title: MaybeUndefined<String>,
    /// The text: up to 40,000 characters.
    pub content: MaybeUndefined<String>,
    /// Whether it is out; a draft otherwise.
    pub published: MaybeUndefined<bool>,
    /// Who may see it once it is out.
    pub visibility: MaybeUndefined<Visibility>,
    /// A picture, as for a new post; null takes the picture away.
    pub image: MaybeUndefined<Upload>,
    /// What can be seen in the picture: up to 1,000 characters. A new picture comes without the
    /// description of the old one. Of no account without a picture.
    pub image_alt_text: MaybeUndefined<String>,
}

impl UpdatePostInput {
    fn changes(self, problems: &mut Problems) -> PostChanges {
        let title = given(problems, "title", self.title);
        let content = given(problems, "content", self.content);
        PostChanges {
            title: title.and_then(|text| problems.check("title", PostTitle::new(&text))),
            content: content.and_then(|text| problems.check("content", PostContent::new(&text))),
            published: given(problems, "published", self.published),
            visibility: given(problems, "visibility", self.visibility).map(Into::into),
            image: self.image.is_null().then_some(None),
            image_alt: match self.image_alt_text {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(text) => Some(described(problems, Some(text))),
            },
        }
    }
}

/// The description of a picture; an empty one is none.
fn described(problems: &mut Problems, text: Option<String>) -> Option<ImageAlt> {
    let text = text.filter(|text| !is_blank(text))?;
    problems.check("imageAltText", ImageAlt::new(&text))
}

/// Keeps a picture until its post takes it.
async fn keep(ctx: &Context<'_>, owner: Uuid, finished: Finished) -> Result<StoredImage> {
    Box::pin(ctx.app().media.keep(owner, finished)).await
}

/// The value, if there is one; null is a problem.
fn given<T>(problems: &mut Problems, field: &str, value: MaybeUndefined<T>) -> Option<T> {
    if value.is_null() {
        let message = "This cannot be empty. Leave it out to keep it as it is.";
        problems.push(UserError::field(field, UserErrorCode::Required, message));
    }
    value.take()
}

/// What the mutation changed.
#[derive(SimpleObject)]
pub struct UpdatePostPayload {
    /// The post as it is now; null when there are errors.
    pub post: Option<Post>,
    /// Why nothing was changed; empty when it was.
    pub user_errors: Vec<UserError>,
}

/// Which post to delete.
#[derive(InputObject)]
pub struct DeletePostInput {
    /// Which post.
    pub id: Id<PostKind>,
    /// Why an admin deletes it: up to 2,000 characters, for the moderation log.
    pub reason: Option<String>,
}

/// What the mutation deleted.
#[derive(SimpleObject)]
pub struct DeletePostPayload {
    /// The id that no longer exists; null when there are errors.
    pub deleted_post_id: Option<Id<PostKind>>,
    /// Whose post it was, with the new count of posts; null when there are errors.
    pub owner: Option<User>,
    /// Why nothing was deleted; empty when it was.
    pub user_errors: Vec<UserError>,
}

impl DeletePostPayload {
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self { deleted_post_id: None, owner: None, user_errors }
    }
}
