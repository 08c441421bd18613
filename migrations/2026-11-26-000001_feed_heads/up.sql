-- A feed begins with the latest posts of a few of the people whom its reader follows. So that it need
-- not ask all of them, each follow has the followee's latest two open posts beside it, in the order in
-- which the reader's feed wants them. Posting writes a row for each follower, which pays while feeds
-- are read more often than posts are written; of who has very many followers nothing is kept: their
-- posts are asked for, since hundreds of thousands of rows cannot be written for one post.
CREATE TABLE feed_heads (
    follower_id uuid NOT NULL,
    followee_id uuid NOT NULL,
    -- The least UUID where there is no such post, the greatest where nobody keeps count.
    latest      uuid NOT NULL,
    second      uuid NOT NULL,
    CONSTRAINT feed_heads_pkey PRIMARY KEY (followee_id, follower_id)
);
CREATE INDEX feed_heads_feed ON feed_heads (follower_id, latest, followee_id) INCLUDE (second);

CREATE FUNCTION is_widely_followed(followers integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT followers >= 1000
$$;

-- What stands beside the follows of this person.
CREATE FUNCTION feed_head(owner uuid, followers integer, OUT latest uuid, OUT second uuid)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN is_widely_followed(followers) THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
                ELSE coalesce(open[1], '00000000-0000-0000-0000-000000000000') END,
           CASE WHEN is_widely_followed(followers) THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
                ELSE coalesce(open[2], '00000000-0000-0000-0000-000000000000') END
    FROM (SELECT ARRAY(SELECT id FROM posts WHERE owner_id = owner AND open_to_followers
                       ORDER BY id DESC LIMIT 2)) AS posts (open)
$$;

-- Whoever changes which posts of a person are open, or who follows them, holds their counts until the
-- end, and looks only then: so what one of two such writers does not see, the other does.
CREATE FUNCTION refresh_feed_heads(owners uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM user_stats WHERE user_id = ANY (owners) ORDER BY user_id FOR NO KEY UPDATE;
    UPDATE feed_heads SET latest = head.latest, second = head.second
    FROM user_stats CROSS JOIN LATERAL feed_head(user_id, follower_count) AS head
    WHERE user_id = ANY (owners) AND follower_count > 0 AND NOT is_widely_followed(follower_count)
      AND followee_id = user_id AND (feed_heads.latest, feed_heads.second) <> (head.latest, head.second);
END $$;

CREATE FUNCTION posts_refresh_feed_heads() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owners uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT owner_id) INTO owners FROM added WHERE open_to_followers;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT owner_id) INTO owners FROM removed WHERE open_to_followers;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT array_agg(DISTINCT owner_id) INTO owners
        FROM (SELECT removed.owner_id FROM removed JOIN added USING (id)
              WHERE (removed.owner_id, removed.open_to_followers) <> (added.owner_id, added.open_to_followers)
              UNION ALL
              SELECT added.owner_id FROM removed JOIN added USING (id)
              WHERE removed.owner_id <> added.owner_id) AS changed;
    ELSE
        UPDATE feed_heads SET latest = '00000000-0000-0000-0000-000000000000',
                              second = '00000000-0000-0000-0000-000000000000'
        WHERE latest NOT IN ('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    END IF;
    IF owners IS NOT NULL THEN
        PERFORM refresh_feed_heads(owners);
    END IF;
    RETURN NULL;
END $$;
-- Triggers run in the order of their names: a post's counts are written before this.
CREATE TRIGGER posts_then_feed_heads_insert AFTER INSERT ON posts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION posts_refresh_feed_heads();
CREATE TRIGGER posts_then_feed_heads_update AFTER UPDATE ON posts REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION posts_refresh_feed_heads();
CREATE TRIGGER posts_then_feed_heads_delete AFTER DELETE ON posts REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION posts_refresh_feed_heads();
CREATE TRIGGER posts_then_feed_heads_truncate AFTER TRUNCATE ON posts
    FOR EACH STATEMENT EXECUTE FUNCTION posts_refresh_feed_heads();

-- Here and below the counts of all whom this is about are locked and right: follows_count has just run.
-- A plan is kept for as long as its connection, so it must not be the one for a single huge account.
CREATE FUNCTION follows_drop_feed_heads() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM feed_heads;
    ELSE
        DELETE FROM feed_heads USING removed
        WHERE feed_heads.followee_id = removed.followee_id AND feed_heads.follower_id = removed.follower_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follows_then_drop_feed_heads_update AFTER UPDATE ON follows REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION follows_drop_feed_heads();
CREATE TRIGGER follows_then_drop_feed_heads_delete AFTER DELETE ON follows REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION follows_drop_feed_heads();
CREATE TRIGGER follows_then_drop_feed_heads_truncate AFTER TRUNCATE ON follows
    FOR EACH STATEMENT EXECUTE FUNCTION follows_drop_feed_heads();

CREATE FUNCTION follows_make_feed_heads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feed_heads (follower_id, followee_id, latest, second)
    SELECT follower_id, added.followee_id, latest, second
    FROM added JOIN (
        SELECT user_id AS followee_id, head.latest, head.second
        FROM (SELECT DISTINCT followee_id FROM added) AS followed
        JOIN user_stats ON user_id = followee_id
        CROSS JOIN LATERAL feed_head(user_id, follower_count) AS head
    ) AS known USING (followee_id);
    -- Who is widely followed only now.
    UPDATE feed_heads SET latest = 'ffffffff-ffff-ffff-ffff-ffffffffffff',
                          second = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    FROM (SELECT followee_id, count(*)::integer AS gained FROM added GROUP BY followee_id) AS followed
    JOIN user_stats ON user_id = followee_id
    WHERE is_widely_followed(follower_count) AND NOT is_widely_followed(follower_count - gained)
      AND feed_heads.followee_id = user_id AND latest <> 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    RETURN NULL;
END $$;
CREATE TRIGGER follows_then_make_feed_heads_insert AFTER INSERT ON follows REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION follows_make_feed_heads();
CREATE TRIGGER follows_then_make_feed_heads_update AFTER UPDATE ON follows REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION follows_make_feed_heads();

-- Whoever deletes a post locks its owner's counts before what hangs on the post goes, in the order of
-- all writers, and not only when that has gone.
CREATE OR REPLACE FUNCTION posts_lock_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM post_stats WHERE post_id = OLD.id FOR UPDATE;
    PERFORM FROM user_stats WHERE user_id = OLD.owner_id FOR NO KEY UPDATE;
    RETURN OLD;
END $$;

-- Ending an account's follows holds the counts of everybody at their other ends, who can neither post
-- nor follow meanwhile. So that this is short it can be done ahead of the rest.
CREATE FUNCTION end_follows(person uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = person FOR NO KEY UPDATE;
    PERFORM FROM user_stats
    WHERE user_id IN (SELECT person
                      UNION SELECT followee_id FROM follows WHERE follower_id = person
                      UNION SELECT follower_id FROM follows WHERE followee_id = person)
    ORDER BY user_id FOR NO KEY UPDATE;
    DELETE FROM follows WHERE follower_id = person OR followee_id = person;
END $$;
CREATE OR REPLACE FUNCTION users_end_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM end_follows(OLD.id);
    RETURN OLD;
END $$;

-- The triggers have locked out whoever writes posts and follows, until the end of this; readers go on.
INSERT INTO feed_heads (follower_id, followee_id, latest, second)
SELECT follower_id, followee_id, latest, second
FROM follows JOIN (
    SELECT user_id AS followee_id, head.latest, head.second
    FROM user_stats CROSS JOIN LATERAL feed_head(user_id, follower_count) AS head
    WHERE follower_count > 0
) AS known USING (followee_id);
