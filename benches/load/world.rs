//! The database that is measured: a PostgreSQL of the bench's own, a demo world, and who asks for
//! what in it.

use std::{env, fs, num::NonZeroUsize, path::PathBuf, process::Stdio};

use rookery::db::{
    Endpoint,
    embedded::{DATABASE, EmbeddedPostgres, Options},
    migrations,
};
use tokio::process::Command;
use tokio_postgres::{Client, NoTls, Row};
use uuid::Uuid;

use crate::{Outcome, arguments::Arguments};

/// A session for everybody, found under the user's own key.
const SESSIONS: &str = "
INSERT INTO sessions (id, user_id, idle_expires_at, expires_at)
SELECT id, id, 'infinity', 'infinity' FROM users ON CONFLICT DO NOTHING";

const POSTS: &str = "SELECT id::text FROM posts WHERE listed ORDER BY md5(id::text) LIMIT 20000";
const HOT: &str = "SELECT post_id::text FROM post_stats JOIN posts ON posts.id = post_id \
                   WHERE posts.listed ORDER BY score DESC LIMIT 100";
/// Half of them have voted so far. The crowd of an earlier run has no sessions, and cannot vote.
const PAIRS: &str = "
(SELECT post_id::text, user_id::text FROM votes WHERE user_id IN (SELECT user_id FROM sessions)
 ORDER BY md5(post_id::text || user_id) LIMIT 30000)
UNION
(SELECT post.id::text, voter.id::text
 FROM (SELECT id, row_number() OVER (ORDER BY md5(id::text)) AS n FROM posts WHERE listed) AS post
 JOIN (SELECT id, row_number() OVER (ORDER BY md5(id::text)) AS n FROM sessions) AS voter
   ON voter.n = 1 + (post.n * 7919) % (SELECT count(*) FROM sessions)
 WHERE NOT EXISTS (SELECT FROM votes WHERE post_id = post.id AND user_id = voter.id)
 LIMIT 30000)";

/// Many people, who have done nothing yet: `$1` of them.
const CROWD: &str = "
INSERT INTO users (id, username, email, password_hash)
SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'crowd_' || n, 'crowd_' || n || '@example.com', ''
FROM generate_series(1, $1::bigint) AS n ON CONFLICT DO NOTHING";
/// `$1` of them vote for one post: the `$2`th that everybody sees.
const CROWD_VOTES: &str = "
INSERT INTO votes (post_id, user_id, value)
SELECT (SELECT id FROM posts WHERE listed ORDER BY id OFFSET $2::bigint LIMIT 1), id, 1
FROM users WHERE username LIKE 'crowd\\_%' LIMIT $1::bigint ON CONFLICT DO NOTHING";

/// One person votes for the latest posts that everybody sees, `$2` of them.
const ZEAL: &str = "
INSERT INTO votes (post_id, user_id, value)
SELECT id, $1::text::uuid, 1 FROM (SELECT id FROM posts WHERE listed ORDER BY id DESC LIMIT $2::bigint) AS latest
ON CONFLICT DO NOTHING";

/// The database, filled.
pub struct World {
    postgres: EmbeddedPostgres,
    pub postmaster: u32,
    pub client: Client,
}

impl World {
    /// The world of this many posts: ten of each person, who does what people do.
    pub async fn open(posts: u64, arguments: &Arguments) -> Outcome<Self> {
        let folder = arguments.world.join(posts.to_string());
        let postgres = start(folder, arguments.durable).await?;
        let url = postgres.database_url(DATABASE);
        migrations::up(&Endpoint::parse(&url)?).await?;
        let client = connect(&url).await?;
        if client.query_opt("SELECT FROM users LIMIT 1", &[]).await?.is_none() {
            fill(&url, posts / 10).await?;
            client.batch_execute(SESSIONS).await?;
            client.batch_execute("VACUUM (ANALYZE, FREEZE)").await?;
        }
        let postmaster = fs::read_to_string(postgres.home().join("data/postmaster.pid"))?;
        let postmaster = postmaster.lines().next().unwrap_or_default().parse()?;
        Ok(Self { postgres, postmaster, client })
    }

    pub async fn close(self) -> Outcome<()> {
        Ok(self.postgres.stop().await?)
    }

    pub fn url(&self) -> String {
        self.postgres.database_url(DATABASE)
    }

    /// PostgreSQL's log.
    pub fn log(&self) -> PathBuf {
        self.postgres.home().join("server.log")
    }

    async fn keys(&self, query: &str) -> Outcome<Vec<Uuid>> {
        self.client.query(query, &[]).await?.iter().map(|row| key(row, 0)).collect()
    }

    /// Posts that everybody may see.
    pub async fn posts(&self) -> Outcome<Vec<Uuid>> {
        self.keys(POSTS).await
    }

    /// The posts with the most votes.
    pub async fn hot_posts(&self) -> Outcome<Vec<Uuid>> {
        self.keys(HOT).await
    }

    /// Gives three posts this many votes, a hundredth and a hundred-thousandth of them.
    pub async fn crowd(&self, votes: i64) -> Outcome<()> {
        if self
            .client
            .query_opt("SELECT FROM users WHERE username = 'crowd_1'", &[])
            .await?
            .is_none()
        {
            self.client.execute(CROWD, &[&votes]).await?;
            for (number, votes) in (0_i64..).zip([votes / 100_000, votes / 100, votes]) {
                self.client.execute(CROWD_VOTES, &[&votes, &number]).await?;
            }
            self.client.batch_execute("VACUUM (ANALYZE)").await?;
        }
        Ok(())
    }

    /// A post with few votes, one with many, and the one with the most: each with how many.
    pub async fn posts_by_votes(&self) -> Outcome<Vec<(i32, Uuid)>> {
        const NEAREST: &str = "SELECT upvotes + downvotes, post_id::text FROM post_stats \
                               JOIN posts ON posts.id = post_id WHERE posts.listed ORDER BY abs(upvotes + downvotes - $1), post_id LIMIT 1";
        let mut posts = Vec::new();
        for votes in [10, 10_000, i32::MAX] {
            let row = self.client.query_one(NEAREST, &[&votes]).await?;
            posts.push((row.get(0), key(&row, 1)?));
        }
        Ok(posts)
    }

    /// People who follow about a hundred, each with how often they voted: seldom, often and very often.
    pub async fn voters(&self) -> Outcome<Vec<(i64, Uuid)>> {
        const COUNT: &str = "SELECT count(*) FROM votes WHERE user_id = $1::text::uuid";
        let mut voters = Vec::new();
        for (votes, person) in [0_i64, 1_000, 100_000].into_iter().zip(self.following(100).await?) {
            let name = person.to_string();
            self.client.execute(ZEAL, &[&name, &votes]).await?;
            voters.push((self.client.query_one(COUNT, &[&name]).await?.get(0), person));
        }
        self.client.batch_execute("VACUUM (ANALYZE) votes, post_stats").await?;
        Ok(voters)
    }

    /// Posts, each with somebody to vote on it.
    pub async fn pairs(&self) -> Outcome<Vec<(Uuid, Uuid)>> {
        let rows = self.client.query(PAIRS, &[]).await?;
        rows.iter().map(|row| Ok((key(row, 0)?, key(row, 1)?))).collect()
    }

    /// People who follow about so many.
    pub async fn following(&self, about: i32) -> Outcome<Vec<Uuid>> {
        const NEAREST: &str = "SELECT user_id::text FROM user_stats WHERE following_count > 0 \
                               ORDER BY abs(following_count - $1), user_id LIMIT 500";
        let rows = self.client.query(NEAREST, &[&about]).await?;
        rows.iter().map(|row| key(row, 0)).collect()
    }
}

/// Keys are read as text, since this client knows no UUIDs.
fn key(row: &Row, column: usize) -> Outcome<Uuid> {
    Ok(row.get::<_, &str>(column).parse()?)
}

async fn start(data_dir: PathBuf, durable: bool) -> Outcome<EmbeddedPostgres> {
    let options = Options {
        binaries: env::var_os("POSTGRES_BIN_DIR").map(Into::into),
        cache_dir: data_dir.join("cache"),
        data_dir,
        make: true,
        buffers_mib: buffers_mib()?,
        // A commit's wait for the disk would hide all else.
        durable,
    };
    Ok(EmbeddedPostgres::start(options).await?)
}

/// A quarter of the machine's memory, as PostgreSQL's manual advises where it is a database server.
fn buffers_mib() -> Outcome<Option<NonZeroUsize>> {
    let told = fs::read_to_string("/proc/meminfo")?;
    let total = told.lines().find_map(|line| line.strip_prefix("MemTotal:")?.strip_suffix("kB"));
    let kib: usize = total.ok_or("the machine does not tell its memory")?.trim().parse()?;
    Ok(NonZeroUsize::new(kib / 1024 / 4))
}

pub async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn fill(url: &str, users: u64) -> Outcome<()> {
    let filled = Command::new(env!("CARGO_BIN_EXE_rookery"))
        .args(["seed", "--users", &users.to_string()])
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .status()
        .await?;
    if filled.success() { Ok(()) } else { Err("the world could not be made".into()) }
}
