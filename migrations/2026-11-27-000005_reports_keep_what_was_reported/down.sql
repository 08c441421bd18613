ALTER TABLE moderation_log DROP COLUMN role;

DELETE FROM reports WHERE reporter_id IS NULL;
DROP INDEX reports_reporter;
ALTER TABLE reports DROP CONSTRAINT reports_reporter_id_fkey;
ALTER TABLE reports ADD CONSTRAINT reports_reporter_id_fkey
    FOREIGN KEY (reporter_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE reports ALTER COLUMN reporter_id SET NOT NULL;
ALTER TABLE reports DROP COLUMN author_id, DROP COLUMN quote;
