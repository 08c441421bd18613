DROP TRIGGER users_leave_tombstones ON users;
DROP TABLE comments;
DROP FUNCTION users_leave_tombstones;
DROP FUNCTION lock_posts_touched_by;
DROP FUNCTION comments_prune_tombstones;
DROP FUNCTION comments_count;
DROP FUNCTION comments_take_author_suspended;
