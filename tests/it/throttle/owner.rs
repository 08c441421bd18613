//! Whatever somebody else tries, an owner gets in, and keeps others out.

use serde_json::json;

use super::{OPEN, login, outcome, pass};
use crate::support::{app::TestApp, user::PASSWORD};

const CHANGE: &str = "mutation ($old: String!) {
    changePassword(input: { currentPassword: $old, newPassword: \"another password\" }) {
        user { id } userErrors { code } } }";
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
