-- An index for a list, in which the other half of a pair stands last, is as good as the key to PostgreSQL
-- where most people have one row; for those who have thousands it is read from end to end. Every row has
-- such a time, but only lists say so, so nothing else is looked up here. A table a migration, so that
-- readers of several never wait in a ring.
CREATE INDEX follows_listed ON follows (follower_id, created_at, followee_id) WHERE created_at > '-infinity';
DROP INDEX follows_following;
ALTER INDEX follows_listed RENAME TO follows_following;
