DROP TRIGGER users_then_end_follows ON users;
DROP TABLE follows;
DROP TRIGGER users_add_stats ON users;
DROP TABLE user_stats;
DROP FUNCTION follows_count;
DROP FUNCTION user_stats_add;
DROP FUNCTION users_add_stats;
DROP FUNCTION users_end_follows;
