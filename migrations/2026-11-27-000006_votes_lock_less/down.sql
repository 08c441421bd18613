CREATE OR REPLACE FUNCTION cast_votes(voters uuid[], targets uuid[], wanted smallint[])
RETURNS TABLE (voter uuid, target uuid, previous smallint,
               upvotes integer, downvotes integer, comment_count integer, score integer)
LANGUAGE plpgsql
SET lock_timeout = '50ms' SET plan_cache_mode = 'force_generic_plan' AS $$
#variable_conflict use_column
BEGIN
    -- In the order of all writers. Shared, since nothing of an account is changed here.
    PERFORM FROM users WHERE id = ANY (voters) ORDER BY id FOR KEY SHARE;
    PERFORM FROM post_stats WHERE post_id = ANY (targets) ORDER BY post_id FOR NO KEY UPDATE;

    -- Not as a setting of the function, which only a superuser may give it.
    PERFORM set_config('rookery.counts_votes', 'on', true);
    RETURN QUERY
    WITH vote AS MATERIALIZED (
        SELECT cast_now.voter, cast_now.target, new, coalesce(value, 0::smallint) AS old
        FROM unnest(voters, targets, wanted) AS cast_now (voter, target, new)
        LEFT JOIN votes ON post_id = cast_now.target AND user_id = cast_now.voter
    ), given AS (
        INSERT INTO votes (post_id, user_id, value)
        SELECT vote.target, vote.voter, new FROM vote WHERE new <> 0 AND old = 0
    ), changed AS (
        UPDATE votes SET value = new, created_at = now() FROM vote
        WHERE post_id = vote.target AND user_id = vote.voter AND new * old = -1
    ), taken AS (
        DELETE FROM votes USING vote
        WHERE post_id = vote.target AND user_id = vote.voter AND new = 0 AND old <> 0
    ), counted AS (
        UPDATE post_stats SET upvotes = upvotes + up, downvotes = downvotes + down
        FROM (SELECT vote.target, sum((new = 1)::integer - (old = 1)::integer)::integer AS up,
                     sum((new = -1)::integer - (old = -1)::integer)::integer AS down
              FROM vote WHERE new <> old GROUP BY vote.target) AS delta
        WHERE post_id = delta.target
        RETURNING post_id, upvotes, downvotes, comment_count, score
    )
    SELECT vote.voter, post_id, old, counted.upvotes, counted.downvotes, counted.comment_count, counted.score
    FROM vote JOIN counted ON post_id = vote.target
    UNION ALL
    -- Where nobody voted otherwise than before.
    SELECT vote.voter, post_id, old, upvotes, downvotes, comment_count, score
    FROM vote JOIN post_stats ON post_id = vote.target
    WHERE vote.target NOT IN (SELECT post_id FROM counted);
    PERFORM set_config('rookery.counts_votes', 'off', true);
END $$;
