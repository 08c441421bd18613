//! All problems of one input come back together: those of its fields, and that what it is about is
//! not there or not for the viewer to change.

use rookery::id::{CommentKind, Id, PostKind, ReportKind, UserKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{app::TestApp, client::Client, world::Seen};

/// Too long for any field.
fn long() -> String {
    "a".repeat(50_000)
}

/// The codes of the user errors, each with its field.
async fn problems(client: &Client, field: &str, input: Value) -> Vec<(String, String)> {
    let kind = format!("{}{}", field[..1].to_uppercase(), &field[1..]);
    let document = format!(
        "mutation ($input: {kind}Input!) {{ {field}(input: $input) {{ userErrors {{ code path }} }} }}"
    );
    let answer = client.query(&document, json!({ "input": input })).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer.data(&format!("/{field}/userErrors")).as_array().unwrap().clone();
    errors.iter().map(|error| (text(&error["path"][1]), text(&error["code"]))).collect()
}

fn told(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect()
}

#[tokio::test]
async fn of_a_post_that_is_not_there_or_not_yours() {
    let (app, _) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    let (post, draft) = (app.post(&ada).await, app.post_seen(&ada, Seen::Draft).await);
    let nothing = Id::<PostKind>::from(Uuid::now_v7()).to_string();
    for (id, code) in [(&post.id, "NOT_ALLOWED"), (&draft.id, "NOT_FOUND"), (&nothing, "NOT_FOUND")]
    {
        let input = json!({ "id": id, "title": long(), "content": "" });
        let expected = told(&[("title", "TOO_LONG"), ("content", "REQUIRED"), ("id", code)]);
        assert_eq!(problems(&bob, "updatePost", input).await, expected);
        let input = json!({ "id": id, "reason": long() });
        let expected = told(&[("reason", "TOO_LONG"), ("id", code)]);
        assert_eq!(problems(&bob, "deletePost", input).await, expected);
    }
    // Admins delete what they do not see, too.
    for (client, id, code) in [
        (&*ada, &post.id, None),
        (&*root, &draft.id, None),
        (&*root, &nothing, Some(("id", "NOT_FOUND"))),
    ] {
        let input = json!({ "id": id, "reason": long() });
        let expected: Vec<_> = [("reason", "TOO_LONG")].into_iter().chain(code).collect();
        assert_eq!(problems(client, "deletePost", input).await, told(&expected));
    }
    assert_eq!(app.count("posts").await, 2, "nothing was deleted");
}

#[tokio::test]
async fn of_an_account_that_is_not_there_or_the_last_admins() {
    let (app, _) = TestApp::init().await;
    let (root, ada) = (app.admin("root").await, app.user("ada").await);
    let nobody = Id::<UserKind>::from(Uuid::now_v7()).to_string();
    let reason = ("reason", "TOO_LONG");
    for (user, found) in [(&ada.id, None), (&nobody, Some(("userId", "NOT_FOUND")))] {
        let expected: Vec<_> = [reason].into_iter().chain(found).collect();
        for field in ["suspendUser", "restoreUser"] {
            let input = json!({ "userId": user, "reason": long() });
            assert_eq!(problems(&root, field, input).await, told(&expected), "{field}");
        }
        let input = json!({ "userId": user, "role": "ADMIN", "reason": long() });
        assert_eq!(problems(&root, "setUserRole", input).await, told(&expected));
    }
    let input = json!({ "userId": root.id, "role": "USER", "reason": long() });
    let expected = told(&[reason, ("role", "NOT_ALLOWED")]);
    assert_eq!(problems(&root, "setUserRole", input).await, expected);
    let input = json!({ "userId": root.id, "reason": long() });
    let expected = told(&[("userId", "NOT_ONESELF"), reason]);
    assert_eq!(problems(&root, "suspendUser", input).await, expected);
}

#[tokio::test]
async fn of_a_report_that_is_not_there() {
    let (app, _) = TestApp::init().await;
    let root = app.admin("root").await;
    let nothing = Id::<ReportKind>::from(Uuid::now_v7()).to_string();
    let input = json!({ "reportId": nothing, "reason": long() });
    let expected = told(&[("reason", "TOO_LONG"), ("reportId", "NOT_FOUND")]);
    assert_eq!(problems(&root, "resolveReport", input).await, expected);
}

#[tokio::test]
async fn of_a_comment_that_is_not_there_not_yours_or_deleted_before() {
    let (app, _) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    let (post, hidden) = (app.post(&ada).await, app.post_seen(&ada, Seen::Private).await);
    let said = app.comment(&ada, &post, None).await;
    let whispered = app.comment(&ada, &hidden, None).await;
    let (tombstone, nothing) = (app.comment(&ada, &post, None).await, Uuid::now_v7());
    app.comment(&bob, &post, Some(&tombstone)).await;
    let bury = "UPDATE comments SET author_id = NULL, content = '', deleted_at = now() WHERE id = ";
    app.sql(&format!("{bury}'{}'", tombstone.key)).await;
    let nothing = Id::<CommentKind>::from(nothing).to_string();
    for (client, id, code) in [
        (&*bob, &said.id, Some("NOT_ALLOWED")),
        (&*bob, &whispered.id, Some("NOT_FOUND")),
        (&*bob, &tombstone.id, Some("ALREADY_DONE")),
        (&*bob, &nothing, Some("NOT_FOUND")),
        (&*ada, &said.id, None),
        // Admins delete what they do not see, too.
        (&*root, &whispered.id, None),
        (&*root, &nothing, Some("NOT_FOUND")),
    ] {
        let input = json!({ "commentId": id, "reason": long() });
        let refused = code.map(|code| ("commentId", code));
        let expected: Vec<_> = [("reason", "TOO_LONG")].into_iter().chain(refused).collect();
        assert_eq!(problems(client, "deleteComment", input).await, told(&expected), "{id}");
    }
    assert_eq!(app.count("comments WHERE deleted_at IS NULL").await, 3, "nothing was deleted");
}
