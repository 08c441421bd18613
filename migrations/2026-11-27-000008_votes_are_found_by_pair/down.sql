ALTER TABLE votes DROP CONSTRAINT votes_pkey;
ALTER TABLE votes ADD CONSTRAINT votes_pkey PRIMARY KEY (post_id, user_id);
DROP INDEX votes_liked;
CREATE INDEX votes_by_user ON votes (user_id, value, created_at, post_id);
