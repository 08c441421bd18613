-- All votes are looked through before the lock is taken that readers would wait for.
ALTER TABLE votes ADD CONSTRAINT votes_hang_on
    FOREIGN KEY (post_id) REFERENCES posts ON DELETE CASCADE NOT VALID;
ALTER TABLE votes VALIDATE CONSTRAINT votes_hang_on;
ALTER TABLE votes DROP CONSTRAINT votes_post_id_fkey;
ALTER TABLE votes RENAME CONSTRAINT votes_hang_on TO votes_post_id_fkey;

DROP TRIGGER votes_count_insert ON votes;
DROP TRIGGER votes_count_update ON votes;
DROP TRIGGER votes_count_delete ON votes;
CREATE TRIGGER votes_count_insert AFTER INSERT ON votes REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();
CREATE TRIGGER votes_count_update AFTER UPDATE ON votes REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();
CREATE TRIGGER votes_count_delete AFTER DELETE ON votes REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();

CREATE OR REPLACE FUNCTION cast_votes(voters uuid[], targets uuid[], wanted smallint[])
RETURNS TABLE (voter uuid, target uuid, previous smallint,
               upvotes integer, downvotes integer, comment_count integer, score integer)
LANGUAGE plpgsql SET lock_timeout = '50ms' AS $$
#variable_conflict use_column
DECLARE
    before smallint[];
BEGIN
    -- In the order of all writers. Shared, since nothing of an account or a post is changed here.
    PERFORM FROM users WHERE id = ANY (voters) ORDER BY id FOR KEY SHARE;
    PERFORM FROM posts WHERE id = ANY (targets) ORDER BY id FOR KEY SHARE;
    PERFORM FROM post_stats WHERE post_id = ANY (targets) ORDER BY post_id FOR NO KEY UPDATE;

    before := ARRAY(
        SELECT coalesce(value, 0)
        FROM unnest(voters, targets) WITH ORDINALITY AS cast_now (voter, target, n)
        LEFT JOIN votes ON post_id = target AND user_id = voter
        ORDER BY n);

    -- Each only where there is something to do: the triggers that count run even for no rows.
    IF EXISTS (SELECT FROM unnest(wanted, before) AS vote (new, old) WHERE new <> 0 AND old = 0) THEN
        INSERT INTO votes (post_id, user_id, value)
        SELECT target, voter, new FROM unnest(targets, voters, wanted, before) AS vote (target, voter, new, old)
        WHERE new <> 0 AND old = 0;
    END IF;
    IF EXISTS (SELECT FROM unnest(wanted, before) AS vote (new, old) WHERE new * old = -1) THEN
        UPDATE votes SET value = new, created_at = now()
        FROM unnest(targets, voters, wanted, before) AS vote (target, voter, new, old)
        WHERE post_id = target AND user_id = voter AND new * old = -1;
    END IF;
    IF EXISTS (SELECT FROM unnest(wanted, before) AS vote (new, old) WHERE new = 0 AND old <> 0) THEN
        DELETE FROM votes USING unnest(targets, voters, wanted, before) AS vote (target, voter, new, old)
        WHERE post_id = target AND user_id = voter AND new = 0 AND old <> 0;
    END IF;

    RETURN QUERY
    SELECT vote.voter, post_id, old, upvotes, downvotes, comment_count, score
    FROM unnest(targets, voters, before) AS vote (target, voter, old)
    JOIN post_stats ON post_id = vote.target;
END $$;
