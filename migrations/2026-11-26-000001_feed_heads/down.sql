CREATE OR REPLACE FUNCTION users_end_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM user_stats
    WHERE user_id IN (SELECT OLD.id
                      UNION SELECT followee_id FROM follows WHERE follower_id = OLD.id
                      UNION SELECT follower_id FROM follows WHERE followee_id = OLD.id)
    ORDER BY user_id FOR NO KEY UPDATE;
    DELETE FROM follows WHERE follower_id = OLD.id OR followee_id = OLD.id;
    RETURN OLD;
END $$;
DROP FUNCTION end_follows(uuid);
CREATE OR REPLACE FUNCTION posts_lock_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM post_stats WHERE post_id = OLD.id FOR UPDATE;
    RETURN OLD;
END $$;
DROP TRIGGER follows_then_make_feed_heads_update ON follows;
DROP TRIGGER follows_then_make_feed_heads_insert ON follows;
DROP FUNCTION follows_make_feed_heads();
DROP TRIGGER follows_then_drop_feed_heads_truncate ON follows;
DROP TRIGGER follows_then_drop_feed_heads_delete ON follows;
DROP TRIGGER follows_then_drop_feed_heads_update ON follows;
DROP FUNCTION follows_drop_feed_heads();
DROP TRIGGER posts_then_feed_heads_truncate ON posts;
DROP TRIGGER posts_then_feed_heads_delete ON posts;
DROP TRIGGER posts_then_feed_heads_update ON posts;
DROP TRIGGER posts_then_feed_heads_insert ON posts;
DROP FUNCTION posts_refresh_feed_heads();
DROP FUNCTION refresh_feed_heads(uuid[]);
DROP FUNCTION feed_head(uuid, integer);
DROP FUNCTION is_widely_followed(integer);
DROP TABLE feed_heads;
