DROP TABLE post_stats;
DROP TABLE posts;
DROP FUNCTION lock_post;
DROP FUNCTION posts_lock_stats;
DROP FUNCTION posts_update_stats;
DROP FUNCTION posts_add_stats;
DROP FUNCTION posts_take_owner_suspended;
