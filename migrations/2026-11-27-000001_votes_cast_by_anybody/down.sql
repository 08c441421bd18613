-- The migration before makes the very same function by now.
SELECT 1;
