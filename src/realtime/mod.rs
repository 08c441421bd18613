//! What happens, told to those who wait for it.
//!
//! The database tells what happened ([`crate::db::listen`]); the [`Hub`] leads it to the room of its
//! topic; the room decides who of those in it may hear of it, has each distinct answer made once,
//! and hands it to everybody who asked for just that. What an answer looks like is for whoever
//! subscribes to say, by a [`Selection`]: nothing here knows of GraphQL or HTTP.
//!
//! Members of a room are grouped by what they selected. The groups of one happening cost one
//! statement for everybody's rights and one answer a group, however many members they have; the
//! answer's bytes are shared. Whose answer would differ from others' is a group of their own.
//!
//! Everybody's queue is bounded. Who does not take what comes is dropped and told so. What changes
//! while a change of the same post is being told is told as one change.
//!
//! When the listening connection was lost for a while, those who follow a post are sent how it
//! stands now; those who wait for additions cannot be told what they missed, so their subscriptions
//! end in a way that makes clients subscribe anew ([`End::Missed`]).

mod audience;
mod hub;
mod member;
mod room;

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use self::{
    hub::{Hub, Wanted},
    member::{Hangup, Subscription, Told},
};
use crate::{auth::Viewer, db::watch::Happening};

/// Names all that get the same answers.
pub type GroupKey = [u8; 32];

/// What a group of members wants to know of what happens.
pub trait Selection: Send + Sync {
    /// The answer, as this member of the group gets it, who is known to have a right to it. `None`
    /// when there is nothing to tell after all.
    fn answer(&self, happening: Happening, viewer: Option<Viewer>) -> BoxFuture<'_, Option<Bytes>>;
}

/// Why a subscription is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// There is nothing to wait for any more: the post is gone, or hidden from the member.
    Done,
    /// The member's session has ended.
    LoggedOut,
    /// The member did not take what came.
    TooSlow,
    /// Something may have happened that nobody can tell any more.
    Missed,
}

impl End {
    /// As the metrics have it.
    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::LoggedOut => "logged_out",
            Self::TooSlow => "too_slow",
            Self::Missed => "missed",
        }
    }
}
