//! Accounts: registering, logging in, changing, giving up.

use rookery::db::user;
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    user::PASSWORD,
};

const REGISTER: &str = "mutation ($input: RegisterInput!) { register(input: $input) {
    tokens { accessToken refreshToken tokenType expiresIn }
    user { id username displayName email phoneNumber role isViewer }
    userErrors { code message path }
} }";

fn registration(username: &str) -> Value {
    json!({
        "username": username,
        "email": format!("{username}@example.com"),
        "password": PASSWORD,
    })
}

async fn register(client: &Client, input: Value) -> Answer {
    client.query(REGISTER, json!({ "input": input })).await
}

/// The codes and fields of the problems of the only mutation.
fn problems(answer: &Answer, mutation: &str) -> Vec<(String, String)> {
    let errors = answer.data(&format!("/{mutation}/userErrors")).as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let field = |error: &Value| text(error["path"].as_array().unwrap().last().unwrap());
    errors.iter().map(|error| (text(&error["code"]), field(error))).collect()
}

#[tokio::test]
async fn whoever_registers_is_logged_in() {
    let (app, anon) = TestApp::init().await;
    let mut input = registration("Ada");
    input["displayName"] = json!(" Ada Lovelace 🦆 ");
    input["phoneNumber"] = json!("+44 20 7946-0000");
    let answer = register(&anon, input).await;
    let user = answer.data("/register/user");
    assert_eq!(user["username"], "Ada");
    assert_eq!(user["displayName"], "Ada Lovelace 🦆");
    assert_eq!(user["email"], "Ada@example.com");
    assert_eq!(user["phoneNumber"], "+442079460000");
    assert_eq!((&user["role"], &user["isViewer"]), (&json!("USER"), &json!(true)));
    let tokens = answer.data("/register/tokens");
    assert_eq!((&tokens["tokenType"], &tokens["expiresIn"]), (&json!("Bearer"), &json!(1800)));
    let ada = app.client(tokens["accessToken"].as_str().map(Into::into));
    let me = ada.query("{ me { username email } }", json!({})).await;
    assert_eq!(me.data("/me"), &json!({ "username": "Ada", "email": "Ada@example.com" }));
}

#[tokio::test]
async fn all_problems_of_a_registration_come_together() {
    let (app, anon) = TestApp::init().await;
    app.user("ada").await;
    let input = json!({
        "username": "ADA",
        "email": "no address",
        "password": "short",
        "displayName": "\u{200b}",
        "phoneNumber": "12",
    });
    let answer = register(&anon, input).await;
    assert_eq!(answer.data("/register/user"), &Value::Null);
    let expected = [
        ("INVALID", "email"),
        ("TOO_SHORT", "password"),
        ("REQUIRED", "displayName"),
        ("INVALID", "phoneNumber"),
        ("TAKEN", "username"),
    ];
    let expected: Vec<_> = expected.map(|(code, field)| (code.into(), field.into())).into();
    assert_eq!(problems(&answer, "register"), expected);
    let conn = app.app.db.read().await.unwrap();
    assert_eq!(user::count(&conn, None).await.unwrap(), 1);
}

const LOGIN: &str = "mutation ($input: LoginInput!) { login(input: $input) {
    tokens { accessToken refreshToken } user { username email }
    userErrors { code message path }
} }";

async fn login(client: &Client, identifier: &str, password: &str) -> Answer {
    let input = json!({ "identifier": identifier, "password": password });
    client.query(LOGIN, json!({ "input": input })).await
}

#[tokio::test]
async fn name_and_address_log_in_in_any_case() {
    let (app, anon) = TestApp::init().await;
    app.user("Ada").await;
    for identifier in ["ada", "ADA", " Ada ", "ada@EXAMPLE.com"] {
        let answer = login(&anon, identifier, PASSWORD).await;
        assert_eq!(answer.data("/login/user/username"), "Ada", "{identifier}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_refused_login_does_not_tell_why() {
    let (app, anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let wrong = login(&anon, "ada", "wrong password").await;
    assert_eq!(problems(&wrong, "login"), [("WRONG_CREDENTIALS".into(), "input".into())]);
    for unknown in ["nobody", "nobody@example.com", "💥", ""] {
        assert_eq!(login(&anon, unknown, PASSWORD).await.text, wrong.text, "{unknown:?}");
    }
    app.suspend(&ada).await;
    assert_eq!(login(&anon, "ada", "wrong password").await.text, wrong.text);
    let right = login(&anon, "ada", PASSWORD).await;
    assert_eq!(problems(&right, "login"), [("SUSPENDED".into(), "input".into())]);
}

#[tokio::test]
async fn a_mutation_needs_a_session_that_stands() {
    let (app, _anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.admin("bob").await);
    app.suspend(&ada).await;
    let follow = "mutation ($id: ID!) { follow(input: { userId: $id }) { user { id } } }";
    let answer = ada.query(follow, json!({ "id": bob.id })).await;
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"));
    let me = ada.query("{ me { id } }", json!({})).await;
    assert_eq!((me.code(), me.data("/me")), (Some("UNAUTHENTICATED"), &Value::Null));
}
