//! Passwords and the hashes that are kept of them.

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use serde_json::{Value, json};

use super::login;
use crate::support::{app::TestApp, user::PASSWORD};

/// Whoever logs in second finds a hash that the first has made better.
#[tokio::test]
async fn many_may_log_in_at_once_while_a_hash_is_made_better() {
    let (app, anon) = TestApp::init().await;
    app.user("ada").await;
    let old = bcrypt::hash_with_salt(PASSWORD, 4, [7; 16]).unwrap().to_string();
    for _ in 0..3 {
        app.sql(&format!("UPDATE users SET password_hash = '{old}'")).await;
        let logins = (0..4).map(|_| app.log_in(&anon, "ada", PASSWORD));
        for client in join_all(logins).await {
            let me = client.query("{ me { username } }", json!({})).await;
            assert_eq!(me.data("/me/username"), "ada");
        }
    }
}

#[tokio::test]
async fn weaker_hashes_are_accepted_and_replaced() {
    let (app, anon) = TestApp::with_settings(&[("PASSWORD_HASH_PASSES", "2")]).await;
    let ada = app.user("ada").await;
    let db = app.shared().await;
    let bcrypt = bcrypt::hash_with_salt("short", 4, [7; 16]).unwrap();
    for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB] {
        let old = bcrypt.format_for_version(version);
        let set = "UPDATE users SET password_hash = $1 WHERE id::text = $2";
        db.execute(set, &[&old, &ada.key.to_string()]).await.unwrap();
        let refused = login(&anon, "ada", "wrong").await;
        assert_eq!(refused.data("/login/user"), &Value::Null);
        for _ in 0..2 {
            let answer = login(&anon, "ada", "short").await;
            assert_eq!(answer.data("/login/user/username"), "ada", "{}", answer.text);
        }
        let row = db.query_one("SELECT password_hash FROM users", &[]).await.unwrap();
        assert!(row.get::<_, &str>(0).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
}

/// bcrypt reads 72 bytes of a password, and says the same of all that begin with these.
#[tokio::test]
async fn what_bcrypt_does_not_read_is_made_no_password() {
    let (app, anon) = TestApp::init().await;
    app.user("ada").await;
    let start = "a".repeat(72);
    let right = format!("{start}, and its end");
    let old = bcrypt::hash_with_salt(&right, 4, [7; 16]).unwrap().to_string();
    app.sql(&format!("UPDATE users SET password_hash = '{old}'")).await;
    for typed in [&start, &format!("{start}, and another end"), &right] {
        let answer = login(&anon, "ada", typed).await;
        assert_eq!(answer.data("/login/user/username"), "ada", "{typed}");
    }
    let kept = format!("users WHERE password_hash = '{old}'");
    assert_eq!(app.count(&kept).await, 1);
}

/// Of as many as may hash at once, none waits for the database meanwhile.
#[tokio::test]
async fn a_new_password_is_written_without_the_right_to_hash() {
    let (app, _anon) = TestApp::with_settings(&[("PASSWORD_HASH_PARALLELISM", "1")]).await;
    let ada = app.user("ada").await;
    let database = app.database().await;
    database.batch_execute("BEGIN; SELECT FROM users FOR UPDATE").await.unwrap();
    let change = "mutation ($old: String!) {
        changePassword(input: { currentPassword: $old, newPassword: \"another password\" }) {
            user { username } userErrors { code } } }";
    let changing = ada.query(change, json!({ "old": PASSWORD }));
    let free = async {
        let waiting = "pg_stat_activity WHERE wait_event_type = 'Lock'
            AND datname = current_database()";
        while app.count(waiting).await == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let free = app.hasher().slot().now_or_never().is_some();
        database.batch_execute("ROLLBACK").await.unwrap();
        free
    };
    let (changed, free) = futures_util::future::join(changing, free).await;
    assert!(free, "others may hash");
    assert_eq!(changed.data("/changePassword/user/username"), "ada", "{}", changed.text);
}
