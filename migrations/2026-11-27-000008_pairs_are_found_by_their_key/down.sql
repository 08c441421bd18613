ALTER TABLE votes DROP CONSTRAINT votes_pkey;
ALTER TABLE votes ADD CONSTRAINT votes_pkey PRIMARY KEY (post_id, user_id);
DROP INDEX votes_liked;
CREATE INDEX votes_by_user ON votes (user_id, value, created_at, post_id);

DROP INDEX follows_following;
CREATE INDEX follows_following ON follows (follower_id, created_at, followee_id);
DROP INDEX blocks_recent;
CREATE INDEX blocks_recent ON blocks (blocker_id, created_at, blocked_id);
DROP INDEX mutes_recent;
CREATE INDEX mutes_recent ON mutes (muter_id, created_at, muted_id);
DROP INDEX mutes_muted;
CREATE INDEX mutes_muted ON mutes (muted_id);
