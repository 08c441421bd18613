-- As with follows, and from either end.
CREATE INDEX mutes_listed ON mutes (muter_id, created_at, muted_id) WHERE created_at > '-infinity';
CREATE INDEX mutes_of_pairs ON mutes (muted_id, muter_id);
DROP INDEX mutes_recent, mutes_muted;
ALTER INDEX mutes_listed RENAME TO mutes_recent;
ALTER INDEX mutes_of_pairs RENAME TO mutes_muted;
