//! Whatever somebody else tries, an owner gets in, and keeps others out.

use reqwest::Method;
use rookery::auth::RefreshToken;
use serde_json::json;

use super::{OPEN, login, outcome, pass};
use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    user::PASSWORD,
};

const CHANGE: &str = "mutation ($old: String!) {
    changePassword(input: { currentPassword: $old, newPassword: \"another password\" }) {
        user { id } userErrors { code } } }";
const REFRESH: &str = "mutation ($token: String!) { refresh(input: { refreshToken: $token }) {
    tokens { refreshToken } userErrors { code } } }";
const ADDRESS_LIMIT: (&str, &str) = ("LOGIN_FAILURES_PER_ADDRESS", "6");

#[tokio::test]
async fn what_an_account_refuses_is_no_failure_of_the_address() {
    let (app, anon) = TestApp::with_settings(&[OPEN[0], OPEN[1], ADDRESS_LIMIT]).await;
    let (_ada, _bob) = (app.user("ada").await, app.user("bob").await);
    for _ in 0..5 {
        login(&anon, "192.0.2.66", "ada", "wrong").await;
    }
    pass(&app, -60).await;
    for _ in 0..10 {
        let refused = login(&anon, "192.0.2.1", "ada", PASSWORD).await;
        assert_eq!(outcome(&refused), "RATE_LIMITED");
    }
    assert_eq!(outcome(&login(&anon, "192.0.2.1", "bob", "wrong").await), "WRONG_CREDENTIALS");
    assert_eq!(outcome(&login(&anon, "192.0.2.1", "bob", PASSWORD).await), "ok");
}

#[tokio::test]
async fn an_owner_in_a_session_does_not_wait_for_the_address() {
    let (app, anon) = TestApp::with_settings(&[OPEN[0], OPEN[1], ADDRESS_LIMIT]).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    for guess in 0..7 {
        login(&anon, "192.0.2.1", &format!("user_{guess}"), "wrong").await;
    }
    pass(&app, -60).await;
    assert_eq!(outcome(&login(&anon, "192.0.2.1", "ada", PASSWORD).await), "RATE_LIMITED");
    assert_eq!(outcome(&login(&bob, "192.0.2.1", "ada", PASSWORD).await), "RATE_LIMITED");
    assert_eq!(outcome(&login(&ada, "192.0.2.1", "ada", PASSWORD).await), "ok");
    // A stolen token is no way to guess from anywhere for it.
    for _ in 0..5 {
        let wrong = login(&ada, "192.0.2.1", "ada", "wrong").await;
        assert_eq!(outcome(&wrong), "WRONG_CREDENTIALS");
    }
    pass(&app, -60).await;
    assert_eq!(outcome(&login(&ada, "192.0.2.2", "ada", PASSWORD).await), "RATE_LIMITED");
    let own = ada.query(CHANGE, json!({ "old": PASSWORD })).await;
    assert_eq!(own.code(), Some("RATE_LIMITED"), "nor by another mutation");
}

#[tokio::test]
async fn nobody_learns_whose_an_address_is() {
    let (app, anon) = TestApp::with_settings(&OPEN).await;
    let _ada = app.user("ada").await;
    for _ in 0..5 {
        login(&anon, "192.0.2.66", "ada", "wrong").await;
    }
    pass(&app, -60).await;
    assert_eq!(outcome(&login(&anon, "192.0.2.67", "ada", PASSWORD).await), "RATE_LIMITED");
    for address in ["ada@example.com", "nobody@example.com"] {
        let tried = login(&anon, "192.0.2.67", address, "wrong").await;
        assert_eq!(outcome(&tried), "WRONG_CREDENTIALS", "{address}");
    }
}

#[tokio::test]
async fn a_stolen_token_is_no_way_to_guess_the_password() {
    let (app, _anon) = TestApp::with_settings(&OPEN).await;
    let ada = app.user("ada").await;
    let delete =
        "mutation { deleteAccount(input: { password: \"wrong\" }) { userErrors { code } } }";
    for _ in 0..5 {
        let answer = ada.query(delete, json!({})).await;
        assert_eq!(answer.data("/deleteAccount/userErrors/0/code"), "WRONG_CREDENTIALS");
    }
    pass(&app, -60).await;
    assert_eq!(ada.query(delete, json!({})).await.code(), Some("RATE_LIMITED"));
}

#[tokio::test]
async fn guesses_in_one_session_leave_the_others_alone() {
    let (app, anon) = TestApp::with_settings(&OPEN).await;
    let ada = app.user("ada").await;
    let stolen = app.log_in(&anon, "ada", PASSWORD).await;
    for _ in 0..5 {
        stolen.query(CHANGE, json!({ "old": "wrong" })).await;
    }
    pass(&app, -60).await;
    let refused = stolen.query(CHANGE, json!({ "old": "wrong" })).await;
    assert_eq!(refused.code(), Some("RATE_LIMITED"));
    let changed = ada.query(CHANGE, json!({ "old": PASSWORD })).await;
    assert_eq!(changed.data("/changePassword/user/id"), &json!(ada.id), "{}", changed.text);
}

/// What ends sessions is for when somebody else writes as oneself.
#[tokio::test]
async fn who_cannot_write_any_more_can_end_sessions() {
    let (app, anon) = TestApp::with_settings(&[OPEN[0], ("WRITES_PER_MINUTE", "6")]).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let follow = "mutation ($id: ID!) { follow(input: { userId: $id }) { user { id } } }";
    let stolen = app.log_in(&anon, "ada", PASSWORD).await;
    let devices = "{ me { sessions { nodes { id isCurrent } } } }";
    let devices = stolen.query(devices, json!({})).await;
    for _ in 0..8 {
        stolen.query(follow, json!({ "id": bob.id })).await;
    }
    let spent = ada.query(follow, json!({ "id": bob.id })).await;
    assert_eq!(spent.code(), Some("RATE_LIMITED"));
    let revoke = "mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) {
        revokedSessionId userErrors { code } } }";
    let id = devices.data("/me/sessions/nodes/0/id");
    let revoked = ada.query(revoke, json!({ "id": id })).await;
    assert_eq!(revoked.data("/revokeSession/revokedSessionId"), id);
    assert_eq!(stolen.query("{ me { id } }", json!({})).await.code(), Some("UNAUTHENTICATED"));
    let changed = ada.query(CHANGE, json!({ "old": PASSWORD })).await;
    assert_eq!(changed.data("/changePassword/user/id"), &json!(ada.id));
    let logout = "mutation { logout(input: { everywhere: true }) { endedSessionId } }";
    assert_eq!(ada.query(logout, json!({})).await.code(), None);
    let mut again = Vec::new();
    for _ in 0..5 {
        again.extend(ada.query(logout, json!({})).await.code().map(ToOwned::to_owned));
    }
    assert_eq!(again.last().map(String::as_str), Some("RATE_LIMITED"), "not without limit");
}

async fn refresh(client: &Client, from: &str, token: &str) -> Answer {
    let request = client.request(Method::POST, "/graphql").header("x-forwarded-for", from);
    let body = json!({ "query": REFRESH, "variables": { "token": token } });
    client.send(request.json(&body)).await
}

#[tokio::test]
async fn tokens_that_nobody_has_stop_nobody_elses() {
    let (app, anon) = TestApp::with_settings(&[OPEN[0], ("WRITES_PER_MINUTE", "5")]).await;
    let ada = app.user("ada").await;
    let unknown = RefreshToken::generate().reveal();
    for token in ["x", &unknown] {
        for _ in 0..5 {
            refresh(&anon, "192.0.2.1", token).await;
        }
        let refused = refresh(&anon, "192.0.2.1", token).await;
        assert_eq!(refused.code(), Some("RATE_LIMITED"), "{token}");
    }
    let renewed = refresh(&anon, "192.0.2.1", &ada.refresh_token).await;
    assert_eq!(renewed.code(), None, "{}", renewed.text);
    assert_eq!(outcome(&login(&anon, "192.0.2.1", "ada", PASSWORD).await), "ok");
    let mut token = renewed.data("/refresh/tokens/refreshToken").as_str().unwrap().to_owned();
    for from in 2..6 {
        let next = refresh(&anon, &format!("192.0.2.{from}"), &token).await;
        token = next.data("/refresh/tokens/refreshToken").as_str().unwrap().to_owned();
    }
    let often = refresh(&anon, "192.0.2.9", &token).await;
    assert_eq!(often.code(), Some("RATE_LIMITED"), "a session is renewed so often at most");
}
