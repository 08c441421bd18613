//! Posts, votes and comments.

use super::{
    Effect::{Shows, Sql},
    Outcome::{Done, Hidden, LogIn, NotAllowed, NotFound},
    Row, Thing, assert_all,
};

const READ: &str = "query ($id: ID!) { it: post(id: $id) { title } }";
const LISTED: &str = "query ($id: ID!) { it: posts(ownedBy: $id) { nodes { id } } }";
const NODE: &str = "query ($id: ID!) { it: node(id: $id) { id } }";
const VOTERS: &str = "query ($id: ID!) { it: post(id: $id) { voters { totalCount } viewerVote } }";
/// Its title is the id.
const CREATE: &str = "mutation ($id: String!) {
    it: createPost(input: { title: $id, content: \"New\" }) { userErrors { code } } }";
const UPDATE: &str = "mutation ($id: ID!) {
    it: updatePost(input: { id: $id, title: \"Changed\" }) { userErrors { code } } }";
const DELETE: &str =
    "mutation ($id: ID!) { it: deletePost(input: { id: $id }) { userErrors { code } } }";
const VOTE: &str = "mutation ($id: ID!) {
    it: vote(input: { postId: $id, direction: UP }) { userErrors { code } } }";
const COMMENT: &str = "mutation ($id: ID!) {
    it: comment(input: { postId: $id, content: \"New\" }) { userErrors { code } } }";
const REPLY: &str = "mutation ($id: ID!, $elsewhere: ID!) {
    it: comment(input: { postId: $elsewhere, replyTo: $id, content: \"New\" }) { userErrors { code } } }";
const UPDATE_COMMENT: &str = "mutation ($id: ID!) {
    it: updateComment(input: { commentId: $id, content: \"Changed\" }) { userErrors { code } } }";
const DELETE_COMMENT: &str =
    "mutation ($id: ID!) { it: deleteComment(input: { commentId: $id }) { userErrors { code } } }";

#[tokio::test]
async fn posts_are_read_written_and_deleted_by_whom_the_table_says() {
    let read =
        |about, outcomes| Row { document: READ, about, effect: Shows("/it/title"), outcomes };
    let node = |about, outcomes| Row { document: NODE, about, effect: Shows("/it/id"), outcomes };
    let update = |about, condition, outcomes| Row {
        document: UPDATE,
        about,
        effect: Sql(condition),
        outcomes,
    };
    let delete = |about, condition, outcomes| Row {
        document: DELETE,
        about,
        effect: Sql(condition),
        outcomes,
    };
    assert_all(&[
        // Anonymous, stranger, follower, owner, admin, suspended.
        read(Thing::Open, [Done; 6]),
        read(Thing::Followers, [Hidden, Hidden, Done, Done, Done, Hidden]),
        read(Thing::Private, [Hidden, Hidden, Hidden, Done, Hidden, Hidden]),
        read(Thing::Draft, [Hidden, Hidden, Hidden, Done, Hidden, Hidden]),
        read(Thing::Enmity, [Done, Hidden, Hidden, Hidden, Done, Hidden]),
        Row {
            document: LISTED,
            about: Thing::Foe,
            effect: Shows("/it/nodes/0/id"),
            outcomes: [Done, Hidden, Hidden, Hidden, Done, Hidden],
        },
        node(Thing::Followers, [Hidden, Hidden, Done, Done, Done, Hidden]),
        node(Thing::Draft, [Hidden, Hidden, Hidden, Done, Hidden, Hidden]),
        Row {
            document: CREATE,
            about: Thing::Target,
            effect: Sql(
                "EXISTS (SELECT FROM posts WHERE title LIKE 'user\\_%' AND owner_id = {me})",
            ),
            outcomes: [LogIn, Done, Done, Done, Done, LogIn],
        },
        update(
            Thing::Open,
            "(SELECT title = 'Changed' FROM posts WHERE id = {open})",
            [LogIn, NotAllowed, NotAllowed, Done, NotAllowed, LogIn],
        ),
        update(
            Thing::Followers,
            "(SELECT title = 'Changed' FROM posts WHERE id = {followers})",
            [LogIn, NotFound, NotAllowed, Done, NotAllowed, LogIn],
        ),
        update(
            Thing::Draft,
            "(SELECT title = 'Changed' FROM posts WHERE id = {draft})",
            [LogIn, NotFound, NotFound, Done, NotFound, LogIn],
        ),
        delete(
            Thing::Open,
            "NOT EXISTS (SELECT FROM posts WHERE id = {open})",
            [LogIn, NotAllowed, NotAllowed, Done, Done, LogIn],
        ),
        delete(
            Thing::Followers,
            "NOT EXISTS (SELECT FROM posts WHERE id = {followers})",
            [LogIn, NotFound, NotAllowed, Done, Done, LogIn],
        ),
        delete(
            Thing::Private,
            "NOT EXISTS (SELECT FROM posts WHERE id = {private})",
            [LogIn, NotFound, NotFound, Done, Done, LogIn],
        ),
    ])
    .await;
}

#[tokio::test]
async fn votes_are_cast_and_seen_by_whom_the_table_says() {
    let seen = |about, outcomes| Row {
        document: VOTERS,
        about,
        effect: Shows("/it/voters/totalCount"),
        outcomes,
    };
    let vote = |about, condition, outcomes| Row {
        document: VOTE,
        about,
        effect: Sql(condition),
        outcomes,
    };
    assert_all(&[
        seen(Thing::Open, [Done; 6]),
        seen(Thing::Followers, [Hidden, Hidden, Done, Done, Done, Hidden]),
        seen(Thing::Private, [Hidden, Hidden, Hidden, Done, Hidden, Hidden]),
        vote(
            Thing::Open,
            "EXISTS (SELECT FROM votes WHERE (post_id, user_id) = ({open}, {me}))",
            [LogIn, Done, Done, Done, Done, LogIn],
        ),
        vote(
            Thing::Followers,
            "EXISTS (SELECT FROM votes WHERE post_id = {followers})",
            [LogIn, NotFound, Done, Done, Done, LogIn],
        ),
        vote(
            Thing::Private,
            "EXISTS (SELECT FROM votes WHERE post_id = {private})",
            [LogIn, NotFound, NotFound, Done, NotFound, LogIn],
        ),
        vote(
            Thing::Draft,
            "EXISTS (SELECT FROM votes WHERE post_id = {draft})",
            [LogIn, NotFound, NotFound, Done, NotFound, LogIn],
        ),
        vote(
            Thing::Enmity,
            "EXISTS (SELECT FROM votes WHERE post_id = {enmity})",
            [LogIn, NotFound, NotFound, NotFound, Done, LogIn],
        ),
    ])
    .await;
}

#[tokio::test]
async fn comments_are_written_and_deleted_by_whom_the_table_says() {
    let row = |document, about, condition, outcomes| Row {
        document,
        about,
        effect: Sql(condition),
        outcomes,
    };
    let node = |about, outcomes| Row { document: NODE, about, effect: Shows("/it/id"), outcomes };
    assert_all(&[
        node(Thing::Heard, [Done; 6]),
        node(Thing::Whispered, [Hidden, Hidden, Hidden, Done, Hidden, Hidden]),
        node(Thing::Shouted, [Done, Hidden, Hidden, Hidden, Done, Hidden]),
        row(
            COMMENT,
            Thing::Open,
            "EXISTS (SELECT FROM comments WHERE (post_id, author_id) = ({open}, {me}))",
            [LogIn, Done, Done, Done, Done, LogIn],
        ),
        row(
            COMMENT,
            Thing::Followers,
            "EXISTS (SELECT FROM comments WHERE post_id = {followers})",
            [LogIn, NotFound, Done, Done, Done, LogIn],
        ),
        row(
            COMMENT,
            Thing::Draft,
            "EXISTS (SELECT FROM comments WHERE post_id = {draft})",
            [LogIn, NotFound, NotFound, Done, NotFound, LogIn],
        ),
        row(
            COMMENT,
            Thing::Enmity,
            "EXISTS (SELECT FROM comments WHERE post_id = {enmity})",
            [LogIn, NotFound, NotFound, NotFound, Done, LogIn],
        ),
        row(
            UPDATE_COMMENT,
            Thing::Said,
            "(SELECT content = 'Changed' FROM comments WHERE id = {said})",
            [LogIn, NotAllowed, NotAllowed, Done, NotAllowed, LogIn],
        ),
        row(
            UPDATE_COMMENT,
            Thing::Heard,
            "(SELECT content = 'Changed' FROM comments WHERE id = {heard})",
            [LogIn, NotAllowed, NotAllowed, NotAllowed, NotAllowed, LogIn],
        ),
        row(
            UPDATE_COMMENT,
            Thing::Whispered,
            "(SELECT content = 'Changed' FROM comments WHERE id = {whispered})",
            [LogIn, NotFound, NotFound, NotAllowed, NotFound, LogIn],
        ),
        row(
            DELETE_COMMENT,
            Thing::Said,
            "NOT EXISTS (SELECT FROM comments WHERE id = {said})",
            [LogIn, NotAllowed, NotAllowed, Done, Done, LogIn],
        ),
        // Of somebody else, under the owner's post.
        row(
            DELETE_COMMENT,
            Thing::Heard,
            "NOT EXISTS (SELECT FROM comments WHERE id = {heard})",
            [LogIn, NotAllowed, NotAllowed, Done, Done, LogIn],
        ),
        row(
            DELETE_COMMENT,
            Thing::Whispered,
            "NOT EXISTS (SELECT FROM comments WHERE id = {whispered})",
            [LogIn, NotFound, NotFound, Done, Done, LogIn],
        ),
        row(
            DELETE_COMMENT,
            Thing::Shouted,
            "NOT EXISTS (SELECT FROM comments WHERE id = {shouted})",
            [LogIn, NotFound, NotFound, NotFound, Done, LogIn],
        ),
    ])
    .await;
}

/// An answer under a post that one sees, to a comment that one does not see.
#[tokio::test]
async fn replies_are_written_by_whom_the_table_says() {
    let reply = |about, condition, outcomes| Row {
        document: REPLY,
        about,
        effect: Sql(condition),
        outcomes,
    };
    assert_all(&[
        reply(
            Thing::Said,
            "EXISTS (SELECT FROM comments WHERE reply_to = {said})",
            [LogIn, Done, Done, Done, Done, LogIn],
        ),
        reply(
            Thing::Shouted,
            "EXISTS (SELECT FROM comments WHERE reply_to = {shouted})",
            [LogIn, NotFound, NotFound, NotFound, Done, LogIn],
        ),
    ])
    .await;
}
