DROP INDEX follows_following;
CREATE INDEX follows_following ON follows (follower_id, created_at, followee_id);
