DROP FUNCTION cast_votes;
