//! What a mutation changed is read anew by the fields after it, of the same request too.

use serde_json::json;

use crate::support::app::TestApp;

#[tokio::test]
async fn lists_read_after_a_write_of_the_same_request_are_new() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let post = app.post(&ada).await;
    let voted = "post { voters { totalCount nodes { username } } }";
    let votes = format!(
        "mutation ($id: ID!) {{
            one: vote(input: {{ postId: $id, direction: UP }}) {{ {voted} }}
            two: vote(input: {{ postId: $id, direction: NONE }}) {{ {voted} }} }}"
    );
    let answer = ada.query(&votes, json!({ "id": post.id })).await;
    assert_eq!(answer.data("/one/post/voters/nodes"), &json!([{ "username": "ada" }]));
    assert_eq!(answer.data("/two/post/voters"), &json!({ "totalCount": 0, "nodes": [] }));

    let comment = app.comment(&ada, &post, None).await;
    let said = "comment { post { comments { nodes { content } } } }";
    let edits = format!(
        "mutation ($id: ID!) {{
            one: updateComment(input: {{ commentId: $id, content: \"One\" }}) {{ {said} }}
            two: updateComment(input: {{ commentId: $id, content: \"Two\" }}) {{ {said} }} }}"
    );
    let answer = ada.query(&edits, json!({ "id": comment.id })).await;
    for (field, text) in [("one", "One"), ("two", "Two")] {
        let path = format!("/{field}/comment/post/comments/nodes/0/content");
        assert_eq!(answer.data(&path), &json!(text));
    }

    let other = app.post(&ada).await;
    let gone = "mutation ($one: ID!) {
        vote(input: { postId: $one, direction: UP }) {
            post { owner { likedPosts { totalCount } comments { totalCount } } } }
        deletePost(input: { id: $one }) {
            owner { likedPosts { totalCount } comments { totalCount } posts { nodes { id } } } } }";
    let answer = ada.query(gone, json!({ "one": post.id })).await;
    assert_eq!(
        answer.data("/vote/post/owner"),
        &json!({ "likedPosts": { "totalCount": 1 }, "comments": { "totalCount": 1 } })
    );
    let left = json!({ "likedPosts": { "totalCount": 0 }, "comments": { "totalCount": 0 },
                       "posts": { "nodes": [{ "id": other.id }] } });
    assert_eq!(answer.data("/deletePost/owner"), &left);
}
