//! Things in tests that people made: put into the database as the API would.

use std::sync::Arc;

use rookery::id::{CommentKind, Id, PostKind};
use tokio_postgres::Client as Database;
use uuid::Uuid;

use super::{app::TestApp, db::connect, user::TestUser};

/// A row with its key and its id in the API.
#[derive(Clone, Debug)]
pub struct Made {
    pub key: Uuid,
    pub id: String,
}

/// Whether a post is out, and who may see it.
#[derive(Clone, Copy, Debug)]
pub enum Seen {
    Public,
    Followers,
    Private,
    Draft,
}

impl TestApp {
    /// A way of one's own to the database past the server.
    pub async fn database(&self) -> Database {
        connect(self.database_url()).await
    }

    /// The way to it that a test's statements share, since each connection costs a process.
    pub async fn shared(&self) -> &Database {
        self.past_the_server.get_or_init(async || Arc::new(self.database().await)).await
    }

    /// Adds a public post.
    pub async fn post(&self, owner: &TestUser) -> Made {
        self.post_seen(owner, Seen::Public).await
    }

    /// Adds a post for some eyes only.
    pub async fn post_seen(&self, owner: &TestUser, seen: Seen) -> Made {
        let key = Uuid::now_v7();
        let (published, visibility) = match seen {
            Seen::Public => (true, "public"),
            Seen::Followers => (true, "followers"),
            Seen::Private => (true, "private"),
            Seen::Draft => (false, "public"),
        };
        let insert = format!(
            "INSERT INTO posts (id, owner_id, title, content, published, visibility)
             VALUES ('{key}', '{}', 'title', 'content', {published}, '{visibility}')",
            owner.key
        );
        self.sql(&insert).await;
        Made { key, id: Id::<PostKind>::from(key).to_string() }
    }

    /// Adds a comment under a post, or an answer to one.
    pub async fn comment(&self, author: &TestUser, post: &Made, reply_to: Option<&Made>) -> Made {
        let key = Uuid::now_v7();
        let reply_to = reply_to.map_or("NULL".into(), |comment| format!("'{}'", comment.key));
        let insert = format!(
            "INSERT INTO comments (id, post_id, author_id, reply_to, content)
             VALUES ('{key}', '{}', '{}', {reply_to}, 'said')",
            post.key, author.key
        );
        self.sql(&insert).await;
        Made { key, id: Id::<CommentKind>::from(key).to_string() }
    }

    /// Adds a vote.
    pub async fn voted(&self, voter: &TestUser, post: &Made, value: i16) {
        let insert = format!(
            "INSERT INTO votes (post_id, user_id, value) VALUES ('{}', '{}', {value})",
            post.key, voter.key
        );
        self.sql(&insert).await;
    }

    /// Lets one block the other.
    pub async fn blocked(&self, blocker: &TestUser, blocked: &TestUser) {
        let (blocker, blocked) = (blocker.key, blocked.key);
        self.sql(&format!("INSERT INTO blocks VALUES ('{blocker}', '{blocked}')")).await;
    }

    /// Lets one mute the other.
    pub async fn muted(&self, muter: &TestUser, muted: &TestUser) {
        let (muter, muted) = (muter.key, muted.key);
        self.sql(&format!("INSERT INTO mutes VALUES ('{muter}', '{muted}')")).await;
    }

    /// Lets one follow the other.
    pub async fn followed(&self, follower: &TestUser, followee: &TestUser) {
        let (follower, followee) = (follower.key, followee.key);
        self.sql(&format!("INSERT INTO follows VALUES ('{follower}', '{followee}')")).await;
    }

    /// Runs SQL past the server.
    pub async fn sql(&self, statement: &str) {
        let database = self.shared().await;
        database.batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    }

    /// How many rows this counts.
    pub async fn count(&self, from: &str) -> i64 {
        let database = self.shared().await;
        let row = database.query_one(&format!("SELECT count(*) FROM {from}"), &[]).await;
        row.unwrap_or_else(|e| panic!("{from}: {e:?}")).get(0)
    }
}
