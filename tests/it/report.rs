//! Reports: made by people, read and closed by admins.

use std::time::{Duration, Instant};

use rookery::{
    db::report::{Reported, Resolved, Subject, insert as insert_report, resolve as resolve_report},
    id::{Id, ReportKind, UserKind},
};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    world::Seen,
};

const REPORT: &str = "mutation ($id: ID!, $reason: String!) {
    report(input: { subjectId: $id, reason: $reason }) {
        report { id reason resolvedAt reporter { username } subject { __typename } }
        userErrors { code path }
    } }";
const RESOLVE: &str = "mutation ($id: ID!, $reason: String) {
    resolveReport(input: { reportId: $id, reason: $reason }) {
        report { id resolvedAt resolvedBy { username } } userErrors { code path } } }";
const REPORTS: &str = "query ($status: ReportStatus! = OPEN) { reports(status: $status) {
    totalCount nodes { id reason reporter { username } resolvedBy { username }
        subject { __typename ... on User { username } ... on Post { title } ... on Comment { content } } } } }";

async fn report(viewer: &Client, id: &str, reason: &str) -> Answer {
    viewer.query(REPORT, json!({ "id": id, "reason": reason })).await
}

async fn resolve(viewer: &Client, id: &Value) -> Answer {
    viewer.query(RESOLVE, json!({ "id": id, "reason": "nothing to see" })).await
}

#[tokio::test]
async fn a_report_stands_once_until_it_is_closed() {
    let (app, _) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    let first = report(&ada, &bob.id, " spam\u{200b} ").await;
    assert_eq!(first.data("/report/userErrors"), &json!([]),);
    let made = first.data("/report/report");
    assert_eq!(made["reason"], "spam");
    assert_eq!(made["resolvedAt"], Value::Null);
    assert_eq!(made["reporter"]["username"], "ada");
    assert_eq!(made["subject"]["__typename"], "User");
    let again = report(&ada, &bob.id, "more spam").await;
    assert_eq!(
        again.data("/report"),
        &json!({ "report": null, "userErrors": [{ "code": "ALREADY_DONE", "path": ["input", "subjectId"] }] })
    );
    for _ in 0..2 {
        let closed = resolve(&root, &made["id"]).await;
        assert_eq!(closed.data("/resolveReport/report/resolvedBy/username"), "root");
        assert!(closed.data("/resolveReport/report/resolvedAt").is_string());
    }
    let noted = app.count("moderation_log WHERE action = 'resolve_report'").await;
    assert_eq!(noted, 1, "closing a closed report is no act");
    assert_eq!(report(&ada, &bob.id, "again").await.data("/report/userErrors"), &json!([]));
    assert_eq!(app.count("reports").await, 2);
}

#[tokio::test]
async fn whoever_is_no_admin_any_more_closes_nothing() {
    let (app, _) = TestApp::init().await;
    let (root, ada) = (app.admin("root").await, app.user("ada").await);
    let made = report(&ada, &root.id, "proud").await;
    let id = made.data("/report/report/id").as_str().unwrap();
    let id = Id::<ReportKind>::parse(id).unwrap().uuid();
    let admin = Id::<UserKind>::parse(&root.id).unwrap().uuid();
    // As when the role goes after the mutation has looked at it, and before it writes.
    let mut conn = app.db().write().await.unwrap();
    for change in ["role = 'user'", "role = 'admin', suspended_at = now()"] {
        app.sql(&format!("UPDATE users SET {change} WHERE username = 'root'")).await;
        let resolved = resolve_report(&mut conn, admin, id, None).await.unwrap();
        assert!(matches!(resolved, Resolved::NotAdmin), "{change}: {resolved:?}");
    }
    assert_eq!(app.count("reports WHERE resolved_at IS NULL").await, 1);
    assert_eq!(app.count("moderation_log WHERE action = 'resolve_report'").await, 0);
}

#[tokio::test]
async fn all_problems_of_a_report_come_together() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let own = app.post(&ada).await;
    let draft = app.post_seen(&bob, Seen::Draft).await;
    let under_draft = app.comment(&bob, &draft, None).await;
    let own_comment = app.comment(&ada, &own, None).await;
    let long = "x".repeat(2_001);
    for (id, reason, codes) in [
        (&ada.id, "spam", json!(["NOT_ALLOWED"])),
        (&own.id, "spam", json!(["NOT_ALLOWED"])),
        (&own_comment.id, "spam", json!(["NOT_ALLOWED"])),
        (&draft.id, "spam", json!(["NOT_FOUND"])),
        (&under_draft.id, "spam", json!(["NOT_FOUND"])),
        (&"comment_01h455vb4pex5vsknk084sn02q".to_owned(), "spam", json!(["NOT_FOUND"])),
        (&bob.id, "\u{200b} ", json!(["REQUIRED"])),
        (&bob.id, &long, json!(["TOO_LONG"])),
        (&ada.id, "a\u{1b}b", json!(["NOT_ALLOWED", "INVALID"])),
    ] {
        let answer = report(&ada, id, reason).await;
        let errors = answer.data("/report/userErrors").as_array().unwrap();
        let found: Value = errors.iter().map(|error| error["code"].clone()).collect();
        assert_eq!(found, codes, "{id} {reason}");
        assert_eq!(answer.data("/report/report"), &Value::Null);
    }
    assert_eq!(report(&anon, &bob.id, "spam").await.code(), Some("UNAUTHENTICATED"));
    let session = report(&ada, "session_01h455vb4pex5vsknk084sn02q", "spam").await;
    assert_eq!(session.code(), Some("BAD_USER_INPUT"));
    assert!(session.text.contains("a user, a post or a comment"), "{}", session.text);
    assert_eq!(app.count("reports").await, 0);
    let full = "👨‍👩‍👧‍👦".repeat(2_000);
    assert_eq!(report(&ada, &bob.id, &full).await.data("/report/userErrors"), &json!([]));
}

#[tokio::test]
async fn admins_read_open_and_closed_reports() {
    let (app, anon) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    let post = app.post(&bob).await;
    let comment = app.comment(&bob, &post, None).await;
    let of_bob = report(&ada, &bob.id, "one").await.data("/report/report/id").clone();
    let of_post = report(&ada, &post.id, "two").await.data("/report/report/id").clone();
    let of_comment = report(&ada, &comment.id, "three").await.data("/report/report/id").clone();
    let open = root.query(REPORTS, json!({})).await;
    assert_eq!(
        open.data("/reports"),
        &json!({ "totalCount": 3, "nodes": [
            { "id": of_bob, "reason": "one", "reporter": { "username": "ada" }, "resolvedBy": null,
              "subject": { "__typename": "User", "username": "bob" } },
            { "id": of_post, "reason": "two", "reporter": { "username": "ada" }, "resolvedBy": null,
              "subject": { "__typename": "Post", "title": "title" } },
            { "id": of_comment, "reason": "three", "reporter": { "username": "ada" },
              "resolvedBy": null, "subject": { "__typename": "Comment", "content": "said" } },
        ] })
    );
    resolve(&root, &of_bob).await;
    let ids = async |status: &str| {
        let answer = root.query(REPORTS, json!({ "status": status })).await;
        let nodes = answer.data("/reports/nodes").as_array().unwrap().clone();
        assert_eq!(answer.data("/reports/totalCount"), nodes.len());
        nodes.into_iter().map(|node| node["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("OPEN").await, [of_post.clone(), of_comment.clone()]);
    assert_eq!(ids("RESOLVED").await, std::slice::from_ref(&of_bob));

    // Nobody else: neither in lists, nor by id, and nothing is closed.
    for (viewer, code) in [(&anon, "UNAUTHENTICATED"), (&*ada, "FORBIDDEN"), (&*bob, "FORBIDDEN")] {
        assert_eq!(viewer.query(REPORTS, json!({})).await.code(), Some(code));
        assert_eq!(resolve(viewer, &of_post).await.code(), Some(code));
    }
    let node = "query ($id: ID!) { node(id: $id) { id ... on Report { resolvedBy { id } } } }";
    for (viewer, seen) in [(&anon, false), (&*bob, false), (&*ada, true), (&*root, true)] {
        let answer = viewer.query(node, json!({ "id": of_bob })).await;
        assert_eq!(*answer.data("/node") != Value::Null, seen);
        if seen {
            let named = *answer.data("/node/resolvedBy") != Value::Null;
            assert_eq!(
                named,
                viewer.query("{ me { role } }", json!({})).await.data("/me/role") == "ADMIN"
            );
        }
    }
    assert_eq!(ids("OPEN").await, [of_post, of_comment]);
    let unknown = resolve(&root, &json!("report_01h455vb4pex5vsknk084sn02q")).await;
    assert_eq!(unknown.data("/resolveReport/userErrors/0/code"), "NOT_FOUND");
}

#[tokio::test]
async fn a_report_goes_with_what_it_is_about() {
    let (app, _) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    let post = app.post(&bob).await;
    report(&ada, &post.id, "spam").await;
    app.sql(&format!("DELETE FROM posts WHERE id = '{}'", post.key)).await;
    assert_eq!(root.query(REPORTS, json!({})).await.data("/reports/totalCount"), 0);
}

#[tokio::test]
async fn a_report_tells_what_was_reported_whatever_became_of_it() {
    let (app, _) = TestApp::init().await;
    let (root, ada, bob) = (app.admin("root").await, app.user("ada").await, app.user("bob").await);
    let post = app.post(&bob).await;
    let comment = app.comment(&bob, &post, None).await;
    app.comment(&app.user("eve").await, &post, Some(&comment)).await;
    app.sql("UPDATE users SET bio = 'Buy now!' WHERE username = 'bob'").await;
    for id in [&post.id, &comment.id, &bob.id] {
        assert_eq!(report(&ada, id, "spam").await.data("/report/userErrors"), &json!([]));
    }
    let hide =
        "mutation ($input: UpdatePostInput!) { updatePost(input: $input) { userErrors { code } } }";
    let hidden = json!({ "id": post.id, "title": "Nothing", "visibility": "PRIVATE" });
    assert_eq!(bob.query(hide, json!({ "input": hidden })).await.code(), None);
    let delete =
        "mutation ($id: ID!) { deleteComment(input: { commentId: $id }) { comment { id } } }";
    let kept = bob.query(delete, json!({ "id": comment.id })).await;
    assert_eq!(kept.data("/deleteComment/comment/id"), &comment.id);
    app.sql("UPDATE users SET bio = NULL WHERE username = 'bob'").await;
    app.sql("DELETE FROM users WHERE username = 'ada'").await;

    let told = root
        .query(
            "{ reports { nodes { subjectId subjectAuthor { username } quote reporter { id }
            subject { __typename } } } }",
            json!({}),
        )
        .await;
    let expected = |id: &str, quote: &str, subject: Value| {
        json!({ "subjectId": id, "subjectAuthor": { "username": "bob" }, "quote": quote,
                "reporter": null, "subject": subject })
    };
    assert_eq!(
        told.data("/reports/nodes"),
        &json!([
            expected(&post.id, "title\n\ncontent", Value::Null),
            expected(&comment.id, "said", Value::Null),
            expected(&bob.id, "bob\n\nBuy now!", json!({ "__typename": "User" })),
        ])
    );
    // What an admin does not see can be deleted by its id, and takes its report along.
    let delete = "mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }";
    let deleted = root.query(delete, json!({ "id": post.id })).await;
    assert_eq!(deleted.data("/deletePost/deletedPostId"), &post.id);
    assert_eq!(app.count("reports").await, 1, "those about the comments of the post went, too");
}

#[tokio::test]
async fn a_long_quote_is_cut() {
    let (app, _) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&bob).await;
    app.sql("UPDATE posts SET content = repeat('long ', 2000)").await;
    report(&ada, &post.id, "spam").await;
    assert_eq!(app.count("reports WHERE char_length(quote) = 2000").await, 1);
}

#[tokio::test]
async fn what_was_hidden_this_moment_is_not_quoted() {
    let (app, _) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    let draft = app.post_seen(&bob, Seen::Draft).await;
    let comment = app.comment(&bob, &draft, None).await;
    let open = app.post(&bob).await;
    let deleted = app.comment(&bob, &open, None).await;
    app.sql(&format!(
        "UPDATE comments SET author_id = NULL, content = '', deleted_at = now() WHERE id = '{}'",
        deleted.key
    ))
    .await;
    app.blocked(&eve, &ada).await;
    // As when it is hidden after the mutation has looked at it, and before it writes.
    let mut conn = app.db().write().await.unwrap();
    for subject in [
        Subject::Post(draft.key),
        Subject::Comment(comment.key),
        Subject::Comment(deleted.key),
        Subject::User(eve.key),
    ] {
        let reported = insert_report(&mut conn, ada.key, subject, "spam").await.unwrap();
        assert!(matches!(reported, Reported::SubjectGone), "{subject:?}: {reported:?}");
    }
    let seen = Subject::User(bob.key);
    let reported = insert_report(&mut conn, ada.key, seen, "spam").await.unwrap();
    assert!(matches!(reported, Reported::Noted(_)), "{reported:?}");
}

/// Whoever goes is locked first, and what is theirs is deleted then.
#[tokio::test]
async fn a_report_waits_for_an_author_who_goes_and_holds_nothing_of_theirs_meanwhile() {
    let (app, _) = TestApp::init().await;
    let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
    let (post, of_eve) = (app.post(&bob).await, app.post(&eve).await);
    let comment = app.comment(&bob, &of_eve, None).await;
    app.comment(&eve, &of_eve, Some(&comment)).await;
    let goes = app.database().await;
    // Before a deadlock is looked for, whoever waits here has given up.
    let begin =
        "SET lock_timeout = '500ms'; BEGIN; SELECT FROM users WHERE username = 'bob' FOR UPDATE";
    goes.batch_execute(begin).await.unwrap();
    let going = async {
        let both =
            "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let begun = Instant::now();
        while app.count(both).await != 2 {
            assert!(begun.elapsed() < Duration::from_secs(5), "they do not wait");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        goes.batch_execute("DELETE FROM users WHERE username = 'bob'; COMMIT").await.unwrap();
    };
    let (of_post, of_comment, ()) =
        tokio::join!(report(&ada, &post.id, "spam"), report(&ada, &comment.id, "spam"), going);
    for answer in [of_post, of_comment] {
        assert_eq!(answer.data("/report/userErrors/0/code"), "NOT_FOUND", "{}", answer.text);
    }
}
