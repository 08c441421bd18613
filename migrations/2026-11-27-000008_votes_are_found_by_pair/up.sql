-- Who voted on what is looked up by the pair, for the value. PostgreSQL found it cheaper in votes_by_user,
-- which has the value, and the post last: it was read from the person's first vote to their last, for
-- each post of a page. Who had voted ten thousand times waited for as many entries each time. The key has
-- the value beside it now, and the person first, so that what one voted on lies together.
-- Both are built before the lock is taken that readers wait for.
CREATE UNIQUE INDEX votes_of_pairs ON votes (user_id, post_id) INCLUDE (value);
CREATE INDEX votes_liked ON votes (user_id, created_at, post_id) WHERE value = 1;
ALTER TABLE votes DROP CONSTRAINT votes_pkey;
ALTER TABLE votes ADD CONSTRAINT votes_pkey PRIMARY KEY USING INDEX votes_of_pairs;
DROP INDEX votes_by_user;
