CREATE TABLE blocks (
    blocker_id uuid        NOT NULL CONSTRAINT blocks_blocker_id_fkey REFERENCES users ON DELETE CASCADE,
    blocked_id uuid        NOT NULL CONSTRAINT blocks_blocked_id_fkey REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT blocks_pkey PRIMARY KEY (blocker_id, blocked_id),
    CONSTRAINT blocks_not_oneself CHECK (blocker_id <> blocked_id)
);
CREATE INDEX blocks_blocked ON blocks (blocked_id, blocker_id);
CREATE INDEX blocks_recent ON blocks (blocker_id, created_at, blocked_id);

-- A block ends follows both ways.
CREATE FUNCTION blocks_end_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM follows USING added
    WHERE (follower_id, followee_id) IN ((blocker_id, blocked_id), (blocked_id, blocker_id));
    RETURN NULL;
END $$;
CREATE TRIGGER blocks_end_follows AFTER INSERT ON blocks REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION blocks_end_follows();

CREATE TABLE mutes (
    muter_id   uuid        NOT NULL CONSTRAINT mutes_muter_id_fkey REFERENCES users ON DELETE CASCADE,
    muted_id   uuid        NOT NULL CONSTRAINT mutes_muted_id_fkey REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mutes_pkey PRIMARY KEY (muter_id, muted_id),
    CONSTRAINT mutes_not_oneself CHECK (muter_id <> muted_id)
);
CREATE INDEX mutes_muted ON mutes (muted_id);
CREATE INDEX mutes_recent ON mutes (muter_id, created_at, muted_id);

CREATE TABLE reports (
    id          uuid        CONSTRAINT reports_pkey PRIMARY KEY,
    reporter_id uuid        NOT NULL CONSTRAINT reports_reporter_id_fkey REFERENCES users ON DELETE CASCADE,
    user_id     uuid        CONSTRAINT reports_user_id_fkey REFERENCES users ON DELETE CASCADE,
    post_id     uuid        CONSTRAINT reports_post_id_fkey REFERENCES posts ON DELETE CASCADE,
    comment_id  uuid        CONSTRAINT reports_comment_id_fkey REFERENCES comments ON DELETE CASCADE,
    reason      text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by uuid        CONSTRAINT reports_resolved_by_fkey REFERENCES users ON DELETE SET NULL,
    CONSTRAINT reports_one_subject   CHECK (num_nonnulls(user_id, post_id, comment_id) = 1),
    CONSTRAINT reports_reason_length CHECK (char_length(reason) BETWEEN 1 AND 16000)
);
-- The same person reports the same thing once, until it is resolved.
CREATE UNIQUE INDEX reports_open_once ON reports (reporter_id, coalesce(user_id, post_id, comment_id))
    WHERE resolved_at IS NULL;
CREATE INDEX reports_open ON reports (id) WHERE resolved_at IS NULL;
CREATE INDEX reports_user ON reports (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX reports_post ON reports (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX reports_comment ON reports (comment_id) WHERE comment_id IS NOT NULL;
CREATE INDEX reports_resolved_by ON reports (resolved_by) WHERE resolved_by IS NOT NULL;

-- Who did what to whom: names no rows of other tables, since it must outlive them.
CREATE TABLE moderation_log (
    id          uuid        CONSTRAINT moderation_log_pkey PRIMARY KEY,
    actor_id    uuid,
    action      text        NOT NULL,
    target_kind text        NOT NULL,
    target_id   uuid        NOT NULL,
    reason      text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT moderation_log_action_known CHECK (action IN
        ('delete_post', 'delete_comment', 'suspend_user', 'restore_user', 'set_role', 'resolve_report')),
    CONSTRAINT moderation_log_target_kind_known CHECK (target_kind IN ('user', 'post', 'comment', 'report')),
    CONSTRAINT moderation_log_reason_length CHECK (char_length(reason) BETWEEN 1 AND 16000)
);
COMMENT ON COLUMN moderation_log.actor_id IS 'null: the command line';
CREATE INDEX moderation_log_target ON moderation_log (target_id, id);

CREATE FUNCTION moderation_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the moderation log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER moderation_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON moderation_log
    FOR EACH STATEMENT EXECUTE FUNCTION moderation_log_is_append_only();

-- A suspension hides what the person wrote and ends their sessions; restoring brings it back.
CREATE FUNCTION users_apply_suspension() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_posts_touched_by(NEW.id, with_votes => false);
    UPDATE posts SET owner_suspended = NEW.suspended_at IS NOT NULL WHERE owner_id = NEW.id;
    UPDATE comments SET author_suspended = NEW.suspended_at IS NOT NULL WHERE author_id = NEW.id;
    IF NEW.suspended_at IS NOT NULL THEN
        DELETE FROM sessions WHERE user_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_apply_suspension AFTER UPDATE OF suspended_at ON users FOR EACH ROW
    WHEN ((OLD.suspended_at IS NULL) <> (NEW.suspended_at IS NULL))
    EXECUTE FUNCTION users_apply_suspension();
