DROP TABLE throttles;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
DROP EXTENSION IF EXISTS pg_trgm;
