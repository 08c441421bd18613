//! A large world, made by PostgreSQL itself.

use uuid::Uuid;

use crate::support::{app::TestApp, user::TestUser};

/// Those on whom a list hangs that is as long as can be.
pub struct Hubs {
    pub author: Uuid,
    pub post: Uuid,
    /// A post like most others.
    pub other_post: Uuid,
    pub comment: Uuid,
}

/// A user's, a post's or a comment's key by its number: posts and comments in the order of time. Of
/// such expressions that PostgreSQL puts them in the place of the call.
const KEYS: &str = "
    CREATE FUNCTION u(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5('user' || n::text)::uuid $$;
    CREATE FUNCTION k(n bigint, kind text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
        $$ SELECT (lpad(to_hex(1700000000000 + n * 1000), 12, '0') || '7' || kind || '8000' || lpad(to_hex(n), 12, '0'))::uuid $$;";

const PEOPLE: &str = "
    INSERT INTO users (id, username, email, password_hash)
        SELECT u(n), left(md5(n::text), 12), n || '@example.com', '' FROM generate_series(1, {users}) AS n;
    INSERT INTO follows (follower_id, followee_id, created_at)
        SELECT u(1 + n % {users}), u(1 + (n * 7 + n / {users}) % {users}), to_timestamp(1700000000 + n)
        FROM generate_series(1, {users} * 20) AS n
        WHERE n % {users} <> (n * 7 + n / {users}) % {users} ON CONFLICT DO NOTHING;
    INSERT INTO follows (follower_id, followee_id)
        SELECT u(n), u(1) FROM generate_series(2, {users}) AS n ON CONFLICT DO NOTHING;
    INSERT INTO follows (follower_id, followee_id)
        SELECT u(1), u(n) FROM generate_series(2, {many}) AS n ON CONFLICT DO NOTHING;
    INSERT INTO follows (follower_id, followee_id) SELECT {few}, u(n) FROM generate_series(1, 20) AS n;
    INSERT INTO follows (follower_id, followee_id) SELECT {manys}, u(n) FROM generate_series(1, {many}) AS n;
    INSERT INTO follows (follower_id, followee_id) SELECT u(n), {manys} FROM generate_series(1, {users}) AS n;
    INSERT INTO blocks SELECT u(1 + n % {users}), u(1 + (n * 3 + 1) % {users}) FROM generate_series(1, {users}) AS n
        WHERE n % {users} <> (n * 3 + 1) % {users} ON CONFLICT DO NOTHING;
    INSERT INTO mutes SELECT u(1 + n % {users}), u(1 + (n * 3 + 1) % {users}) FROM generate_series(1, {users}) AS n
        WHERE n % {users} <> (n * 3 + 1) % {users} ON CONFLICT DO NOTHING;
    INSERT INTO blocks SELECT {few}, u(n) FROM generate_series({users} - 50, {users}) AS n;
    INSERT INTO mutes SELECT {few}, u(n) FROM generate_series({users} - 100, {users}) AS n;
    INSERT INTO sessions (id, user_id, idle_expires_at, expires_at)
        SELECT gen_random_uuid(), u(n), now() + interval '1 day', now() + interval '1 day' FROM generate_series(1, {users}) AS n;
    INSERT INTO sessions (id, user_id, idle_expires_at, expires_at)
        SELECT gen_random_uuid(), {few}, now() + interval '1 day', now() + interval '1 day' FROM generate_series(1, 50) AS n;";

const POSTS: &str = "
    INSERT INTO posts (id, owner_id, title, content, published, visibility, created_at)
        SELECT k(n, '000'), u(1 + n * 7919 % {users}), 'Post ' || n, repeat('word ', n % 50) || 'word' || n % 1000,
               n % 20 <> 0, CASE n % 7 WHEN 0 THEN 'followers' WHEN 1 THEN 'private' ELSE 'public' END,
               to_timestamp(1700000000 + n)
        FROM generate_series(1, {posts}) AS n;
    INSERT INTO posts (id, owner_id, title, content, published)
        SELECT k({posts} + 1 + n, '000'), {few}, 'draft', 'content', false FROM generate_series(1, 60) AS n;
    INSERT INTO posts (id, owner_id, title, content) VALUES (k({posts} + 1, '000'), u(1), 'hub', 'content');
    INSERT INTO votes (post_id, user_id, value, created_at)
        SELECT k(n, '000'), u(1 + (n * 37 + vote * 101) % {users}), CASE (n + vote) % 8 WHEN 0 THEN -1 ELSE 1 END,
               to_timestamp(1700000000 + n + vote * 1000)
        FROM generate_series(1, {posts}) AS n, generate_series(0, 9) AS vote ON CONFLICT DO NOTHING;
    INSERT INTO votes (post_id, user_id, value, created_at)
        SELECT k({posts} + 1, '000'), u(n), CASE n % 3 WHEN 0 THEN -1 ELSE 1 END, to_timestamp(1700000000 + n)
        FROM generate_series(1, {users}) AS n;
    INSERT INTO votes (post_id, user_id, value, created_at)
        SELECT id, voter, 1, created_at FROM posts CROSS JOIN unnest(ARRAY[u(1), {manys}]) AS voter
        ORDER BY id DESC LIMIT 10000 ON CONFLICT DO NOTHING;";

const TALK: &str = "
    INSERT INTO comments (id, post_id, author_id, content)
        SELECT k(n, '100'), k(n, '000'), u(1 + n * 13 % {users}), 'said' FROM generate_series(1, {posts}) AS n;
    INSERT INTO comments (id, post_id, author_id, reply_to, content)
        SELECT k(n, '200'), k(n, '000'), u(1 + n * 17 % {users}), k(n, '100'), 'so'
        FROM generate_series(1, {posts}) AS n WHERE n % 3 = 0;
    INSERT INTO comments (id, post_id, author_id, content)
        SELECT k(n, '300'), k({posts} + 1, '000'), u(1 + n % {users}), 'said' FROM generate_series(1, {talk}) AS n;
    INSERT INTO comments (id, post_id, author_id, reply_to, content)
        SELECT k(n, '400'), k({posts} + 1, '000'), u(1 + n % {users}), k(1, '300'), 'so' FROM generate_series(1, {talk} * 3 / 5) AS n;
    INSERT INTO comments (id, post_id, author_id, content)
        SELECT k(n, '500'), k(n, '000'), u(1), 'said' FROM generate_series(1, least({posts}, 3000)) AS n;
    INSERT INTO reports (id, reporter_id, post_id, reason, resolved_at)
        SELECT gen_random_uuid(), u(1 + n % {users}), k(1 + n % {posts}, '000'), 'spam',
               CASE n % 2 WHEN 0 THEN now() END FROM generate_series(1, {users} * 2) AS n
        ON CONFLICT DO NOTHING;
    INSERT INTO moderation_log (id, actor_id, action, target_kind, target_id)
        SELECT gen_random_uuid(), u(1), 'set_role', 'user', u(1 + n % 50) FROM generate_series(1, {users} * 2) AS n;";

/// Each row refers to what is there, and to look it up takes longer than to make it.
const UNCHECKED: &str = "DO $$ DECLARE key record; BEGIN
    FOR key IN SELECT tgrelid::regclass AS of, tgname FROM pg_trigger
        WHERE tgconstraint <> 0 AND tgtype & 4 = 4
    LOOP EXECUTE format('ALTER TABLE %s {how} TRIGGER %I', key.of, key.tgname); END LOOP; END $$";

/// Fills the world with so many posts, ten votes on each, and a tenth as many people, or as many as are enough to follow many.
pub async fn fill(app: &TestApp, posts: i32, few: &TestUser, many: &TestUser) -> Hubs {
    let users = (posts / 10).max(posts.min(400));
    let followed = (users / 10).max(310).min(users - 1);
    let talk = (posts * 5 / 2).min(5_000);
    let number = |text: &str, name: &str, n: i32| text.replace(name, &n.to_string());
    let sql = app.database().await;
    sql.batch_execute(KEYS).await.unwrap();
    sql.batch_execute(&UNCHECKED.replace("{how}", "DISABLE")).await.unwrap();
    for part in [PEOPLE, POSTS, TALK] {
        let part = number(&number(part, "{users}", users), "{posts}", posts);
        let part = number(&number(&part, "{many}", followed), "{talk}", talk);
        let part = part.replace("{few}", &format!("'{}'::uuid", few.key));
        let part = part.replace("{manys}", &format!("'{}'::uuid", many.key));
        sql.batch_execute(&part).await.unwrap_or_else(|error| panic!("{error:?}"));
    }
    sql.batch_execute(&UNCHECKED.replace("{how}", "ENABLE")).await.unwrap();
    sql.batch_execute("VACUUM ANALYZE").await.unwrap();
    let key = async |query: String| -> Uuid {
        let row = sql.query_one(&format!("SELECT {query}::text"), &[]).await.unwrap();
        row.get::<_, &str>(0).parse().unwrap()
    };
    Hubs {
        author: key("u(1)".to_owned()).await,
        post: key(format!("k({posts} + 1, '000')")).await,
        other_post: key("k(2, '000')".to_owned()).await,
        comment: key("k(1, '300')".to_owned()).await,
    }
}
