-- Keys are UUIDv7, made by the server, so that they sort by time.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE users (
    id            uuid        CONSTRAINT users_pkey PRIMARY KEY,
    username      text        NOT NULL,
    email         text        NOT NULL,
    display_name  text,
    bio           text,
    phone_number  text,
    password_hash text        NOT NULL,
    role          text        NOT NULL DEFAULT 'user',
    suspended_at  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_username_shape    CHECK (username ~ '^[A-Za-z0-9_]{3,30}$'),
    CONSTRAINT users_email_length      CHECK (char_length(email) BETWEEN 3 AND 254),
    CONSTRAINT users_display_name_length CHECK (char_length(display_name) BETWEEN 1 AND 400),
    CONSTRAINT users_bio_length        CHECK (char_length(bio) BETWEEN 1 AND 4000),
    CONSTRAINT users_phone_number_shape CHECK (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
    CONSTRAINT users_role_known        CHECK (role IN ('user', 'admin'))
);

-- Names and addresses are unique without regard to case.
CREATE UNIQUE INDEX users_username_unique ON users (lower(username));
CREATE UNIQUE INDEX users_email_unique ON users (lower(email));
-- Search by prefix and by likeness.
CREATE INDEX users_username_trgm ON users USING gin (lower(username) gin_trgm_ops);
CREATE INDEX users_display_name_trgm ON users USING gin (lower(display_name) gin_trgm_ops);
-- The few admins are locked one by one where the last of them must not go.
CREATE INDEX users_admins ON users (id) WHERE role = 'admin';

-- A row is a session that lasts; ending a session deletes it.
CREATE TABLE sessions (
    id           uuid        CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id      uuid        NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users ON DELETE CASCADE,
    user_agent   text,
    -- A keyed hash of the address, to know a familiar place without keeping where it is.
    address_hash bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    -- When the session ends if it is not refreshed before, and never after the end of its life.
    idle_expires_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    CONSTRAINT sessions_user_agent_length CHECK (char_length(user_agent) <= 400)
);
CREATE INDEX sessions_user_id ON sessions (user_id, id);
CREATE INDEX sessions_expires ON sessions (least(idle_expires_at, expires_at));

-- Only hashes of refresh tokens are kept. A spent one stays until it would have expired, so that its re-use is noticed.
CREATE TABLE refresh_tokens (
    hash       bytea       CONSTRAINT refresh_tokens_pkey PRIMARY KEY,
    session_id uuid        NOT NULL CONSTRAINT refresh_tokens_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    spent_at   timestamptz,
    CONSTRAINT refresh_tokens_hash_length CHECK (octet_length(hash) = 32)
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id, issued_at);

-- Counters that slow guessing down, shared by all instances: by account, by address, by user.
CREATE TABLE throttles (
    key           text        CONSTRAINT throttles_pkey PRIMARY KEY,
    failures      integer     NOT NULL,
    blocked_until timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT throttles_failures_positive CHECK (failures > 0)
);
CREATE INDEX throttles_updated_at ON throttles (updated_at);
