-- Whoever is reported can hide what they wrote, or change it; whoever reported can leave. What was
-- reported, and whose it was, stands in the report; of reports made before this it is not known.
ALTER TABLE reports
    ADD COLUMN author_id uuid CONSTRAINT reports_author_id_fkey REFERENCES users ON DELETE SET NULL,
    ADD COLUMN quote text CONSTRAINT reports_quote_length CHECK (char_length(quote) BETWEEN 1 AND 2000);
CREATE INDEX reports_author ON reports (author_id) WHERE author_id IS NOT NULL;

ALTER TABLE reports ALTER COLUMN reporter_id DROP NOT NULL;
ALTER TABLE reports DROP CONSTRAINT reports_reporter_id_fkey;
ALTER TABLE reports ADD CONSTRAINT reports_reporter_id_fkey
    FOREIGN KEY (reporter_id) REFERENCES users ON DELETE SET NULL;
CREATE INDEX reports_reporter ON reports (reporter_id) WHERE reporter_id IS NOT NULL;

-- A promotion is told from a demotion; of acts before this it is not known.
ALTER TABLE moderation_log
    ADD COLUMN role text
        CONSTRAINT moderation_log_role_known CHECK (role IN ('user', 'admin'))
        CONSTRAINT moderation_log_role_is_set CHECK (role IS NULL OR action = 'set_role');
