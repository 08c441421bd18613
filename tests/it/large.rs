//! Writes that are as large as an account: they take longer than others may, and end as they should.

use std::time::Duration;

use futures_util::future::join_all;
use rookery::db::housekeeping;
use serde_json::json;

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    recount::{assert_none, differences},
    user::{PASSWORD, TestUser},
};

/// A statement may take a second, and a request two.
const IMPATIENT: &[(&str, &str)] =
    &[("DATABASE_STATEMENT_TIMEOUT_SECONDS", "1"), ("REQUEST_TIMEOUT_SECONDS", "2")];

/// Posts, votes on them and on those of others, comments and answers: thousands, and follows.
const BUSY: &str = "
    INSERT INTO users (id, username, email, password_hash)
        SELECT gen_random_uuid(), 'user_' || n, n || '@example.com', '' FROM generate_series(1, 100) AS n;
    INSERT INTO posts (id, owner_id, title, content)
        SELECT gen_random_uuid(), {busy}, 'title', 'content' FROM generate_series(1, 1000);
    INSERT INTO posts (id, owner_id, title, content)
        SELECT gen_random_uuid(), users.id, 'title', 'content' FROM users, generate_series(1, 10) WHERE username LIKE 'user%';
    INSERT INTO votes (post_id, user_id, value) SELECT id, {busy}, 1 FROM posts;
    INSERT INTO votes (post_id, user_id, value)
        SELECT id, (SELECT id FROM users WHERE username = 'user_1'), -1 FROM posts;
    INSERT INTO comments (id, post_id, author_id, content)
        SELECT gen_random_uuid(), id, {busy}, 'said' FROM posts;
    INSERT INTO comments (id, post_id, author_id, reply_to, content)
        SELECT gen_random_uuid(), post_id, (SELECT id FROM users WHERE username = 'user_2'), id, 'so'
        FROM comments WHERE random() < 0.5;
    INSERT INTO follows SELECT id, {busy} FROM users WHERE id <> {busy};
    ANALYZE";

async fn delete_account(user: &TestUser) -> Answer {
    let delete = "mutation ($password: String!) {
        deleteAccount(input: { password: $password }) { deletedUserId userErrors { code } } }";
    user.query(delete, json!({ "password": PASSWORD })).await
}

async fn delete_post(client: &Client, post: &str) -> Answer {
    let delete = "mutation ($id: ID!) {
        deletePost(input: { id: $id }) { deletedPostId userErrors { code } } }";
    client.query(delete, json!({ "id": post })).await
}

async fn set(admin: &TestUser, field: &str, user: &str) -> Answer {
    let set = format!(
        "mutation ($id: ID!) {{ {field}(input: {{ userId: $id }}) {{ user {{ postCount }} }} }}"
    );
    admin.query(&set, json!({ "id": user })).await
}

#[tokio::test]
async fn a_busy_account_is_suspended_restored_and_deleted() {
    let (app, _) = TestApp::init().await;
    let (busy, root) = (app.user("busy").await, app.admin("root").await);
    let sql = app.shared().await;
    sql.batch_execute(&BUSY.replace("{busy}", &format!("'{}'", busy.key))).await.unwrap();
    for field in ["suspendUser", "restoreUser"] {
        let answer = set(&root, field, &busy.id).await;
        assert_eq!(answer.data(&format!("/{field}/user/postCount")), 1000, "{}", answer.text);
        assert_none(&differences(sql).await, field);
    }
    let busy = app.log_in(&busy, "busy", PASSWORD).await;
    let delete = "mutation ($password: String!) {
        deleteAccount(input: { password: $password }) { userErrors { code } } }";
    let answer = busy.query(delete, json!({ "password": PASSWORD })).await;
    assert_eq!(answer.data("/deleteAccount/userErrors"), &json!([]), "{}", answer.text);
    assert_eq!(app.count("posts").await, 1000, "those of the others");
    assert_eq!(app.count("comments WHERE author_id IS NULL AND deleted_at IS NULL").await, 0);
    assert_none(&differences(sql).await, "the account is gone");
}

/// Lets deletions from this table take so long.
async fn slow_down(app: &TestApp, table: &str, seconds: f32) {
    app.sql(&format!(
        "CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$;
         CREATE TRIGGER takes_long AFTER DELETE ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION take_long()"
    ))
    .await;
}

#[tokio::test]
async fn a_large_write_may_take_longer_than_others() {
    // The request itself has all the time that a busy machine may take.
    let settings = [IMPATIENT[0], ("REQUEST_TIMEOUT_SECONDS", "20")];
    let (app, _) = TestApp::with_settings(&settings).await;
    let ada = app.user("ada").await;
    slow_down(&app, "users", 1.3).await;
    let answer = delete_account(&ada).await;
    assert_eq!(answer.data("/deleteAccount/deletedUserId"), &json!(ada.id), "{}", answer.text);
}

#[tokio::test]
async fn a_large_write_ends_as_it_should_when_its_request_is_over() {
    let (app, _) = TestApp::with_settings(IMPATIENT).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&bob).await;
    slow_down(&app, "posts", 1.5).await;
    // First as any other write, for a second, and then with more time.
    assert_eq!(delete_post(&bob, &post.id).await.code(), Some("TIMEOUT"));
    until_none(&app, &format!("posts WHERE id = '{}'", post.key)).await;
    app.sql("DROP TRIGGER takes_long ON posts; DROP FUNCTION take_long").await;
    slow_down(&app, "users", 2.5).await;
    assert_eq!(delete_account(&ada).await.code(), Some("TIMEOUT"));
    until_none(&app, &format!("users WHERE id = '{}'", ada.key)).await;
}

#[tokio::test]
async fn a_large_write_has_an_end_too() {
    let settings = [IMPATIENT[0], ("DATABASE_LARGE_WRITE_TIMEOUT_SECONDS", "1")];
    let (app, _) = TestApp::with_settings(&settings).await;
    let ada = app.user("ada").await;
    slow_down(&app, "users", 3.0).await;
    assert_eq!(delete_account(&ada).await.code(), Some("TIMEOUT"));
    assert_eq!(app.count("users").await, 1);
}

#[tokio::test]
async fn nobody_waits_to_post_until_a_large_account_that_they_follow_is_gone() {
    let settings = [IMPATIENT[0], ("REQUEST_TIMEOUT_SECONDS", "20")];
    let (app, _) = TestApp::with_settings(&settings).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    app.sql(&format!(
        "INSERT INTO follows VALUES ('{0}', '{1}'), ('{1}', '{0}')",
        ada.key, bob.key
    ))
    .await;
    slow_down(&app, "users", 3.0).await;
    let leaving = tokio::spawn(async move { delete_account(&ada).await });
    until_none(&app, "follows").await;
    let post = "mutation { createPost(input: { title: \"still here\", content: \"here\" }) {
        post { id } userErrors { code } } }";
    let answer = bob.query(post, json!({})).await;
    assert!(answer.data("/createPost/post/id").is_string(), "{}", answer.text);
    assert!(!leaving.is_finished(), "the rest of the account is on its way");
    let gone = leaving.await.unwrap();
    assert!(gone.data("/deleteAccount/deletedUserId").is_string(), "{}", gone.text);
}

#[tokio::test]
async fn nobody_comes_back_to_an_account_whose_deletion_was_begun_and_it_goes_in_the_end() {
    let (app, anonymous) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    app.followed(&bob, &ada).await;
    app.sql(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'broken off'; END $$;
         CREATE TRIGGER fails BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION fail()",
    )
    .await;
    assert_eq!(delete_account(&ada).await.code(), Some("INTERNAL_SERVER_ERROR"));
    assert_eq!(app.count("users").await, 2);
    assert_eq!(delete_account(&ada).await.code(), Some("UNAUTHENTICATED"));
    let login = "mutation ($password: String!) { login(input: { identifier: \"ada\",
        password: $password }) { userErrors { code } } }";
    let answer = anonymous.query(login, json!({ "password": PASSWORD })).await;
    assert_eq!(answer.data("/login/userErrors/0/code"), "WRONG_CREDENTIALS", "{}", answer.text);
    app.sql("DROP TRIGGER fails ON users").await;
    housekeeping::sweep(&app.db()).await.unwrap();
    assert_eq!(app.count("users").await, 1);
    assert_none(&differences(app.shared().await).await, "the account is gone");
}

#[tokio::test]
async fn who_deletes_their_account_twice_at_once_is_not_told_that_nothing_was_done() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let answers = join_all((0..4).map(|_| delete_account(&ada))).await;
    assert_eq!(app.count("users").await, 0);
    for answer in answers {
        let over = answer.code() == Some("UNAUTHENTICATED");
        assert!(
            over || answer.data("/deleteAccount/deletedUserId") == &json!(ada.id),
            "{}",
            answer.text
        );
    }
}

async fn until_none(app: &TestApp, rows: &str) {
    for _ in 0..1_000 {
        if app.count(rows).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there is still one of {rows}");
}
