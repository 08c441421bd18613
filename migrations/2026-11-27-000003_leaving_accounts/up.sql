-- Since when somebody wants to be gone. From then on nobody logs in to the account, and whatever kept
-- it from going is tried again until it is gone.
ALTER TABLE users ADD COLUMN leaving_since timestamptz;
CREATE INDEX users_leaving ON users (leaving_since) WHERE leaving_since IS NOT NULL;
