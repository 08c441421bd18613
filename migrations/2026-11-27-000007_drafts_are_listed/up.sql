-- Somebody's drafts, however much they have published.
CREATE INDEX posts_drafts ON posts (owner_id, id) WHERE NOT published;
