-- Who voted on what, who follows, blocks or mutes whom is looked up by the pair. PostgreSQL thought the
-- indexes of lists as cheap for it, which have the pair's other half last: such an index was read from
-- the person's first row to their last, for each post of a page. Who had voted on ten thousand posts, or
-- muted as many people, waited for as many entries each time.

-- With the value, for which votes are looked up. The person comes first, so that what one voted on lies
-- together.
CREATE UNIQUE INDEX votes_of_pairs ON votes (user_id, post_id) INCLUDE (value);
ALTER TABLE votes DROP CONSTRAINT votes_pkey;
ALTER TABLE votes ADD CONSTRAINT votes_pkey PRIMARY KEY USING INDEX votes_of_pairs;
DROP INDEX votes_by_user;
CREATE INDEX votes_liked ON votes (user_id, created_at, post_id) WHERE value = 1;

-- Every row has such a time; lists say so, and nothing else does.
DROP INDEX follows_following;
CREATE INDEX follows_following ON follows (follower_id, created_at, followee_id)
    WHERE created_at > '-infinity';
DROP INDEX blocks_recent;
CREATE INDEX blocks_recent ON blocks (blocker_id, created_at, blocked_id) WHERE created_at > '-infinity';
DROP INDEX mutes_recent;
CREATE INDEX mutes_recent ON mutes (muter_id, created_at, muted_id) WHERE created_at > '-infinity';
DROP INDEX mutes_muted;
CREATE INDEX mutes_muted ON mutes (muted_id, muter_id);
