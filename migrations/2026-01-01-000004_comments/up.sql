-- A deleted comment that others answered stays as a tombstone: no author, no text.
CREATE TABLE comments (
    id               uuid        CONSTRAINT comments_pkey PRIMARY KEY,
    post_id          uuid        NOT NULL CONSTRAINT comments_post_id_fkey REFERENCES posts ON DELETE CASCADE,
    author_id        uuid        CONSTRAINT comments_author_id_fkey REFERENCES users ON DELETE CASCADE,
    reply_to         uuid,
    content          text        NOT NULL,
    author_suspended boolean     NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL DEFAULT now(),
    edited_at        timestamptz,
    deleted_at       timestamptz,
    -- A reply stands under the same post as what it answers.
    CONSTRAINT comments_post_id_id_unique UNIQUE (post_id, id),
    CONSTRAINT comments_reply_to_fkey FOREIGN KEY (post_id, reply_to)
        REFERENCES comments (post_id, id) ON DELETE CASCADE,
    CONSTRAINT comments_content_length CHECK (char_length(content) <= 80000),
    CONSTRAINT comments_tombstone_is_empty CHECK
        (CASE WHEN deleted_at IS NULL THEN author_id IS NOT NULL AND content <> ''
              ELSE author_id IS NULL AND content = '' END)
);
CREATE INDEX comments_top_level ON comments (post_id, id) WHERE reply_to IS NULL;
CREATE INDEX comments_replies ON comments (reply_to, id) WHERE reply_to IS NOT NULL;
CREATE INDEX comments_author ON comments (author_id, id);

CREATE FUNCTION comments_take_author_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT suspended_at IS NOT NULL INTO NEW.author_suspended FROM users WHERE id = NEW.author_id FOR SHARE;
    -- A tombstone has no author.
    NEW.author_suspended := coalesce(NEW.author_suspended, false);
    RETURN NEW;
END $$;
CREATE TRIGGER comments_take_author_suspended BEFORE INSERT OR UPDATE OF author_id ON comments
    FOR EACH ROW EXECUTE FUNCTION comments_take_author_suspended();

-- A post counts its comments that stand: neither tombstones nor those of suspended people.
CREATE FUNCTION comments_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM post_stats WHERE post_id IN (SELECT post_id FROM added)
        ORDER BY post_id FOR NO KEY UPDATE;
        UPDATE post_stats SET comment_count = comment_count + n
        FROM (SELECT post_id, count(*) AS n FROM added
              WHERE deleted_at IS NULL AND NOT author_suspended GROUP BY post_id) AS delta
        WHERE post_stats.post_id = delta.post_id;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM post_stats WHERE post_id IN (SELECT post_id FROM removed)
        ORDER BY post_id FOR NO KEY UPDATE;
        UPDATE post_stats SET comment_count = comment_count - n
        FROM (SELECT post_id, count(*) AS n FROM removed
              WHERE deleted_at IS NULL AND NOT author_suspended GROUP BY post_id) AS delta
        WHERE post_stats.post_id = delta.post_id;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM post_stats WHERE post_id IN (
            SELECT post_id
            FROM (SELECT post_id, 1 AS sign FROM added WHERE deleted_at IS NULL AND NOT author_suspended
                  UNION ALL
                  SELECT post_id, -1 FROM removed WHERE deleted_at IS NULL AND NOT author_suspended) AS change
            -- An edit changes no count and waits for nobody.
            GROUP BY post_id HAVING sum(sign) <> 0)
        ORDER BY post_id FOR NO KEY UPDATE;
        IF FOUND THEN
            UPDATE post_stats SET comment_count = comment_count + n
            FROM (SELECT post_id, sum(sign) AS n
                  FROM (SELECT post_id, 1 AS sign FROM added WHERE deleted_at IS NULL AND NOT author_suspended
                        UNION ALL
                        SELECT post_id, -1 FROM removed WHERE deleted_at IS NULL AND NOT author_suspended) AS change
                  GROUP BY post_id) AS delta
            WHERE post_stats.post_id = delta.post_id AND n <> 0;
        END IF;
    ELSE
        UPDATE post_stats SET comment_count = 0 WHERE comment_count <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_count_insert AFTER INSERT ON comments REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION comments_count();
CREATE TRIGGER comments_count_update AFTER UPDATE ON comments REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION comments_count();
CREATE TRIGGER comments_count_delete AFTER DELETE ON comments REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION comments_count();
CREATE TRIGGER comments_count_truncate AFTER TRUNCATE ON comments
    FOR EACH STATEMENT EXECUTE FUNCTION comments_count();

-- A tombstone stays only as long as something hangs on it. Threads may be thousands deep, so a whole
-- branch of tombstones goes in one statement, not each by the trigger of the one below.
CREATE FUNCTION comments_prune_tombstones() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bare uuid[] := (SELECT array_agg(DISTINCT reply_to) FROM removed
                    WHERE reply_to IS NOT NULL AND deleted_at IS NULL);
BEGIN
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
    RETURN NULL;
END $$;
CREATE TRIGGER comments_prune_tombstones AFTER DELETE ON comments REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION comments_prune_tombstones();

-- Locks all posts on which an account left something, its own among them, and then their counts, in
-- the order of every writer. The caller has locked the account, so that nothing is added meanwhile.
-- The posts too, since a row of counts that is changed twice in a transaction has its foreign key
-- checked, which locks the post.
CREATE FUNCTION lock_posts_touched_by(account uuid, with_votes boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    touched uuid[] := ARRAY(SELECT id FROM posts WHERE owner_id = account
                            UNION SELECT post_id FROM votes WHERE user_id = account AND with_votes
                            UNION SELECT post_id FROM comments WHERE author_id = account);
BEGIN
    PERFORM FROM posts WHERE id = ANY (touched) ORDER BY id FOR UPDATE;
    PERFORM FROM post_stats WHERE post_id = ANY (touched) ORDER BY post_id FOR NO KEY UPDATE;
END $$;

-- When an account goes, what it said goes too, but the answers of others stay in their place.
CREATE FUNCTION users_leave_tombstones() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_posts_touched_by(OLD.id, with_votes => true);
    UPDATE comments SET author_id = NULL, content = '', deleted_at = now()
    WHERE author_id = OLD.id
      AND EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = comments.id);
    RETURN OLD;
END $$;
CREATE TRIGGER users_leave_tombstones BEFORE DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION users_leave_tombstones();
