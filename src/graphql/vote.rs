//! Votes: their lists, and the mutation that casts one.

use std::{borrow::Cow, collections::HashMap};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Enum, InputObject, Object, OutputType, Positioned,
    ServerResult, SimpleObject, Value, parser::types::Field, registry::Registry,
    resolver_utils::resolve_container,
};
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{
    context::ContextExt,
    eager::{Eager, Quick},
    error::{UserError, UserErrorCode},
    id::{Id, PostKind},
    json::Json,
    loaders::{Loader, Loaders, Lookup},
    lookups::picked,
    nested::{Counts, Nested, Pages},
    post::Post,
    post_facts::Facts,
};
use crate::{
    auth::Viewer,
    db::{
        Db,
        page::{Page, Position, Window},
        vote::{self, LikedRow, VoterRow},
        vote_cast::{Ballot, Cast},
    },
    error::{Error, Result},
};

/// How a person stands to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "vote::VoteDirection")]
pub enum VoteDirection {
    /// For it.
    Up,
    /// Against it.
    Down,
    /// Without a vote.
    None,
}

/// The viewer's votes; a stranger has none.
pub struct ViewerVotes;

impl Lookup for ViewerVotes {
    type Key = Uuid;
    type Value = vote::VoteDirection;
    const NAME: &'static str = "viewer_votes";

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, vote::VoteDirection>> {
        let Some(viewer) = viewer else { return Ok(HashMap::new()) };
        let asked = |post: &Uuid| (viewer, *post);
        let found = db.lanes().votes.find(keys.iter().map(asked).collect()).await?;
        Ok(picked(&found, keys, asked))
    }
}

/// Those who voted on a post, one way.
pub struct Voters;

impl Nested for Voters {
    type Choice = vote::VoteDirection;
    type Key = DateTime<Utc>;
    type Row = VoterRow;
    const NAME: &'static str = "voters";

    async fn pages(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        direction: vote::VoteDirection,
        posts: &[Uuid],
        window: &Window<DateTime<Utc>>,
    ) -> Result<HashMap<Uuid, Page<VoterRow>>> {
        vote::page_voters(conn, viewer, direction, posts, window).await
    }

    async fn counts(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        direction: vote::VoteDirection,
        posts: &[Uuid],
    ) -> Result<HashMap<Uuid, i64>> {
        vote::count_voters(conn, viewer, direction, posts).await
    }

    fn position(row: &VoterRow) -> Position<DateTime<Utc>> {
        row.position()
    }

    fn loaders(all: &Loaders) -> (&Loader<Pages<Self>>, &Loader<Counts<Self>>) {
        (&all.voters, &all.voter_counts)
    }
}

/// The posts for which a user voted.
pub struct Liked;

impl Nested for Liked {
    type Choice = ();
    type Key = DateTime<Utc>;
    type Row = LikedRow;
    const NAME: &'static str = "liked_posts";

    async fn pages(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        (): (),
        users: &[Uuid],
        window: &Window<DateTime<Utc>>,
    ) -> Result<HashMap<Uuid, Page<LikedRow>>> {
        vote::page_liked(conn, viewer, users, window).await
    }

    async fn counts(
        conn: &AsyncPgConnection,
        viewer: Option<Uuid>,
        (): (),
        users: &[Uuid],
    ) -> Result<HashMap<Uuid, i64>> {
        vote::count_liked(conn, viewer, users).await
    }

    fn position(row: &LikedRow) -> Position<DateTime<Utc>> {
        row.position()
    }

    fn loaders(all: &Loaders) -> (&Loader<Pages<Self>>, &Loader<Counts<Self>>) {
        (&all.liked, &all.liked_counts)
    }
}

/// Mutations of votes.
#[derive(Default)]
pub struct VoteMutation;

#[Object]
impl VoteMutation {
    /// Votes for or against a post, or takes the vote back. A vote replaces the one before it, and
    /// repeating one changes nothing.
    async fn vote(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which post, and how.")] input: VoteInput,
    ) -> Result<VotePayload> {
        let viewer = ctx.require_viewer()?;
        ctx.write_rate().count_unasked(viewer)?;
        let direction = input.direction.into();
        let ballot = Ballot { viewer, post: input.post_id.uuid(), direction };
        let cast = ctx.app().db.vote(ballot).await?;
        let Some(cast) = cast else {
            // The statement tells that nothing was done; the session is asked for only then.
            check_session(ctx, viewer).await?;
            return Ok(VotePayload::refused(
                UserErrorCode::NotFound,
                "postId",
                "There is no such post.",
            ));
        };
        // Who lost an answer on the way is not told that they voted so before.
        let unchanged = cast.previous == direction && !cast.perhaps_before;
        let post = VotedPost::after(ctx, &cast, direction).await;
        match direction {
            vote::VoteDirection::None if input.strict && unchanged => Ok(VotePayload::refused(
                UserErrorCode::VoteNotFound,
                "direction",
                "You have no vote on this post that could be taken back.",
            )),
            _ if input.strict && unchanged => Ok(VotePayload::refused(
                UserErrorCode::AlreadyVoted,
                "direction",
                "You have voted so on this post already.",
            )),
            _ => Ok(VotePayload { post: Some(Quick(post)), user_errors: Vec::new() }),
        }
    }
}

/// Looks whether it is the session that kept a vote from being cast. Then the vote was not its user's.
async fn check_session(ctx: &Context<'_>, viewer: Viewer) -> Result<()> {
    let session = ctx.require_session().await;
    if let Err(Error::Unauthenticated(_)) = session {
        ctx.write_rate().recount(viewer)?;
    }
    session.map(|_user| ())
}

impl VotePayload {
    fn refused(code: UserErrorCode, field: &str, message: &str) -> Self {
        Self { post: None, user_errors: vec![UserError::field(field, code, message)] }
    }
}

/// A post of which nothing was read but its counts, which is all that most ask of one after a vote. The
/// rest is read when somebody asks for it.
pub struct VotedPost {
    id: Uuid,
    facts: Facts,
}

impl VotedPost {
    /// What the vote's own statement read is as new as can be, and need not be read again.
    async fn after(ctx: &Context<'_>, cast: &Cast, direction: vote::VoteDirection) -> Self {
        ctx.loaders().forget_content().await;
        let (stats, viewer_vote) = (Some(cast.stats), Some(direction));
        Self { id: cast.stats.post_id, facts: Facts { stats, viewer_vote, ..Facts::default() } }
    }

    async fn read(&self, ctx: &Context<'_>) -> Result<Post> {
        let row = ctx.loaders().posts.load(self.id).await?.ok_or(Error::Gone)?;
        Ok(Post { row, facts: self.facts.clone() })
    }
}

impl OutputType for VotedPost {
    fn type_name() -> Cow<'static, str> {
        <Post as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Post as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for VotedPost {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let post = self.read(ctx).await.map_err(|error| {
            let error = async_graphql::Error::from(error).into_server_error(ctx.item.pos);
            ctx.set_error_path(error)
        })?;
        post.resolve_field(ctx).await
    }
}

impl Eager for VotedPost {
    fn write(&self, ctx: &Context<'_>, json: &mut Json) -> Option<()> {
        match ctx.item.node.name.node.as_str() {
            "id" => json.put(Id::<PostKind>::from(self.id)),
            _ => self.facts.write(ctx, json),
        }
    }
}

/// How to vote.
#[derive(InputObject)]
pub struct VoteInput {
    /// The post to vote on.
    pub post_id: Id<PostKind>,
    /// For it, against it, or no longer.
    pub direction: VoteDirection,
    /// Whether a vote that changes nothing is an error: `ALREADY_VOTED` or `VOTE_NOT_FOUND`.
    #[graphql(default = false)]
    pub strict: bool,
}

/// What `vote` changed.
#[derive(SimpleObject)]
pub struct VotePayload {
    /// The post with its new counts; null when there are errors.
    pub post: Option<Quick<VotedPost>>,
    /// Why nothing was done; empty when it was.
    pub user_errors: Vec<UserError>,
}
