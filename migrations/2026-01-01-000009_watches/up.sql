-- What subscribers of the running servers wait for: a row for each thing that a server watches. Only
-- what is watched is notified, since a NOTIFY makes commits wait for each other. `listener` is the
-- process of the server's listening connection: a row whose process is gone is litter.
CREATE UNLOGGED TABLE watches (
    kind     text    NOT NULL,
    key      uuid    NOT NULL,
    listener integer NOT NULL,
    CONSTRAINT watches_pkey PRIMARY KEY (kind, key, listener),
    CONSTRAINT watches_kind_known CHECK (kind IN ('post', 'comments', 'feeds'))
);

-- Here and below: what is notified is small and says only what to look at. A subquery for its value
-- is one probe of the index a row, however the planner sees it. Equal notifications of a transaction
-- are sent once, when it commits.
CREATE FUNCTION post_stats_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('rookery', 'post ' || post_id) FROM changed
    WHERE (SELECT TRUE FROM watches WHERE kind = 'post' AND key = post_id LIMIT 1);
    RETURN NULL;
END $$;
CREATE TRIGGER post_stats_notify AFTER UPDATE ON post_stats REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION post_stats_notify();

-- Whoever waits for comments is told, too, since the post may have been hidden from them.
CREATE FUNCTION posts_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('rookery', 'post ' || id) FROM removed
    WHERE (SELECT TRUE FROM watches WHERE kind IN ('post', 'comments') AND key = id LIMIT 1);
    RETURN NULL;
END $$;
CREATE TRIGGER posts_notify_update AFTER UPDATE ON posts REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION posts_notify();
CREATE TRIGGER posts_notify_delete AFTER DELETE ON posts REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION posts_notify();

-- The feeds that gain a post: its owner's when it is published, its followers' when it is open to
-- them. A suspension that is over gives nobody anything new.
CREATE FUNCTION feeds_notify_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('rookery', 'feeds ' || id || ' published')
    FROM added WHERE published AND (SELECT TRUE FROM watches WHERE kind = 'feeds' LIMIT 1);
    RETURN NULL;
END $$;
CREATE TRIGGER feeds_notify_insert AFTER INSERT ON posts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION feeds_notify_insert();

CREATE FUNCTION feeds_notify_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('rookery', 'feeds ' || NEW.id || CASE WHEN OLD.published THEN ' opened' ELSE ' published' END)
    WHERE (SELECT TRUE FROM watches WHERE kind = 'feeds' LIMIT 1);
    RETURN NULL;
END $$;
CREATE TRIGGER feeds_notify_update AFTER UPDATE OF published, visibility ON posts FOR EACH ROW
    WHEN (NEW.published AND (NOT OLD.published OR (OLD.visibility = 'private' AND NEW.visibility <> 'private')))
    EXECUTE FUNCTION feeds_notify_update();

CREATE FUNCTION comments_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('rookery', 'comments ' || post_id || ' ' || id) FROM added
    WHERE (SELECT TRUE FROM watches WHERE kind = 'comments' AND key = post_id LIMIT 1);
    RETURN NULL;
END $$;
CREATE TRIGGER comments_notify AFTER INSERT ON comments REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION comments_notify();
