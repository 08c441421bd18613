//! Sessions: renewed, stolen, ended.

use rookery::{auth::RefreshToken, db::housekeeping};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    user::PASSWORD,
};

const REFRESH: &str = "mutation ($token: String!) { refresh(input: { refreshToken: $token }) {
    tokens { accessToken refreshToken } user { username email }
    userErrors { code path }
} }";
const ME: &str = "{ me { username sessions { totalCount nodes { id isCurrent userAgent } } } }";

async fn refresh(client: &Client, token: &str) -> Answer {
    client.query(REFRESH, json!({ "token": token })).await
}

/// The next refresh token, if there was one.
fn next(answer: &Answer) -> Option<String> {
    Some(answer.data("/refresh/tokens").get("refreshToken")?.as_str()?.to_owned())
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    assert_eq!(answer.data("/refresh/tokens"), &Value::Null);
    assert_eq!(answer.data("/refresh/userErrors/0/code"), "INVALID_TOKEN");
}

async fn is_logged_in(client: &Client) -> bool {
    let answer = client.query(ME, json!({})).await;
    match answer.code() {
        None => true,
        Some("UNAUTHENTICATED") => false,
        Some(_) => panic!("{}", answer.text),
    }
}

/// Moves what happened to refresh tokens into the past.
async fn age(app: &TestApp, seconds: u32) {
    let sql = format!("UPDATE refresh_tokens SET spent_at = spent_at - interval '{seconds}s'");
    app.sql(&sql).await;
}

#[tokio::test]
async fn a_refresh_token_gives_the_next() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let first = refresh(&anon, &ada.refresh_token).await;
    assert_eq!(first.data("/refresh/user/email"), "ada@example.com");
    let second = refresh(&anon, &next(&first).unwrap()).await;
    let token = second.data("/refresh/tokens/accessToken").as_str().unwrap().to_owned();
    let me = app.client(Some(token)).query(ME, json!({})).await;
    assert_eq!(me.data("/me/username"), &ada.username);
    assert_eq!(me.data("/me/sessions/nodes/0/isCurrent"), true);
    assert_eq!(me.data("/me/sessions/totalCount"), 1);
}

#[tokio::test]
async fn a_victim_who_comes_second_ends_the_thiefs_session() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let thief = refresh(&anon, &ada.refresh_token).await;
    age(&app, 11).await;
    assert_refused(&refresh(&anon, &ada.refresh_token).await);
    assert_refused(&refresh(&anon, &next(&thief).unwrap()).await);
    assert!(!is_logged_in(&ada).await);
}

#[tokio::test]
async fn a_thief_who_comes_second_ends_the_session_too() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let victim = refresh(&anon, &ada.refresh_token).await;
    let victim = refresh(&anon, &next(&victim).unwrap()).await;
    age(&app, 11).await;
    assert_refused(&refresh(&anon, &ada.refresh_token).await);
    assert_refused(&refresh(&anon, &next(&victim).unwrap()).await);
}

/// A thief may have used a token long before its owner does.
#[tokio::test]
async fn a_theft_shows_however_late_it_does() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let thief = refresh(&anon, &ada.refresh_token).await;
    app.sql(
        "UPDATE refresh_tokens SET issued_at = issued_at - interval '8 days',
                                   spent_at = spent_at - interval '8 days'",
    )
    .await;
    let thief = refresh(&anon, &next(&thief).unwrap()).await;
    assert_refused(&refresh(&anon, &ada.refresh_token).await);
    assert_refused(&refresh(&anon, &next(&thief).unwrap()).await);
}

#[tokio::test]
async fn a_client_may_refresh_twice_at_once() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let token = &ada.refresh_token;
    let answers = futures_util::future::join_all((0..8).map(|_| refresh(&anon, token))).await;
    let tokens: Vec<String> = answers.iter().map(|answer| next(answer).unwrap()).collect();
    // Whichever of the answers the client kept, it goes on.
    assert!(next(&refresh(&anon, &tokens[5]).await).is_some());
    assert!(is_logged_in(&ada).await);
}

/// As many as there may be tabs that refresh at once. Whoever goes on adds rows to the session that
/// ending it would have to delete, one by one.
#[tokio::test]
async fn a_spent_token_is_forgiven_so_often_and_no_more() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    for _ in 0..16 {
        assert!(next(&refresh(&anon, &ada.refresh_token).await).is_some());
    }
    assert_refused(&refresh(&anon, &ada.refresh_token).await);
    assert!(!is_logged_in(&ada).await, "it was ended");
    assert_eq!(app.count("refresh_tokens").await, 0);
}

#[tokio::test]
async fn a_session_is_renewed_so_often_and_no_more() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let first = refresh(&anon, &ada.refresh_token).await;
    assert_eq!(app.count("sessions WHERE refreshes = 1").await, 1);
    app.sql("UPDATE sessions SET refreshes = 200000").await;
    assert_refused(&refresh(&anon, &next(&first).unwrap()).await);
    assert_eq!(app.count("sessions").await, 0);
}

#[tokio::test]
async fn the_largest_session_can_be_ended() {
    let (app, _anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    // Without a look at the session for each.
    let fill = format!(
        "SET LOCAL session_replication_role = replica;
         INSERT INTO refresh_tokens (hash, session_id, spent_at)
         SELECT sha256(int4send(n)), '{}', now() FROM generate_series(1, 200000) AS n",
        ada.session
    );
    app.sql(&fill).await;
    let start = std::time::Instant::now();
    let logout = "mutation { logout(input: { everywhere: true }) { endedSessionId } }";
    assert_eq!(ada.query(logout, json!({})).await.code(), None);
    println!("ended after {:?}", start.elapsed());
    assert_eq!(app.count("refresh_tokens").await, 0);
}

#[tokio::test]
async fn a_thief_within_the_grace_is_found_out_too() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let victim = refresh(&anon, &ada.refresh_token).await;
    let thief = refresh(&anon, &ada.refresh_token).await;
    let victim = refresh(&anon, &next(&victim).unwrap()).await;
    age(&app, 11).await;
    assert_refused(&refresh(&anon, &next(&thief).unwrap()).await);
    assert_refused(&refresh(&anon, &next(&victim).unwrap()).await);
}

#[tokio::test]
async fn sessions_end_idle_and_at_their_whole_age() {
    let (app, anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let db = app.shared().await;
    for (column, user) in [("idle_expires_at", &ada), ("expires_at", &bob)] {
        let sql = format!("UPDATE sessions SET {column} = now() WHERE id = '{}'", user.session);
        db.batch_execute(&sql).await.unwrap();
        assert!(!is_logged_in(user).await, "{column}");
        assert_refused(&refresh(&anon, &user.refresh_token).await);
    }
}

#[tokio::test]
async fn unknown_refresh_tokens_are_refused() {
    let (_app, anon) = TestApp::init().await;
    let unknown = RefreshToken::generate().reveal();
    for token in [unknown.as_str(), "", "💥", &"A".repeat(5_000)] {
        assert_refused(&refresh(&anon, token).await);
    }
}

#[tokio::test]
async fn logout_ends_one_session_or_all() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let mut devices = Vec::new();
    for _ in 0..3 {
        devices.push(app.log_in(&anon, "ada", PASSWORD).await);
    }
    let logout =
        "mutation ($all: Boolean) { logout(input: { everywhere: $all }) { endedSessionId } }";
    for _ in 0..2 {
        let answer = devices[0].query(logout, json!({ "all": false })).await;
        assert_eq!(answer.code(), None, "it can be repeated");
    }
    assert!(!is_logged_in(&devices[0]).await);
    assert!(is_logged_in(&devices[1]).await);
    // A session that has ended is no way to end the others.
    let refused = devices[0].query(logout, json!({ "all": true })).await;
    assert_eq!(refused.code(), Some("UNAUTHENTICATED"));
    assert!(is_logged_in(&devices[1]).await);
    devices[1].query(logout, json!({ "all": true })).await;
    for device in devices.iter().chain([&*ada]) {
        assert!(!is_logged_in(device).await);
    }
}

#[tokio::test]
async fn what_has_ended_by_itself_is_swept_away() {
    let (app, _anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let sql = format!(
        "UPDATE sessions SET idle_expires_at = now() WHERE id = '{}';
         INSERT INTO throttles VALUES ('old', 1, now(), now() - interval '2 days'),
                                      ('new', 1, now(), now())",
        ada.session
    );
    app.sql(&sql).await;
    assert_eq!(housekeeping::sweep(&app.db()).await.unwrap(), 2);
    assert_eq!(housekeeping::sweep(&app.db()).await.unwrap(), 0);
    assert!(is_logged_in(&bob).await);
}
