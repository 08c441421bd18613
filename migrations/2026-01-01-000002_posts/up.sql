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
    -- What a follower may see.
    open_to_followers boolean   NOT NULL GENERATED ALWAYS AS
                                (published AND visibility <> 'private' AND NOT owner_suspended) STORED,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    edited_at       timestamptz,
    -- A tsvector holds 1 MB. A text of common letters goes in whole; of one that is stuffed with
    -- combining characters no more than fits.
    search          tsvector    NOT NULL GENERATED ALWAYS AS
                                (setweight(to_tsvector('english'::regconfig, title), 'A') ||
                                 setweight(to_tsvector('english'::regconfig, left(content, 100000)), 'B')) STORED,
    CONSTRAINT posts_title_length     CHECK (char_length(title) BETWEEN 1 AND 4000),
    CONSTRAINT posts_content_length   CHECK (char_length(content) BETWEEN 1 AND 320000),
    CONSTRAINT posts_visibility_known CHECK (visibility IN ('public', 'followers', 'private'))
);
CREATE INDEX posts_listed ON posts (id) WHERE listed;
CREATE INDEX posts_owner ON posts (owner_id, id);
-- Feeds: the latest of one person, and the latest of everybody.
CREATE INDEX posts_open_owner ON posts (owner_id, id) WHERE open_to_followers;
CREATE INDEX posts_open ON posts (id) INCLUDE (owner_id) WHERE open_to_followers;
CREATE INDEX posts_search ON posts USING gin (search);

-- What changes on every vote and comment stands apart from the post: the row is narrow, and the
-- text indexes are not written again for each vote. It is also what a writer locks first to work
-- on a post, so that all writers meet in the same order.
CREATE TABLE post_stats (
    post_id       uuid             CONSTRAINT post_stats_pkey PRIMARY KEY
                                   CONSTRAINT post_stats_post_id_fkey REFERENCES posts ON DELETE CASCADE,
    owner_id      uuid             NOT NULL,
    open_to_followers boolean      NOT NULL,
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
CREATE INDEX post_stats_top ON post_stats (score, post_id);
CREATE INDEX post_stats_hot ON post_stats (hot, post_id);
CREATE INDEX post_stats_owner_top ON post_stats (owner_id, score, post_id);
CREATE INDEX post_stats_owner_hot ON post_stats (owner_id, hot, post_id);

-- The owner's row is locked against a suspension that is under way: whichever comes first, the
-- post is marked.
CREATE FUNCTION posts_take_owner_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT suspended_at IS NOT NULL INTO NEW.owner_suspended FROM users WHERE id = NEW.owner_id FOR SHARE;
    -- An owner who does not exist is the foreign key's to refuse.
    NEW.owner_suspended := coalesce(NEW.owner_suspended, false);
    RETURN NEW;
END $$;
CREATE TRIGGER posts_take_owner_suspended BEFORE INSERT OR UPDATE OF owner_id ON posts
    FOR EACH ROW EXECUTE FUNCTION posts_take_owner_suspended();

CREATE FUNCTION posts_add_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO post_stats (post_id, owner_id, open_to_followers, created_epoch)
    SELECT id, owner_id, open_to_followers, extract(epoch FROM created_at)::double precision FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER posts_add_stats AFTER INSERT ON posts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION posts_add_stats();

CREATE FUNCTION posts_update_stats() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER posts_update_stats AFTER UPDATE ON posts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION posts_update_stats();

-- The counts are locked before the votes and comments that go with the post, as every writer does.
CREATE FUNCTION posts_lock_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM post_stats WHERE post_id = OLD.id FOR UPDATE;
    RETURN OLD;
END $$;
CREATE TRIGGER posts_lock_stats BEFORE DELETE ON posts
    FOR EACH ROW EXECUTE FUNCTION posts_lock_stats();

-- What a writer locks before it touches the votes or comments of a post: its own account, the post,
-- the post's counts. False when the account or the post is gone.
CREATE FUNCTION lock_post(writer uuid, target uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = writer FOR SHARE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM posts WHERE id = target FOR KEY SHARE;
    PERFORM FROM post_stats WHERE post_id = target FOR NO KEY UPDATE;
    RETURN FOUND;
END $$;
