-- Ending a session deletes its refresh tokens, so it may only have so many: of those that are good at
-- once, which this finds without a look at the spent ones, and in all.
CREATE INDEX refresh_tokens_unspent ON refresh_tokens (session_id) WHERE spent_at IS NULL;
ALTER TABLE sessions ADD COLUMN refreshes integer NOT NULL DEFAULT 0;
