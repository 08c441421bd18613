ALTER TABLE sessions DROP COLUMN refreshes;
DROP INDEX refresh_tokens_unspent;
