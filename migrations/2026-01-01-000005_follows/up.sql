CREATE TABLE user_stats (
    user_id         uuid    CONSTRAINT user_stats_pkey PRIMARY KEY
                            CONSTRAINT user_stats_user_id_fkey REFERENCES users ON DELETE CASCADE,
    follower_count  integer NOT NULL DEFAULT 0,
    following_count integer NOT NULL DEFAULT 0,
    CONSTRAINT user_stats_follower_count_range  CHECK (follower_count >= 0),
    CONSTRAINT user_stats_following_count_range CHECK (following_count >= 0)
) WITH (fillfactor = 80);

INSERT INTO user_stats (user_id) SELECT id FROM users;

CREATE FUNCTION users_add_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_stats (user_id) SELECT id FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER users_add_stats AFTER INSERT ON users REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION users_add_stats();

CREATE TABLE follows (
    follower_id uuid        NOT NULL CONSTRAINT follows_follower_id_fkey REFERENCES users ON DELETE CASCADE,
    followee_id uuid        NOT NULL CONSTRAINT follows_followee_id_fkey REFERENCES users ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT follows_pkey PRIMARY KEY (follower_id, followee_id),
    CONSTRAINT follows_not_oneself CHECK (follower_id <> followee_id)
);
CREATE INDEX follows_followers ON follows (followee_id, created_at, follower_id);
CREATE INDEX follows_following ON follows (follower_id, created_at, followee_id);

-- As for posts: counts follow the rows, and rows are locked in the order of their keys.
CREATE FUNCTION user_stats_add(ids uuid[], followers integer[], followings integer[])
RETURNS void LANGUAGE sql AS $$
    WITH delta AS (
        SELECT user_id, sum(followers)::integer AS followers, sum(followings)::integer AS followings
        FROM unnest(ids, followers, followings) AS d (user_id, followers, followings)
        GROUP BY user_id
    ), locked AS (
        SELECT user_id FROM user_stats WHERE user_id = ANY (ids) ORDER BY user_id FOR NO KEY UPDATE
    )
    UPDATE user_stats
    SET follower_count = follower_count + delta.followers,
        following_count = following_count + delta.followings
    FROM delta JOIN locked USING (user_id)
    WHERE user_stats.user_id = delta.user_id
$$;

CREATE FUNCTION follows_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        PERFORM user_stats_add(array_agg(follower_id) || array_agg(followee_id),
                               array_agg(0) || array_agg(1), array_agg(1) || array_agg(0))
        FROM added HAVING count(*) > 0;
    END IF;
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        PERFORM user_stats_add(array_agg(follower_id) || array_agg(followee_id),
                               array_agg(0) || array_agg(-1), array_agg(-1) || array_agg(0))
        FROM removed HAVING count(*) > 0;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE user_stats SET follower_count = 0, following_count = 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follows_count_insert AFTER INSERT ON follows REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION follows_count();
CREATE TRIGGER follows_count_update AFTER UPDATE ON follows REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION follows_count();
CREATE TRIGGER follows_count_delete AFTER DELETE ON follows REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION follows_count();
CREATE TRIGGER follows_count_truncate AFTER TRUNCATE ON follows
    FOR EACH STATEMENT EXECUTE FUNCTION follows_count();

-- An account that goes takes its follows with it: the counts on both sides are locked before them.
-- One statement for both sides, since a row of counts that is changed twice in a transaction has its
-- foreign key checked, which locks the other account.
CREATE FUNCTION users_end_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM user_stats
    WHERE user_id IN (SELECT OLD.id
                      UNION SELECT followee_id FROM follows WHERE follower_id = OLD.id
                      UNION SELECT follower_id FROM follows WHERE followee_id = OLD.id)
    ORDER BY user_id FOR NO KEY UPDATE;
    DELETE FROM follows WHERE follower_id = OLD.id OR followee_id = OLD.id;
    RETURN OLD;
END $$;
-- Triggers run in the order of their names: posts are locked before this.
CREATE TRIGGER users_then_end_follows BEFORE DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION users_end_follows();
