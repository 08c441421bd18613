//! What is looked up of users and posts.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use uuid::Uuid;

use super::loaders::Lookup;
use crate::{
    db::{
        Db,
        post::{self, PostRow, PostStatsRow},
        user::{self, UserRow},
    },
    error::Result,
};

/// A user by key, if the viewer may see them.
pub struct Users;

impl Lookup for Users {
    type Key = Uuid;
    type Value = UserRow;
    const NAME: &'static str = "users";

    async fn find(db: &Db, viewer: Option<Uuid>, keys: &[Uuid]) -> Result<HashMap<Uuid, UserRow>> {
        let conn = db.read().await?;
        let rows = user::find_many(&conn, viewer, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// A user by key, for a viewer who is known to see them.
pub struct KnownUsers;

impl Lookup for KnownUsers {
    type Key = Uuid;
    type Value = Arc<UserRow>;
    const NAME: &'static str = "known_users";

    async fn find(
        db: &Db,
        _viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, Arc<UserRow>>> {
        let found = db.lanes().users.find(keys.to_vec()).await?;
        Ok(picked(&found, keys, |key| *key))
    }
}

/// A post by key, if the viewer may see it.
pub struct Posts;

impl Lookup for Posts {
    type Key = Uuid;
    type Value = Arc<PostRow>;
    const NAME: &'static str = "posts";

    async fn find(
        db: &Db,
        viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, Arc<PostRow>>> {
        if viewer.is_none() {
            let found = db.lanes().listed_posts.find(keys.to_vec()).await?;
            return Ok(picked(&found, keys, |key| *key));
        }
        let rows = post::find_many(&*db.read().await?, viewer, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

/// The text of a post that the viewer sees, where it was not read with the post.
pub struct PostContents;

impl Lookup for PostContents {
    type Key = Uuid;
    type Value = String;
    const NAME: &'static str = "post_contents";

    async fn find(db: &Db, viewer: Option<Uuid>, keys: &[Uuid]) -> Result<HashMap<Uuid, String>> {
        post::find_contents(&*db.read().await?, viewer, keys).await
    }
}

/// The counts of a post that the viewer sees.
pub struct PostStats;

impl Lookup for PostStats {
    type Key = Uuid;
    type Value = PostStatsRow;
    const NAME: &'static str = "post_stats";

    async fn find(
        db: &Db,
        _viewer: Option<Uuid>,
        keys: &[Uuid],
    ) -> Result<HashMap<Uuid, PostStatsRow>> {
        let found = db.lanes().post_stats.find(keys.to_vec()).await?;
        Ok(picked(&found, keys, |key| *key))
    }
}

/// Those of the values that a statement found for many requests which this one asked for.
pub fn picked<K: Clone + Eq + Hash, A: Eq + Hash, V: Clone, S: BuildHasher>(
    found: &HashMap<A, V, S>,
    keys: &[K],
    asked: impl Fn(&K) -> A,
) -> HashMap<K, V> {
    let value = |key: &K| Some((key.clone(), found.get(&asked(key))?.clone()));
    keys.iter().filter_map(value).collect()
}
