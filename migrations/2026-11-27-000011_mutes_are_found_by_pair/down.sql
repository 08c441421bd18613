DROP INDEX mutes_recent, mutes_muted;
CREATE INDEX mutes_recent ON mutes (muter_id, created_at, muted_id);
CREATE INDEX mutes_muted ON mutes (muted_id);
