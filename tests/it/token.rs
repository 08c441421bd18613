//! Access tokens as they arrive: good ones, and all the others.

use std::time::{Duration, Instant, SystemTime};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::{Method, StatusCode};
use rookery::id::{Id, SessionKind};
use serde_json::{Value, json};

use crate::support::{
    app::{SECRET_KEY, TestApp},
    client::Answer,
    user::TestUser,
};

const OTHER_KEY: &str = "another key for tests, long enough";
const ME: &str = "{ me { username } }";

fn claims(user: &TestUser) -> Value {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    json!({
        "sub": user.id,
        "sid": Id::<SessionKind>::from(user.session).to_string(),
        "iat": now, "exp": now + 60, "iss": "rookery", "aud": "rookery",
    })
}

fn signed(claims: &Value, algorithm: Algorithm, key: &str) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

fn with(mut claims: Value, claim: &str, value: Value) -> String {
    claims[claim] = value;
    signed(&claims, Algorithm::HS256, SECRET_KEY)
}

/// An access token of theirs that is good for so many seconds.
pub fn expiring_in(seconds: u64, user: &TestUser) -> String {
    let claims = claims(user);
    let expires = claims["iat"].as_u64().unwrap() + seconds;
    with(claims, "exp", json!(expires))
}

#[track_caller]
fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}: {}", answer.text);
    assert_eq!(answer.code(), Some("UNAUTHENTICATED"), "{what}");
    assert_eq!(answer.json.get("data"), None, "{what}");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("Bearer"), "{what}: {challenge}");
    assert!(challenge.contains("error=\"invalid_token\""), "{what}: {challenge}");
}

#[tokio::test]
async fn a_bad_token_is_never_a_stranger() {
    let (app, _anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let good = signed(&claims(&ada), Algorithm::HS256, SECRET_KEY);
    let answer = app.client(Some(good.clone())).query(ME, json!({})).await;
    assert_eq!(answer.data("/me/username"), "ada", "the forgeries below start from this");
    let [_, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "typ": "JWT" }).to_string());
    let now = claims(&ada)["iat"].as_u64().unwrap();
    for (what, token) in [
        ("not a token", "nonsense".into()),
        ("alg none", format!("{none}.{payload}.")),
        ("alg none, signed", format!("{none}.{payload}.{signature}")),
        ("no signature", good.rsplit_once('.').unwrap().0.to_owned() + "."),
        ("another key", signed(&claims(&ada), Algorithm::HS256, OTHER_KEY)),
        ("another algorithm", signed(&claims(&ada), Algorithm::HS512, SECRET_KEY)),
        ("another issuer", with(claims(&ada), "iss", json!("other"))),
        ("another audience", with(claims(&ada), "aud", json!("other"))),
        ("expired", with(claims(&ada), "exp", json!(now - 1))),
        ("an id of another kind", with(claims(&ada), "sub", claims(&ada)["sid"].clone())),
        ("10 kB", "a".repeat(10_000)),
    ] {
        let answer = app.client(Some(token)).query("{ __typename }", json!({})).await;
        assert_refused(&answer, what);
    }
}

#[tokio::test]
async fn other_credentials_are_refused_too() {
    let (_app, anon) = TestApp::init().await;
    for header in ["Basic YWRhOnNlY3JldA==", "Bearer", "Bearer ", "token"] {
        let request = anon.request(Method::POST, "/graphql").header("authorization", header);
        let answer = anon.send(request.json(&json!({ "query": "{ __typename }" }))).await;
        assert_refused(&answer, header);
        assert!(answer.text.contains("Authorization: Bearer <token>"), "{header}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_token_expires_on_its_own() {
    let (app, _anon) = TestApp::init().await;
    let ada = app.user("ada").await;
    let client = app.client(Some(expiring_in(2, &ada)));
    assert_eq!(client.query(ME, json!({})).await.status, StatusCode::OK);
    let start = Instant::now();
    while client.query(ME, json!({})).await.status == StatusCode::OK {
        assert!(start.elapsed() < Duration::from_secs(5), "it never expires");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_refused(&client.query(ME, json!({})).await, "expired");
}

#[tokio::test]
async fn tokens_of_the_key_before_stay_good() {
    let rotated = [("SECRET_KEY", OTHER_KEY), ("SECRET_KEY_PREVIOUS", SECRET_KEY)];
    let (app, _anon) = TestApp::with_settings(&rotated).await;
    let ada = app.user("ada").await;
    for key in [SECRET_KEY, OTHER_KEY] {
        let token = signed(&claims(&ada), Algorithm::HS256, key);
        let answer = app.client(Some(token)).query(ME, json!({})).await;
        assert_eq!(answer.data("/me/username"), "ada");
    }
}

#[tokio::test]
async fn a_token_of_somebody_elses_session_is_nobodys() {
    let (app, _anon) = TestApp::init().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let mixed = with(claims(&ada), "sid", claims(&bob)["sid"].clone());
    let answer = app.client(Some(mixed)).query(ME, json!({})).await;
    assert_eq!((answer.code(), answer.data("/me")), (Some("UNAUTHENTICATED"), &Value::Null));
}
