DROP TABLE votes;
DROP FUNCTION cast_vote;
DROP FUNCTION votes_count;
