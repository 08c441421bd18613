DROP TRIGGER users_apply_suspension ON users;
DROP TABLE moderation_log;
DROP TABLE reports;
DROP TABLE mutes;
DROP TABLE blocks;
DROP FUNCTION users_apply_suspension;
DROP FUNCTION moderation_log_is_append_only;
DROP FUNCTION blocks_end_follows;
