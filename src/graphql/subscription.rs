//! What can be subscribed to.
//!
//! A subscription's resolver runs at two occasions, and the request's [`Occasion`] says which: once
//! when somebody subscribes, to decide whether they may and to say what is waited for; and at every
//! event, in a request of its own, to answer with what happened. See [`super::live`].

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, Subscription};
use futures_util::{Stream, stream};

use super::{
    comment::Comment,
    context::ContextExt,
    id::{Id, PostKind},
    post::Post,
};
use crate::{
    db::watch::{Happening, Topic},
    error::{Error, Result},
};

/// Why the resolver of a subscription runs.
pub enum Occasion {
    /// Somebody subscribes: what they wait for is to be written down.
    Begin(Arc<OnceLock<Topic>>),
    /// Something happened that they may hear of.
    Happened(Happening),
}

const NO_SUCH_POST: &str = "There is no such post, or you may not see it.";

/// Everything that can be followed live.
#[derive(Default)]
pub struct SubscriptionRoot;

/// Everything that can be followed live: over WebSocket by the `graphql-transport-ws` protocol, and
/// as server-sent events by the `graphql-sse` protocol. Each event is what the viewer may see at that
/// moment; a subscription ends when there is nothing to wait for any more.
#[Subscription(name = "Subscription")]
impl SubscriptionRoot {
    /// A comment that was just written under a post, replies included; without those of people whom
    /// the viewer muted, and without replies to what the viewer does not see.
    async fn comment_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Under which post.")] post_id: Id<PostKind>,
    ) -> Result<impl Stream<Item = Comment>> {
        Ok(once(match ctx.data_unchecked() {
            Occasion::Begin(topic) => {
                find_post(ctx, post_id).await?;
                begin(topic, Topic::Comments(post_id.uuid()))
            }
            Occasion::Happened(Happening::Comment { comment, .. }) => {
                ctx.loaders().comments.load(*comment).await?.map(Comment)
            }
            Occasion::Happened(_) => None,
        }))
    }

    /// A post that was just changed: voted on, commented on, or edited. Changes that come together
    /// are told as one, by how the post stands after them.
    async fn post_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which post.")] post_id: Id<PostKind>,
    ) -> Result<impl Stream<Item = Post>> {
        Ok(once(match ctx.data_unchecked() {
            Occasion::Begin(topic) => {
                find_post(ctx, post_id).await?;
                begin(topic, Topic::Post(post_id.uuid()))
            }
            Occasion::Happened(_) => {
                ctx.loaders().posts.load(post_id.uuid()).await?.map(Post::from)
            }
        }))
    }

    /// A post that the viewer's feed just gained: their own, or of somebody whom they follow.
    async fn feed_post_added(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Post>> {
        Ok(once(match ctx.data_unchecked() {
            Occasion::Begin(topic) => {
                ctx.require_session().await?;
                begin(topic, Topic::Feeds)
            }
            Occasion::Happened(Happening::FeedPost { post, .. }) => {
                ctx.loaders().posts.load(*post).await?.map(Post::from)
            }
            Occasion::Happened(_) => None,
        }))
    }
}

/// Who subscribes with a session needs one that stands, as for everything that is followed.
async fn find_post(ctx: &Context<'_>, id: Id<PostKind>) -> Result<()> {
    ctx.session_user().await?;
    let post = ctx.loaders().posts.load(id.uuid()).await?;
    post.map(|_| ()).ok_or(Error::NotFound(NO_SUCH_POST))
}

fn begin<T>(slot: &OnceLock<Topic>, topic: Topic) -> Option<T> {
    // One field is all that a subscription has at its root, so nobody was here before.
    let _first = slot.set(topic);
    None
}

fn once<T>(event: Option<T>) -> impl Stream<Item = T> {
    stream::iter(event)
}
