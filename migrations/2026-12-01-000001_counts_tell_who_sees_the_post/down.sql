CREATE OR REPLACE FUNCTION posts_update_stats() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stale uuid[];
BEGIN
    SELECT array_agg(id) INTO stale FROM changed JOIN post_stats ON post_id = id
    WHERE (post_stats.open_to_followers, post_stats.owner_id, created_epoch) IS DISTINCT FROM
          (changed.open_to_followers, changed.owner_id, extract(epoch FROM created_at)::double precision);
    IF stale IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM post_stats WHERE post_id = ANY (stale) ORDER BY post_id FOR NO KEY UPDATE;
    UPDATE post_stats
    SET open_to_followers = changed.open_to_followers, owner_id = changed.owner_id,
        created_epoch = extract(epoch FROM created_at)::double precision
    FROM changed WHERE post_id = changed.id AND post_id = ANY (stale);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION posts_add_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO post_stats (post_id, owner_id, open_to_followers, created_epoch)
    SELECT id, owner_id, open_to_followers, extract(epoch FROM created_at)::double precision FROM added;
    RETURN NULL;
END $$;
ALTER TABLE post_stats DROP COLUMN shared, DROP COLUMN listed;
