-- Fills this schema from the harness's database `bench` in the same cluster, keys and times included.
-- Run it in a database that `rookery migrate` has just made:
--   psql -v ON_ERROR_STOP=1 -h 127.0.0.1 -p 54329 -U postgres -d rookery -f benches/peers/convert.sql

-- With asynchronous commits the vacuum at the end would come too early to mark pages all-visible.
SET synchronous_commit = on;

CREATE EXTENSION postgres_fdw;
CREATE SERVER peers FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host '127.0.0.1', port '54329', dbname 'bench', fetch_size '10000');
CREATE USER MAPPING FOR CURRENT_USER SERVER peers OPTIONS (user 'postgres', password_required 'false');
CREATE SCHEMA peers;
IMPORT FOREIGN SCHEMA public LIMIT TO (users, posts, votes, comments, follows) FROM SERVER peers INTO peers;
CREATE FOREIGN TABLE peers.pool (n integer, post_id uuid, user_id uuid)
    SERVER peers OPTIONS (schema_name 'pool', table_name 'votes');

BEGIN;
-- The counts are made at the end, in one go, instead of by the triggers.
SET LOCAL session_replication_role = replica;
SET LOCAL work_mem = '512MB';

INSERT INTO users (id, username, email, display_name, bio, password_hash, role, created_at, updated_at)
SELECT id, username, email, display_name, bio, password_hash,
       CASE role WHEN 'admin' THEN 'admin' ELSE 'user' END, created_at, created_at
FROM peers.users ORDER BY id;

-- A session for everybody, found under the user's own key.
INSERT INTO sessions (id, user_id, idle_expires_at, expires_at)
SELECT id, id, 'infinity', 'infinity' FROM users ORDER BY id;

-- Pictures keep their addresses, which must be this server's (see README.md); of their files there are
-- none, and nobody asks for one.
INSERT INTO posts (id, owner_id, title, content, published, visibility, created_at, updated_at, image)
SELECT id, owner_id, title, content, published, visibility, created_at, created_at,
       substring(image_url FROM '/media/([0-9a-z]{52})_1600[.]jpg$') || ' 1600 1200 jpg AAAA'
FROM peers.posts ORDER BY id;
INSERT INTO images (name, owner_id, created_at, due_at)
SELECT split_part(image, ' ', 1), owner_id, created_at, NULL FROM posts WHERE image IS NOT NULL;

INSERT INTO votes (post_id, user_id, value, created_at)
SELECT post_id, user_id, value, created_at FROM peers.votes ORDER BY created_at;

INSERT INTO comments (id, post_id, author_id, content, created_at)
SELECT id, post_id, user_id, content, created_at FROM peers.comments ORDER BY id;

INSERT INTO follows (follower_id, followee_id, created_at)
SELECT follower_id, followee_id, created_at FROM peers.follows;

INSERT INTO post_stats (post_id, owner_id, listed, open_to_followers, shared, created_epoch,
                        upvotes, downvotes, comment_count)
SELECT id, owner_id, listed, open_to_followers, published AND visibility <> 'private',
       extract(epoch FROM created_at)::double precision,
       coalesce(up, 0), coalesce(down, 0), coalesce(comment_count, 0)
FROM posts
LEFT JOIN (SELECT post_id, count(*) FILTER (WHERE value = 1) AS up, count(*) FILTER (WHERE value = -1) AS down
           FROM votes GROUP BY post_id) AS voted ON voted.post_id = posts.id
LEFT JOIN (SELECT post_id, count(*) AS comment_count FROM comments GROUP BY post_id) AS commented
       ON commented.post_id = posts.id
ORDER BY id;

INSERT INTO user_stats (user_id, follower_count, following_count)
SELECT id, coalesce(followers, 0), coalesce(followings, 0)
FROM users
LEFT JOIN (SELECT followee_id, count(*) AS followers FROM follows GROUP BY followee_id) AS a ON followee_id = id
LEFT JOIN (SELECT follower_id, count(*) AS followings FROM follows GROUP BY follower_id) AS b ON follower_id = id;

INSERT INTO feed_heads (follower_id, followee_id, latest, second)
SELECT follower_id, followee_id, latest, second
FROM follows JOIN (
    SELECT user_id AS followee_id, head.latest, head.second
    FROM user_stats CROSS JOIN LATERAL feed_head(user_id, follower_count) AS head
) AS known USING (followee_id);
COMMIT;

-- Undoes the harness's votes: every pair that it draws from is again as `bench` has it. The triggers
-- keep the counts.
CREATE PROCEDURE peers.take_back_votes() LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMPORARY TABLE drawn ON COMMIT DROP AS
    SELECT post_id, user_id, votes.value, votes.created_at
    FROM peers.pool LEFT JOIN peers.votes USING (post_id, user_id);
    -- What the harness inserted into `bench` itself is not to be kept.
    UPDATE drawn SET value = NULL WHERE created_at >= '2026-02-01';
    ANALYZE drawn;
    DELETE FROM votes USING drawn
    WHERE votes.post_id = drawn.post_id AND votes.user_id = drawn.user_id
      AND (drawn.value, drawn.created_at) IS DISTINCT FROM (votes.value, votes.created_at);
    INSERT INTO votes (post_id, user_id, value, created_at)
    SELECT post_id, user_id, value, created_at FROM drawn WHERE value IS NOT NULL
    ON CONFLICT DO NOTHING;
END $$;

VACUUM (ANALYZE, FREEZE);
CHECKPOINT;
