DROP INDEX blocks_recent;
CREATE INDEX blocks_recent ON blocks (blocker_id, created_at, blocked_id);
