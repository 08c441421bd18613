//! A small random world in the database, and a recount of all that is stored twice.

use tokio_postgres::Client;

/// Users, posts, votes, comments of three levels, tombstones, follows; some users are suspended.
pub async fn populate(client: &Client, users: u32, posts: u32) {
    let make = format!(
        "INSERT INTO users (id, username, email, password_hash)
         SELECT gen_random_uuid(), 'user_' || n, 'user_' || n || '@example.com', 'x'
         FROM generate_series(1, {users}) AS n;
         INSERT INTO posts (id, owner_id, title, content)
         SELECT gen_random_uuid(), (SELECT id FROM users WHERE n = n ORDER BY random() LIMIT 1), 't', 'c'
         FROM generate_series(1, {posts}) AS n;
         INSERT INTO votes (post_id, user_id, value)
         SELECT posts.id, users.id, CASE WHEN random() < 0.6 THEN 1 ELSE -1 END
         FROM posts, users WHERE random() < 0.5;
         INSERT INTO follows (follower_id, followee_id)
         SELECT one.id, other.id FROM users AS one, users AS other
         WHERE one.id <> other.id AND random() < 0.4;
         INSERT INTO comments (id, post_id, author_id, content)
         SELECT gen_random_uuid(), posts.id, users.id, 'first' FROM posts, users WHERE random() < 0.2;"
    );
    client.batch_execute(&make).await.unwrap();
    for _ in 0..3 {
        let answer = "INSERT INTO comments (id, post_id, author_id, reply_to, content)
             SELECT gen_random_uuid(), post_id, users.id, comments.id, 'answer'
             FROM comments, users WHERE random() < 0.1";
        client.batch_execute(answer).await.unwrap();
    }
    let mark = "UPDATE comments SET author_id = NULL, content = '', deleted_at = now()
         WHERE random() < 0.3 AND EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = comments.id);
         UPDATE users SET suspended_at = now() WHERE username IN ('user_1', 'user_2');";
    client.batch_execute(mark).await.unwrap();
}

const DIFFERENCES: &str = "
    SELECT format('post %s stores %s up, %s down, %s comments, and has %s, %s, %s', post_id,
                  upvotes, downvotes, comment_count, up, down, comments)
    FROM post_stats CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE value = 1) AS up, count(*) FILTER (WHERE value = -1) AS down
        FROM votes WHERE votes.post_id = post_stats.post_id
    ) AS counted CROSS JOIN LATERAL (
        SELECT count(*) AS comments FROM comments JOIN users ON users.id = author_id
        WHERE comments.post_id = post_stats.post_id AND deleted_at IS NULL AND suspended_at IS NULL
    ) AS said
    WHERE (upvotes, downvotes, score, comment_count) <> (up, down, up - down, comments)
    UNION ALL
    SELECT format('post %s has no counts', id) FROM posts
    WHERE NOT EXISTS (SELECT FROM post_stats WHERE post_id = posts.id AND post_stats.owner_id = posts.owner_id)
    UNION ALL
    SELECT format('post %s is seen by others than its counts tell', id)
    FROM posts JOIN post_stats ON post_id = id
    WHERE (post_stats.listed, post_stats.open_to_followers, shared)
       <> (posts.listed, posts.open_to_followers, published AND visibility <> 'private')
    UNION ALL
    SELECT format('user %s stores %s followers, %s followed, and has %s, %s', user_id,
                  follower_count, following_count, followers, following)
    FROM user_stats CROSS JOIN LATERAL (
        SELECT (SELECT count(*) FROM follows WHERE followee_id = user_id) AS followers,
               (SELECT count(*) FROM follows WHERE follower_id = user_id) AS following
    ) AS counted
    WHERE (follower_count, following_count) <> (followers, following)
    UNION ALL
    SELECT format('the follow of %s by %s has %s and %s beside it, and should have %s and %s',
                  followee_id, follower_id, latest, second, open[1], open[2])
    FROM follows FULL JOIN feed_heads USING (follower_id, followee_id)
    CROSS JOIN LATERAL (
        SELECT ARRAY(SELECT id FROM posts
                     WHERE owner_id = followee_id AND published AND visibility <> 'private' AND NOT owner_suspended
                     ORDER BY id DESC LIMIT 2)
            || '{00000000-0000-0000-0000-000000000000, 00000000-0000-0000-0000-000000000000}' AS open
    ) AS posts
    WHERE follows.created_at IS NULL OR (latest, second) IS DISTINCT FROM (open[1], open[2])
    UNION ALL
    SELECT format('user %s has no counts', id) FROM users
    WHERE NOT EXISTS (SELECT FROM user_stats WHERE user_id = users.id)
    UNION ALL
    SELECT format('post %s is not marked like its owner', posts.id)
    FROM posts JOIN users ON users.id = owner_id WHERE owner_suspended <> (suspended_at IS NOT NULL)
    UNION ALL
    SELECT format('comment %s is not marked like its author', comments.id)
    FROM comments LEFT JOIN users ON users.id = author_id WHERE author_suspended <> (suspended_at IS NOT NULL)
    UNION ALL
    SELECT format('tombstone %s holds nothing', id) FROM comments
    WHERE deleted_at IS NOT NULL AND NOT EXISTS (SELECT FROM comments AS reply WHERE reply.reply_to = comments.id)";

/// What is stored otherwise than it is counted.
pub async fn differences(client: &Client) -> Vec<String> {
    let rows = client.query(DIFFERENCES, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Holds every stored count against a recount.
#[track_caller]
pub fn assert_none(differences: &[String], after: &str) {
    assert!(differences.is_empty(), "after {after}:\n{}", differences.join("\n"));
}
