-- A tombstone that is deleted by hand, with what hangs on it, may have been all that hung on the one
-- above. So what is removed counts whatever it was, and what this deletes itself, which fires it
-- again, is told apart by a setting of the transaction.
CREATE OR REPLACE FUNCTION comments_prune_tombstones() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bare uuid[];
BEGIN
    IF current_setting('rookery.prunes', true) = 'on' THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(DISTINCT reply_to) INTO bare FROM removed WHERE reply_to IS NOT NULL;
    IF bare IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('rookery.prunes', 'on', true);
    -- Where two branches meet, the one above becomes bare only when both are gone.
    WHILE bare IS NOT NULL LOOP
        WITH RECURSIVE spent AS (
            SELECT id, reply_to FROM comments
            WHERE id = ANY (bare) AND deleted_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = comments.id)
            UNION ALL
            SELECT above.id, above.reply_to FROM spent JOIN comments AS above ON above.id = spent.reply_to
            WHERE above.deleted_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM comments AS reply
                              WHERE reply.reply_to = above.id AND reply.id <> spent.id)
        ), gone AS (
            DELETE FROM comments USING spent WHERE comments.id = spent.id RETURNING comments.reply_to
        )
        SELECT array_agg(DISTINCT reply_to) INTO bare FROM gone WHERE reply_to IS NOT NULL;
    END LOOP;
    PERFORM set_config('rookery.prunes', 'off', true);
    RETURN NULL;
END $$;
