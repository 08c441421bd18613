-- Beside a post's counts stands what it takes to tell who sees the post, so that a vote need not read the
-- post itself, whose row is wide and lies elsewhere. Nearly all posts are listed, so only the others are
-- written. Readers of counts wait for as long as it takes to look through the posts once.
LOCK TABLE posts IN SHARE ROW EXCLUSIVE MODE;
ALTER TABLE post_stats ADD COLUMN listed boolean NOT NULL DEFAULT true,
                       -- Published, and not for its owner alone.
                       ADD COLUMN shared boolean NOT NULL DEFAULT true;
UPDATE post_stats SET listed = false, shared = published AND visibility <> 'private'
FROM posts WHERE post_id = id AND NOT posts.listed;
ALTER TABLE post_stats ALTER COLUMN listed DROP DEFAULT, ALTER COLUMN shared DROP DEFAULT;

CREATE OR REPLACE FUNCTION posts_add_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO post_stats (post_id, owner_id, listed, open_to_followers, shared, created_epoch)
    SELECT id, owner_id, listed, open_to_followers, published AND visibility <> 'private',
           extract(epoch FROM created_at)::double precision
    FROM added;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION posts_update_stats() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stale uuid[];
BEGIN
    SELECT array_agg(id) INTO stale FROM changed JOIN post_stats ON post_id = id
    WHERE (post_stats.listed, post_stats.open_to_followers, shared, post_stats.owner_id, created_epoch)
          IS DISTINCT FROM
          (changed.listed, changed.open_to_followers, published AND visibility <> 'private', changed.owner_id,
           extract(epoch FROM created_at)::double precision);
    IF stale IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM post_stats WHERE post_id = ANY (stale) ORDER BY post_id FOR NO KEY UPDATE;
    UPDATE post_stats
    SET listed = changed.listed, open_to_followers = changed.open_to_followers,
        shared = published AND visibility <> 'private', owner_id = changed.owner_id,
        created_epoch = extract(epoch FROM created_at)::double precision
    FROM changed WHERE post_id = changed.id AND post_id = ANY (stale);
    RETURN NULL;
END $$;
