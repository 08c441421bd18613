-- A person votes once on a post, for it or against it. Taking a vote back deletes the row.
CREATE TABLE votes (
    post_id    uuid        NOT NULL CONSTRAINT votes_post_id_fkey REFERENCES posts ON DELETE CASCADE,
    user_id    uuid        NOT NULL CONSTRAINT votes_user_id_fkey REFERENCES users ON DELETE CASCADE,
    value      smallint    NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT votes_pkey PRIMARY KEY (post_id, user_id),
    CONSTRAINT votes_value_known CHECK (value IN (-1, 1))
);
CREATE INDEX votes_by_post ON votes (post_id, value, created_at, user_id);
CREATE INDEX votes_by_user ON votes (user_id, value, created_at, post_id);

-- Counts follow the rows, whatever changes them. The rows of post_stats are locked in the order of
-- their keys, so that two statements that touch many posts never wait for each other in a ring.
CREATE FUNCTION votes_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM post_stats WHERE post_id IN (SELECT post_id FROM added)
        ORDER BY post_id FOR NO KEY UPDATE;
        UPDATE post_stats SET upvotes = upvotes + up, downvotes = downvotes + down
        FROM (SELECT post_id, count(*) FILTER (WHERE value = 1) AS up,
                     count(*) FILTER (WHERE value = -1) AS down
              FROM added GROUP BY post_id) AS delta
        WHERE post_stats.post_id = delta.post_id;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM post_stats WHERE post_id IN (SELECT post_id FROM removed)
        ORDER BY post_id FOR NO KEY UPDATE;
        UPDATE post_stats SET upvotes = upvotes - up, downvotes = downvotes - down
        FROM (SELECT post_id, count(*) FILTER (WHERE value = 1) AS up,
                     count(*) FILTER (WHERE value = -1) AS down
              FROM removed GROUP BY post_id) AS delta
        WHERE post_stats.post_id = delta.post_id;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM post_stats
        WHERE post_id IN (SELECT post_id FROM added UNION ALL SELECT post_id FROM removed)
        ORDER BY post_id FOR NO KEY UPDATE;
        UPDATE post_stats SET upvotes = upvotes + up, downvotes = downvotes + down
        FROM (SELECT post_id, coalesce(sum(sign) FILTER (WHERE value = 1), 0) AS up,
                     coalesce(sum(sign) FILTER (WHERE value = -1), 0) AS down
              FROM (SELECT post_id, value, 1 AS sign FROM added
                    UNION ALL SELECT post_id, value, -1 FROM removed) AS change
              GROUP BY post_id) AS delta
        WHERE post_stats.post_id = delta.post_id AND (up, down) <> (0, 0);
    ELSE
        UPDATE post_stats SET upvotes = 0, downvotes = 0 WHERE (upvotes, downvotes) <> (0, 0);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER votes_count_insert AFTER INSERT ON votes REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();
CREATE TRIGGER votes_count_update AFTER UPDATE ON votes REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();
CREATE TRIGGER votes_count_delete AFTER DELETE ON votes REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();
CREATE TRIGGER votes_count_truncate AFTER TRUNCATE ON votes
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();

-- Votes (1, -1) or takes a vote back (0), and says what the vote was before (0: there was none) and
-- what the post counts now; no row when the post is gone. Each statement in here sees what was
-- committed before the lock was won, which one outer statement would not.
CREATE FUNCTION cast_vote(voter uuid, target uuid, wanted smallint)
RETURNS TABLE (previous smallint, upvotes integer, downvotes integer, comment_count integer, score integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    IF NOT lock_post(voter, target) THEN
        RETURN;
    END IF;
    previous := coalesce((SELECT value FROM votes WHERE post_id = target AND user_id = voter), 0);
    IF wanted <> previous THEN
        IF wanted = 0 THEN
            DELETE FROM votes WHERE post_id = target AND user_id = voter;
        ELSIF previous = 0 THEN
            INSERT INTO votes (post_id, user_id, value) VALUES (target, voter, wanted);
        ELSE
            UPDATE votes SET value = wanted, created_at = now() WHERE post_id = target AND user_id = voter;
        END IF;
    END IF;
    RETURN QUERY SELECT cast_vote.previous, upvotes, downvotes, comment_count, score
    FROM post_stats WHERE post_id = target;
END $$;
