-- As with follows.
CREATE INDEX blocks_listed ON blocks (blocker_id, created_at, blocked_id) WHERE created_at > '-infinity';
DROP INDEX blocks_recent;
ALTER INDEX blocks_listed RENAME TO blocks_recent;
