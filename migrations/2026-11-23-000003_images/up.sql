-- Every name under which files of pictures are stored: from before the first is written until after
-- the last is removed. What is stored under no such name is litter.
CREATE TABLE images (
    name       text        CONSTRAINT images_pkey PRIMARY KEY,
    -- Refers to no row, since this one outlives it.
    owner_id   uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- From when its files may go: null while a post or a person shows it. An upload that has not
    -- come to its end by then never will.
    due_at     timestamptz DEFAULT now() + interval '10 minutes',
    -- Whether somebody has begun to remove its files: then nobody may show it any more.
    condemned  boolean     NOT NULL DEFAULT false,
    CONSTRAINT images_name_shape CHECK (name ~ '^[0-9a-z]{52}$'),
    CONSTRAINT images_condemned_are_due CHECK (due_at IS NOT NULL OR NOT condemned)
);
CREATE INDEX images_due ON images (due_at) WHERE due_at IS NOT NULL;

-- A picture stands in the row that shows it, so that reading it takes no statement of its own: its
-- name, width, height, format and placeholder, with spaces in between. The columns are new, so there
-- is nothing to validate, which would take a scan.
ALTER TABLE posts ADD COLUMN image text, ADD COLUMN image_alt text;
ALTER TABLE posts
    ADD CONSTRAINT posts_image_shape CHECK
        (image ~ '^[0-9a-z]{52} [1-9][0-9]{0,4} [1-9][0-9]{0,4} (jpg|webp) [A-Za-z0-9_-]{1,60}$') NOT VALID,
    ADD CONSTRAINT posts_image_alt_length CHECK (char_length(image_alt) BETWEEN 1 AND 8000) NOT VALID,
    ADD CONSTRAINT posts_image_alt_describes CHECK (image_alt IS NULL OR image IS NOT NULL) NOT VALID;
ALTER TABLE users ADD COLUMN avatar text;
ALTER TABLE users
    ADD CONSTRAINT users_avatar_shape CHECK
        (avatar ~ '^[0-9a-z]{52} [1-9][0-9]{0,4} [1-9][0-9]{0,4} (jpg|webp) [A-Za-z0-9_-]{1,60}$') NOT VALID;

-- One row takes a picture that waits for it. Two rows never share one, so the files can go with
-- either; and one whose files are being removed is taken by nobody.
CREATE FUNCTION hold_image(image text, holder uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE images SET due_at = NULL, owner_id = holder
    WHERE name = split_part(image, ' ', 1) AND due_at IS NOT NULL AND NOT condemned;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no image waits under this name'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'images_held_once';
    END IF;
END $$;
CREATE FUNCTION release_image(image text) RETURNS void LANGUAGE sql AS $$
    UPDATE images SET due_at = now() WHERE name = split_part(image, ' ', 1)
$$;

CREATE FUNCTION posts_keep_images() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.image IS NOT NULL THEN
        PERFORM release_image(OLD.image);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.image IS NOT NULL THEN
        PERFORM hold_image(NEW.image, NEW.owner_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER posts_keep_images_insert AFTER INSERT ON posts FOR EACH ROW
    WHEN (NEW.image IS NOT NULL) EXECUTE FUNCTION posts_keep_images();
CREATE TRIGGER posts_keep_images_update AFTER UPDATE ON posts FOR EACH ROW
    WHEN (OLD.image IS DISTINCT FROM NEW.image) EXECUTE FUNCTION posts_keep_images();
CREATE TRIGGER posts_keep_images_delete AFTER DELETE ON posts FOR EACH ROW
    WHEN (OLD.image IS NOT NULL) EXECUTE FUNCTION posts_keep_images();

CREATE FUNCTION users_keep_avatars() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.avatar IS NOT NULL THEN
        PERFORM release_image(OLD.avatar);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.avatar IS NOT NULL THEN
        PERFORM hold_image(NEW.avatar, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_keep_avatars_insert AFTER INSERT ON users FOR EACH ROW
    WHEN (NEW.avatar IS NOT NULL) EXECUTE FUNCTION users_keep_avatars();
CREATE TRIGGER users_keep_avatars_update AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.avatar IS DISTINCT FROM NEW.avatar) EXECUTE FUNCTION users_keep_avatars();
CREATE TRIGGER users_keep_avatars_delete AFTER DELETE ON users FOR EACH ROW
    WHEN (OLD.avatar IS NOT NULL) EXECUTE FUNCTION users_keep_avatars();

-- Truncation tells no rows: what nobody shows any more is looked up.
CREATE FUNCTION images_release_unshown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE images SET due_at = now()
    WHERE due_at IS NULL
      AND name NOT IN (SELECT split_part(image, ' ', 1) FROM posts WHERE image IS NOT NULL
                       UNION ALL SELECT split_part(avatar, ' ', 1) FROM users WHERE avatar IS NOT NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER posts_keep_images_truncate AFTER TRUNCATE ON posts
    FOR EACH STATEMENT EXECUTE FUNCTION images_release_unshown();
CREATE TRIGGER users_keep_avatars_truncate AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION images_release_unshown();
