//! Random small worlds: things happen one after the other, in the model and in SQL.

use std::fmt::Write;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use super::model::{Comment, Post, User, Vote, World};

/// 2023-11-14, so that nothing lies in the future.
const BEGINNING: i64 = 1_700_000_000;
/// The word that is searched for.
pub const WORD: &str = "heron";

/// Seconds since 1970.
pub fn unix_now() -> i64 {
    chrono::Utc::now().timestamp()
}

pub struct Maker {
    pub world: World,
    pub sql: String,
    pub rng: StdRng,
    made: u128,
}

impl Maker {
    /// The world of this seed, with the SQL that makes it.
    pub fn new(seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        let mut maker = Self { world: World::default(), sql: String::new(), rng, made: 0 };
        for _ in 0..maker.rng.random_range(5..=8) {
            maker.add_user();
        }
        for _ in 0..90 {
            maker.happen();
        }
        maker
    }

    fn happen(&mut self) {
        match self.rng.random_range(0..100) {
            0..16 => self.add_post(),
            16..29 => self.vote(),
            29..32 => self.change_picture(),
            32..54 => self.comment(),
            54..68 => self.follow(),
            68..72 => self.block(),
            72..77 => self.mute(),
            77..82 => self.suspend(),
            82..85 => self.restore(),
            85..88 => self.change_post(),
            88..91 => self.delete_post(),
            91..96 => self.delete_comment(),
            96 => self.delete_user(),
            97 => self.inflate(),
            _ => self.add_user(),
        }
    }

    /// Keys in the order of time, random otherwise.
    pub fn key(&mut self) -> Uuid {
        self.made += 1;
        let random = u128::from(self.rng.random::<u64>() >> 2);
        Uuid::from_u128((0x0190_0000_0000 + self.made) << 80 | 7 << 76 | 2 << 62 | random)
    }

    pub fn pick<T: Copy>(&mut self, from: impl Iterator<Item = T>) -> Option<T> {
        let all: Vec<T> = from.collect();
        (!all.is_empty()).then(|| all[self.rng.random_range(0..all.len())])
    }

    fn somebody(&mut self) -> Option<Uuid> {
        let users: Vec<Uuid> = self.world.users.keys().copied().collect();
        self.pick(users.into_iter())
    }

    fn two(&mut self) -> Option<(Uuid, Uuid)> {
        let (one, other) = (self.somebody()?, self.somebody()?);
        (one != other).then_some((one, other))
    }

    fn post(&mut self) -> Option<Uuid> {
        let posts: Vec<Uuid> = self.world.posts.keys().copied().collect();
        self.pick(posts.into_iter())
    }

    fn run(&mut self, statement: std::fmt::Arguments<'_>) {
        writeln!(self.sql, "{statement};").unwrap();
    }

    fn add_user(&mut self) {
        let (id, admin) = (self.key(), self.rng.random_bool(0.2));
        let (name, role) = (format!("heron_{}", self.made), if admin { "admin" } else { "user" });
        self.run(format_args!(
            "INSERT INTO users (id, username, email, password_hash, role)
             VALUES ('{id}', '{name}', '{name}@example.com', 'x', '{role}');
             INSERT INTO sessions (id, user_id, idle_expires_at, expires_at)
             VALUES ('{id}', '{id}', now() + interval '1 day', now() + interval '1 day')"
        ));
        self.world.users.insert(id, User { name, admin, suspended: false, inflated: 0 });
    }

    fn add_post(&mut self) {
        let Some(owner) = self.somebody() else { return };
        let id = self.key();
        let post = Post {
            owner,
            published: self.rng.random_bool(0.8),
            visibility: self.visibility(),
            word_in_title: self.rng.random_bool(0.4),
            word_in_content: self.rng.random_bool(0.4),
            created: BEGINNING + self.rng.random_range(0..5) * 10_000,
        };
        let text = |has: bool| if has { WORD } else { "stone" };
        self.run(format_args!(
            "INSERT INTO posts (id, owner_id, title, content, published, visibility, created_at)
             VALUES ('{id}', '{owner}', '{}', '{}', {}, '{}', to_timestamp({}))",
            text(post.word_in_title),
            text(post.word_in_content),
            post.published,
            post.visibility,
            post.created
        ));
        self.world.posts.insert(id, post);
        if self.rng.random_bool(0.6) {
            self.picture("posts", "image", id);
        }
    }

    fn change_picture(&mut self) {
        if self.rng.random_bool(0.5) {
            let Some(post) = self.post() else { return };
            self.picture("posts", "image", post);
        } else {
            let Some(user) = self.somebody() else { return };
            self.picture("users", "avatar", user);
        }
    }

    /// Another picture for a post or a person.
    fn picture(&mut self, table: &str, column: &str, of: Uuid) {
        let (name, owner) = (format!("{:052x}", self.key().as_u128()), self.world.shown_by(of));
        self.run(format_args!(
            "INSERT INTO images (name, owner_id) VALUES ('{name}', '{owner}');
             UPDATE {table} SET {column} = '{name} 4 3 jpg AAAA' WHERE id = '{of}'"
        ));
        self.world.gone_pictures.extend(self.world.pictures.insert(of, name));
    }

    pub fn visibility(&mut self) -> &'static str {
        ["public", "public", "public", "followers", "followers", "private"]
            [self.rng.random_range(0..6)]
    }

    fn change_post(&mut self) {
        let Some(id) = self.post() else { return };
        let (published, visibility) = (self.rng.random_bool(0.7), self.visibility());
        self.run(format_args!(
            "UPDATE posts SET published = {published}, visibility = '{visibility}' WHERE id = '{id}'"
        ));
        let post = self.world.posts.get_mut(&id).unwrap();
        (post.published, post.visibility) = (published, visibility);
    }

    fn vote(&mut self) {
        let (Some(user), Some(post)) = (self.somebody(), self.post()) else { return };
        let value = if self.rng.random_bool(0.7) { 1 } else { -1 };
        let at = BEGINNING + self.rng.random_range(0..4);
        self.run(format_args!(
            "INSERT INTO votes (post_id, user_id, value, created_at)
             VALUES ('{post}', '{user}', {value}, to_timestamp({at}))
             ON CONFLICT (post_id, user_id) DO UPDATE SET value = {value}, created_at = to_timestamp({at})"
        ));
        self.world.votes.insert((post, user), Vote { value, at });
    }

    fn comment(&mut self) {
        let (Some(author), Some(post)) = (self.somebody(), self.post()) else { return };
        let standing: Vec<Uuid> =
            self.world.comments.iter().filter(|(_, c)| c.post == post).map(|(id, _)| *id).collect();
        let reply_to =
            if self.rng.random_bool(0.6) { self.pick(standing.into_iter()) } else { None };
        let id = self.key();
        let answered = reply_to.map_or("NULL".into(), |id| format!("'{id}'"));
        self.run(format_args!(
            "INSERT INTO comments (id, post_id, author_id, reply_to, content)
             VALUES ('{id}', '{post}', '{author}', {answered}, 'said')"
        ));
        self.world.comments.insert(id, Comment { post, author: Some(author), reply_to });
    }

    /// Nobody follows across a block.
    fn follow(&mut self) {
        let Some((one, other)) = self.two() else { return };
        let blocks = &self.world.blocks;
        if blocks.contains(&(one, other)) || blocks.contains(&(other, one)) {
            return;
        }
        let at = BEGINNING + self.rng.random_range(0..4);
        self.run(format_args!(
            "INSERT INTO follows VALUES ('{one}', '{other}', to_timestamp({at}))
             ON CONFLICT (follower_id, followee_id) DO UPDATE SET created_at = to_timestamp({at})"
        ));
        self.world.follows.insert((one, other), at);
    }

    fn block(&mut self) {
        let Some((one, other)) = self.two() else { return };
        self.run(format_args!(
            "INSERT INTO blocks VALUES ('{one}', '{other}') ON CONFLICT DO NOTHING"
        ));
        self.world.blocks.insert((one, other));
        self.world.remove_follows_between(one, other);
    }

    fn mute(&mut self) {
        let Some((one, other)) = self.two() else { return };
        self.run(format_args!(
            "INSERT INTO mutes VALUES ('{one}', '{other}') ON CONFLICT DO NOTHING"
        ));
        self.world.mutes.insert((one, other));
    }

    fn suspend(&mut self) {
        let Some(user) = self.somebody() else { return };
        self.run(format_args!("UPDATE users SET suspended_at = now() WHERE id = '{user}'"));
        self.world.users.get_mut(&user).unwrap().suspended = true;
    }

    fn restore(&mut self) {
        let suspended: Vec<Uuid> =
            self.world.users.iter().filter(|(_, u)| u.suspended).map(|(id, _)| *id).collect();
        let Some(user) = self.pick(suspended.into_iter()) else { return };
        self.run(format_args!(
            "UPDATE users SET suspended_at = NULL WHERE id = '{user}';
             INSERT INTO sessions (id, user_id, idle_expires_at, expires_at)
             VALUES ('{user}', '{user}', now() + interval '1 day', now() + interval '1 day')"
        ));
        self.world.users.get_mut(&user).unwrap().suspended = false;
    }

    /// Later than whatever was before.
    pub fn now(&mut self) -> i64 {
        self.made += 1;
        i64::MAX - 1_000_000 + i64::try_from(self.made).unwrap()
    }

    fn inflate(&mut self) {
        let Some(user) = self.somebody() else { return };
        self.run(format_args!(
            "UPDATE user_stats SET following_count = following_count + 300 WHERE user_id = '{user}'"
        ));
        self.world.users.get_mut(&user).unwrap().inflated += 300;
    }
}

/// What goes, with all that hangs on it.
impl Maker {
    fn delete_post(&mut self) {
        let Some(id) = self.post() else { return };
        self.run(format_args!("DELETE FROM posts WHERE id = '{id}'"));
        self.world.remove_post(id);
    }

    /// As everybody deletes comments: an answered one leaves a tombstone.
    fn delete_comment(&mut self) {
        let standing: Vec<Uuid> = self
            .world
            .comments
            .iter()
            .filter(|(_, c)| c.author.is_some())
            .map(|(id, _)| *id)
            .collect();
        let Some(id) = self.pick(standing.into_iter()) else { return };
        if self.world.comments.values().any(|comment| comment.reply_to == Some(id)) {
            self.run(format_args!(
                "UPDATE comments SET author_id = NULL, content = '', deleted_at = now() WHERE id = '{id}'"
            ));
        } else {
            self.run(format_args!("DELETE FROM comments WHERE id = '{id}'"));
        }
        self.world.remove_comment(id);
    }

    fn delete_user(&mut self) {
        let Some(id) = self.somebody() else { return };
        self.run(format_args!("DELETE FROM users WHERE id = '{id}'"));
        let posts: Vec<Uuid> =
            self.world.posts.iter().filter(|(_, p)| p.owner == id).map(|(id, _)| *id).collect();
        for post in posts {
            self.world.remove_post(post);
        }
        let world = &mut self.world;
        world.users.remove(&id);
        world.gone_pictures.extend(world.pictures.remove(&id));
        world.votes.retain(|(_, voter), _| *voter != id);
        world.follows.retain(|(one, other), _| *one != id && *other != id);
        world.blocks.retain(|(one, other)| *one != id && *other != id);
        world.mutes.retain(|(one, other)| *one != id && *other != id);
        for comment in world.comments.values_mut() {
            comment.author = comment.author.filter(|author| *author != id);
        }
        world.prune();
    }
}
