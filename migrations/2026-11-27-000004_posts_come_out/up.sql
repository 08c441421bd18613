-- When a post came out that was a draft before, or is one again. Null beside `published` is a post that
-- came out when it was written, so that none of those that are there has to be written anew.
ALTER TABLE posts ADD COLUMN published_at timestamptz;
