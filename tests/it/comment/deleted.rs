//! Comments deleted: by whom, and what stays.

use serde_json::{Value, json};

use super::{pairs, problems, say, update};
use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    world::Made,
};

const DELETE: &str = "mutation ($input: DeleteCommentInput!) { deleteComment(input: $input) {
    deletedCommentId deletedTombstoneIds
    comment { id content isDeleted author { id } replyCount }
    replyTo { id replyCount }
    post { commentCount }
    userErrors { code path }
} }";

async fn delete(client: &Client, comment: &Made) -> Answer {
    client.query(DELETE, json!({ "input": { "commentId": comment.id } })).await
}

#[tokio::test]
async fn a_comment_is_deleted_by_its_author_the_posts_owner_or_an_admin() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (eve, admin) = (app.user("eve").await, app.admin("root").await);
    let post = app.post(&ada).await;
    let comment = app.comment(&bob, &post, None).await;
    assert_eq!(delete(&anon, &comment).await.code(), Some("UNAUTHENTICATED"));
    let answer = delete(&eve, &comment).await;
    assert_eq!(problems(&answer, "deleteComment"), pairs(&[("NOT_ALLOWED", "commentId")]));
    assert_eq!(app.count("comments").await, 1);

    let may =
        "query ($id: ID!) { node(id: $id) { ... on Comment { viewerCanUpdate viewerCanDelete } } }";
    for (client, update, delete) in [
        (&*bob, true, true),
        (&*ada, false, true),
        (&*admin, false, true),
        (&*eve, false, false),
        (&anon, false, false),
    ] {
        let answer = client.query(may, json!({ "id": comment.id })).await;
        let expected = json!({ "viewerCanUpdate": update, "viewerCanDelete": delete });
        assert_eq!(answer.data("/node"), &expected);
    }
    for who in [&bob, &ada, &admin] {
        let comment = app.comment(&bob, &post, None).await;
        let answer = delete(who, &comment).await;
        assert_eq!(answer.data("/deleteComment/deletedCommentId"), comment.id.as_str());
        assert_eq!(answer.data("/deleteComment/post/commentCount"), 1);
        assert_eq!(answer.data("/deleteComment/comment"), &Value::Null);
        let answer = delete(who, &comment).await;
        assert_eq!(problems(&answer, "deleteComment"), pairs(&[("NOT_FOUND", "commentId")]));
    }
    assert_eq!(app.count("comments").await, 1);
    let logout = "mutation { logout(input: {}) { endedSessionId } }";
    assert_eq!(admin.query(logout, json!({})).await.code(), None);
    let ended = admin.query(may, json!({ "id": comment.id })).await;
    assert_eq!(ended.code(), None, "an ended session is no reason for an error");
    assert_eq!(ended.data("/node/viewerCanDelete"), false);
}

#[tokio::test]
async fn only_an_admins_deletion_of_what_others_wrote_is_logged_with_its_reason() {
    let (app, _) = TestApp::init().await;
    let (ada, admin) = (app.user("ada").await, app.admin("root").await);
    let (post, own) = (app.post(&ada).await, app.post(&admin).await);
    delete(&ada, &app.comment(&ada, &post, None).await).await;
    delete(&admin, &app.comment(&admin, &post, None).await).await;
    delete(&admin, &app.comment(&ada, &own, None).await).await;
    assert_eq!(app.count("moderation_log WHERE action = 'delete_comment'").await, 0);

    let comment = app.comment(&ada, &post, None).await;
    let input = json!({ "commentId": comment.id, "reason": "x".repeat(2_001) });
    let answer = admin.query(DELETE, json!({ "input": input })).await;
    assert_eq!(problems(&answer, "deleteComment"), pairs(&[("TOO_LONG", "reason")]));
    let input = json!({ "commentId": comment.id, "reason": " Spam. " });
    let answer = admin.query(DELETE, json!({ "input": input })).await;
    assert_eq!(answer.data("/deleteComment/deletedCommentId"), comment.id.as_str());
    let logged = format!(
        "moderation_log WHERE (actor_id, action, target_kind, target_id, reason)
         = ('{}', 'delete_comment', 'comment', '{}', 'Spam.')",
        admin.key, comment.key
    );
    assert_eq!(app.count(&logged).await, 1);
    let comment = app.comment(&ada, &post, None).await;
    let input = json!({ "commentId": comment.id, "reason": " \n " });
    admin.query(DELETE, json!({ "input": input })).await;
    assert_eq!(
        app.count("moderation_log WHERE action = 'delete_comment' AND reason IS NULL").await,
        1,
        "left empty is none"
    );
}

#[tokio::test]
async fn what_somebody_wrote_is_theirs_to_delete_under_a_post_that_is_hidden_from_them() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let comment = app.comment(&bob, &post, None).await;
    app.sql("UPDATE posts SET visibility = 'private'").await;
    assert_eq!(
        problems(&update(&bob, &comment.id, "Other").await, "updateComment"),
        pairs(&[("NOT_FOUND", "commentId")])
    );
    let answer = delete(&bob, &comment).await;
    assert_eq!(answer.data("/deleteComment/deletedCommentId"), comment.id.as_str());
    assert_eq!(answer.data("/deleteComment/post"), &Value::Null);
    assert_eq!(app.count("comments").await, 0);
}

#[tokio::test]
async fn a_deleted_comment_with_answers_keeps_its_place_until_the_last_of_them_goes() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let top = app.comment(&bob, &post, None).await;
    let middle = app.comment(&ada, &post, Some(&top)).await;
    let leaf = app.comment(&bob, &post, Some(&middle)).await;

    let answer = delete(&bob, &top).await;
    let tombstone = json!(
        { "id": top.id, "content": "", "isDeleted": true, "author": null, "replyCount": 1 });
    assert_eq!(answer.data("/deleteComment/comment"), &tombstone);
    assert_eq!(answer.data("/deleteComment/deletedCommentId"), &Value::Null);
    assert_eq!(answer.data("/deleteComment/post/commentCount"), 2);
    let answer = delete(&bob, &top).await;
    assert_eq!(problems(&answer, "deleteComment"), pairs(&[("ALREADY_DONE", "commentId")]));
    let answer = say(&ada, &post, "to nobody", Some(&top.id)).await;
    assert_eq!(problems(&answer, "comment"), pairs(&[("NOT_ALLOWED", "replyTo")]));
    let answer = update(&bob, &top.id, "back").await;
    assert_eq!(problems(&answer, "updateComment").len(), 1);

    let thread = "query ($id: ID!) { post(id: $id) { comments(first: 5) { totalCount nodes { isDeleted
        replies(first: 5) { nodes { isDeleted replies(first: 5) { nodes { isDeleted } } } } } } } }";
    let whole = json!({ "totalCount": 1, "nodes": [{ "isDeleted": true, "replies": { "nodes": [
        { "isDeleted": false, "replies": { "nodes": [{ "isDeleted": false }] } }] } }] });
    let answer = anon.query(thread, json!({ "id": post.id })).await;
    assert_eq!(answer.data("/post/comments"), &whole);

    delete(&ada, &middle).await;
    let answer = delete(&bob, &leaf).await;
    assert_eq!(answer.data("/deleteComment/deletedCommentId"), leaf.id.as_str());
    assert_eq!(answer.data("/deleteComment/deletedTombstoneIds"), &json!([top.id, middle.id]));
    assert_eq!(answer.data("/deleteComment/replyTo"), &Value::Null);
    assert_eq!(answer.data("/deleteComment/post/commentCount"), 0);
    assert_eq!(app.count("comments").await, 0);
}

#[tokio::test]
async fn the_nearest_comment_above_that_stays_is_told_with_its_new_count() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let top = app.comment(&bob, &post, None).await;
    let middle = app.comment(&ada, &post, Some(&top)).await;
    let lower = app.comment(&ada, &post, Some(&middle)).await;
    let leaf = app.comment(&ada, &post, Some(&lower)).await;
    for (comment, above, replies) in [(&middle, &top, 1), (&lower, &middle, 1)] {
        let answer = delete(&ada, comment).await;
        assert_eq!(answer.data("/deleteComment/comment/id"), &comment.id);
        let expected = json!({ "id": above.id, "replyCount": replies });
        assert_eq!(answer.data("/deleteComment/replyTo"), &expected);
    }
    let answer = delete(&ada, &leaf).await;
    assert_eq!(answer.data("/deleteComment/deletedTombstoneIds"), &json!([middle.id, lower.id]));
    let expected = json!({ "id": top.id, "replyCount": 0 });
    assert_eq!(answer.data("/deleteComment/replyTo"), &expected);
}

#[tokio::test]
async fn an_account_that_goes_leaves_the_answers_of_others_in_their_place() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let top = app.comment(&bob, &post, None).await;
    let answer = app.comment(&ada, &post, Some(&top)).await;
    app.comment(&bob, &post, Some(&answer)).await;
    app.sql(&format!("DELETE FROM users WHERE id = '{}'", bob.key)).await;
    let read = "query ($id: ID!) { post(id: $id) { commentCount comments { nodes {
        isDeleted author { id } replies { nodes { id replyCount } } } } } }";
    let seen = anon.query(read, json!({ "id": post.id })).await;
    let expected = json!({ "commentCount": 1, "comments": { "nodes": [{ "isDeleted": true,
        "author": null, "replies": { "nodes": [{ "id": answer.id, "replyCount": 0 }] } }] } });
    assert_eq!(seen.data("/post"), &expected);
}
