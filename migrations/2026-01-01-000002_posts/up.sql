CREATE TABLE posts (
    id              uuid        CONSTRAINT posts_pkey PRIMARY KEY,
    owner_id        uuid        NOT NULL CONSTRAINT posts_owner_id_fkey REFERENCES users ON DELETE CASCADE,
    title           text        NOT NULL,
    content         text        NOT NULL,
    published       boolean     NOT NULL DEFAULT true,
    visibility      text        NOT NULL DEFAULT 'public',
    -- Kept equal to the owner's by a trigger, so that lists need not look at the owner.
    owner_suspended boolean     NOT NULL DEFAULT false,
    -- What a stranger may see.
    listed          boolean     NOT NULL GENERATED ALWAYS AS
                                (published AND visibility = 'public' AND NOT owner_suspended) STORED,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    edited_at       timestamptz,
    search          tsvector    NOT NULL GENERATED ALWAYS AS
                                (setweight(to_tsvector('english'::regconfig, title), 'A') ||
                                 setweight(to_tsvector('english'::regconfig, content), 'B')) STORED,
    CONSTRAINT posts_title_length     CHECK (char_length(title) BETWEEN 1 AND 4000),
    CONSTRAINT posts_content_length   CHECK (char_length(content) BETWEEN 1 AND 200000),
    CONSTRAINT posts_visibility_known CHECK (visibility IN ('public', 'followers', 'private'))
);
CREATE INDEX posts_listed ON posts (id) WHERE listed;
CREATE INDEX posts_owner ON posts (owner_id, id);
CREATE INDEX posts_search ON posts USING gin (search);

-- What changes on every vote and comment stands apart from the post: the row is narrow, and the
-- text indexes are not written again for each vote. It is also what a writer locks first to work
-- on a post, so that all writers meet in the same order.
CREATE TABLE post_stats (
    post_id       uuid             CONSTRAINT post_stats_pkey PRIMARY KEY
                                   CONSTRAINT post_stats_post_id_fkey REFERENCES posts ON DELETE CASCADE,
    owner_id      uuid             NOT NULL,
    listed        boolean          NOT NULL,
    created_epoch double precision NOT NULL,
    upvotes       integer          NOT NULL DEFAULT 0,
    downvotes     integer          NOT NULL DEFAULT 0,
    comment_count integer          NOT NULL DEFAULT 0,
    score         integer          NOT NULL GENERATED ALWAYS AS (upvotes - downvotes) STORED,
    -- Ten times the score weighs as much as 12.5 hours of age. It changes only on a vote.
    hot           double precision NOT NULL GENERATED ALWAYS AS
                                   (sign((upvotes - downvotes)::double precision)
                                    * log(greatest(abs(upvotes - downvotes), 1)::double precision)
                                    + created_epoch / 45000) STORED,
    CONSTRAINT post_stats_upvotes_range   CHECK (upvotes >= 0),
    CONSTRAINT post_stats_downvotes_range CHECK (downvotes >= 0),
    CONSTRAINT post_stats_comment_count_range CHECK (comment_count >= 0)
) WITH (fillfactor = 80);
CREATE INDEX post_stats_listed_top ON post_stats (score, post_id) WHERE listed;
CREATE INDEX post_stats_listed_hot ON post_stats (hot, post_id) WHERE listed;
CREATE INDEX post_stats_owner_top ON post_stats (owner_id, score, post_id);
CREATE INDEX post_stats_owner_hot ON post_stats (owner_id, hot, post_id);

CREATE FUNCTION posts_take_owner_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.owner_suspended := EXISTS (SELECT FROM users WHERE id = NEW.owner_id AND suspended_at IS NOT NULL);
    RETURN NEW;
END $$;
CREATE TRIGGER posts_take_owner_suspended BEFORE INSERT ON posts
    FOR EACH ROW EXECUTE FUNCTION posts_take_owner_suspended();

CREATE FUNCTION posts_add_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO post_stats (post_id, owner_id, listed, created_epoch)
    SELECT id, owner_id, listed, extract(epoch FROM created_at)::double precision FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER posts_add_stats AFTER INSERT ON posts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION posts_add_stats();

CREATE FUNCTION posts_update_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE post_stats SET listed = changed.listed, owner_id = changed.owner_id
    FROM changed
    WHERE post_stats.post_id = changed.id
      AND (post_stats.listed, post_stats.owner_id) IS DISTINCT FROM (changed.listed, changed.owner_id);
    RETURN NULL;
END $$;
CREATE TRIGGER posts_update_stats AFTER UPDATE ON posts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION posts_update_stats();

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
CREATE FUNCTION post_stats_add(ids uuid[], up integer[], down integer[], comments integer[])
RETURNS void LANGUAGE sql AS $$
    WITH delta AS (
        SELECT * FROM unnest(ids, up, down, comments) AS d (post_id, up, down, comments)
    ), locked AS (
        SELECT post_id FROM post_stats WHERE post_id = ANY (ids) ORDER BY post_id FOR NO KEY UPDATE
    )
    UPDATE post_stats
    SET upvotes = upvotes + delta.up,
        downvotes = downvotes + delta.down,
        comment_count = comment_count + delta.comments
    FROM delta JOIN locked USING (post_id)
    WHERE post_stats.post_id = delta.post_id
$$;

CREATE FUNCTION votes_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM post_stats_add(array_agg(post_id), array_agg(up), array_agg(down), array_agg(0))
        FROM (SELECT post_id, count(*) FILTER (WHERE value = 1)::integer AS up,
                     count(*) FILTER (WHERE value = -1)::integer AS down
              FROM added GROUP BY post_id) AS delta
        HAVING count(*) > 0;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM post_stats_add(array_agg(post_id), array_agg(-up), array_agg(-down), array_agg(0))
        FROM (SELECT post_id, count(*) FILTER (WHERE value = 1)::integer AS up,
                     count(*) FILTER (WHERE value = -1)::integer AS down
              FROM removed GROUP BY post_id) AS delta
        HAVING count(*) > 0;
    ELSE
        PERFORM post_stats_add(array_agg(post_id), array_agg(up), array_agg(down), array_agg(0))
        FROM (SELECT post_id, sum(sign) FILTER (WHERE value = 1)::integer AS up,
                     sum(sign) FILTER (WHERE value = -1)::integer AS down
              FROM (SELECT post_id, value, 1 AS sign FROM added
                    UNION ALL
                    SELECT post_id, value, -1 FROM removed) AS change
              GROUP BY post_id) AS raw (post_id, up_or_null, down_or_null)
             CROSS JOIN LATERAL (SELECT coalesce(up_or_null, 0) AS up, coalesce(down_or_null, 0) AS down) AS delta
        WHERE (up, down) <> (0, 0)
        HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER votes_count_insert AFTER INSERT ON votes REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();
CREATE TRIGGER votes_count_update AFTER UPDATE ON votes REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();
CREATE TRIGGER votes_count_delete AFTER DELETE ON votes REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION votes_count();

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
    CONSTRAINT comments_content_length CHECK (char_length(content) <= 50000),
    CONSTRAINT comments_tombstone_is_empty CHECK
        (CASE WHEN deleted_at IS NULL THEN author_id IS NOT NULL AND content <> ''
              ELSE author_id IS NULL AND content = '' END)
);
CREATE INDEX comments_top_level ON comments (post_id, id) WHERE reply_to IS NULL;
CREATE INDEX comments_replies ON comments (reply_to, id) WHERE reply_to IS NOT NULL;
CREATE INDEX comments_author ON comments (author_id, id);

CREATE FUNCTION comments_take_author_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.author_suspended := EXISTS (SELECT FROM users WHERE id = NEW.author_id AND suspended_at IS NOT NULL);
    RETURN NEW;
END $$;
CREATE TRIGGER comments_take_author_suspended BEFORE INSERT ON comments
    FOR EACH ROW EXECUTE FUNCTION comments_take_author_suspended();

-- A post counts its comments that stand: neither tombstones nor those of suspended people.
CREATE FUNCTION comments_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM post_stats_add(array_agg(post_id), array_agg(0), array_agg(0), array_agg(n))
        FROM (SELECT post_id, count(*)::integer AS n FROM added
              WHERE deleted_at IS NULL AND NOT author_suspended GROUP BY post_id) AS delta
        HAVING count(*) > 0;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM post_stats_add(array_agg(post_id), array_agg(0), array_agg(0), array_agg(-n))
        FROM (SELECT post_id, count(*)::integer AS n FROM removed
              WHERE deleted_at IS NULL AND NOT author_suspended GROUP BY post_id) AS delta
        HAVING count(*) > 0;
    ELSE
        PERFORM post_stats_add(array_agg(post_id), array_agg(0), array_agg(0), array_agg(n))
        FROM (SELECT post_id, sum(sign)::integer AS n
              FROM (SELECT post_id, 1 AS sign FROM added WHERE deleted_at IS NULL AND NOT author_suspended
                    UNION ALL
                    SELECT post_id, -1 FROM removed WHERE deleted_at IS NULL AND NOT author_suspended) AS change
              GROUP BY post_id) AS delta
        WHERE n <> 0
        HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_count_insert AFTER INSERT ON comments REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION comments_count();
CREATE TRIGGER comments_count_update AFTER UPDATE ON comments REFERENCING NEW TABLE AS added OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION comments_count();
CREATE TRIGGER comments_count_delete AFTER DELETE ON comments REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION comments_count();

-- A tombstone stays only as long as something hangs on it.
CREATE FUNCTION comments_prune_tombstones() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The deletion below fires this trigger again; it ends where nothing was removed.
    IF NOT EXISTS (SELECT FROM removed WHERE reply_to IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    DELETE FROM comments AS parent USING removed
    WHERE parent.id = removed.reply_to AND parent.deleted_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = parent.id);
    RETURN NULL;
END $$;
CREATE TRIGGER comments_prune_tombstones AFTER DELETE ON comments REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION comments_prune_tombstones();

-- When an account goes, what it said goes too, but the answers of others stay in their place.
CREATE FUNCTION users_leave_tombstones() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE comments SET author_id = NULL, content = '', deleted_at = now()
    WHERE author_id = OLD.id
      AND EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = comments.id);
    RETURN OLD;
END $$;
CREATE TRIGGER users_leave_tombstones BEFORE DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION users_leave_tombstones();
