//! People in tests: each with an account and a client of their own.

use std::{ops::Deref, time::Duration};

use rookery::{
    auth::{Password, RefreshToken, Viewer},
    db::{
        Connection,
        account::{self, NewUser, Written},
        role,
        session::{Lifetime, NewSession, Use},
    },
    id::{Id, UserKind},
};
use serde_json::json;
use uuid::Uuid;

use super::{app::TestApp, client::Client};

/// Everybody's password in tests.
pub const PASSWORD: &str = "correct horse battery";

/// A person with an account, logged in.
pub struct TestUser {
    /// The key in the database.
    pub key: Uuid,
    /// The id in the API.
    pub id: String,
    pub username: String,
    pub session: Uuid,
    /// The refresh token of the session.
    pub refresh_token: String,
    client: Client,
}

impl Deref for TestUser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestApp {
    /// Adds a user of this name, with a session as if they had registered.
    pub async fn user(&self, username: &str) -> TestUser {
        let key = Uuid::now_v7();
        let new = NewUser {
            id: key,
            username: username.to_owned(),
            email: format!("{username}@example.com"),
            display_name: None,
            phone_number: None,
            password_hash: self.password_hash().await,
        };
        let refresh = RefreshToken::generate();
        let session = NewSession {
            id: Uuid::now_v7(),
            user_id: key,
            begun_by: Use { user_agent: None, address_hash: vec![0; 32] },
            refresh_hash: refresh.hash(),
            lifetime: Lifetime {
                idle: Duration::from_secs(3600),
                whole: Duration::from_secs(3600),
                grace: Duration::from_secs(10),
            },
        };
        let viewer = Viewer { user_id: key, session_id: session.id };
        let insert = async move |mut conn: Connection| {
            account::insert(&mut conn, &new, &session).await.unwrap()
        };
        let written = self.write(insert).await;
        assert!(matches!(written, Written::Done(_)), "{username}: {written:?}");
        let token = self.tokens().issue(viewer).unwrap();
        TestUser {
            key,
            id: Id::<UserKind>::from(key).to_string(),
            username: username.to_owned(),
            session: viewer.session_id,
            refresh_token: refresh.reveal(),
            client: self.client(Some(token)),
        }
    }

    /// Adds an admin.
    pub async fn admin(&self, username: &str) -> TestUser {
        let user = self.user(username).await;
        let key = user.key;
        let promote = async move |mut conn: Connection| {
            role::set_role(&mut conn, None, key, true, None).await.unwrap()
        };
        self.write(promote).await;
        user
    }

    /// Suspends somebody as the command line does. Their session ends; their token lives on.
    pub async fn suspend(&self, user: &TestUser) {
        let key = user.key;
        let suspend = async move |mut conn: Connection| {
            role::set_suspended(&mut conn, None, key, true, None).await.unwrap();
        };
        self.write(suspend).await;
    }

    /// Logs in as somebody does on a new device.
    pub async fn log_in(&self, client: &Client, identifier: &str, password: &str) -> Client {
        let login = "mutation ($input: LoginInput!) { login(input: $input) {
            tokens { accessToken } userErrors { code } } }";
        let input = json!({ "identifier": identifier, "password": password });
        let answer = client.query(login, json!({ "input": input })).await;
        let token = answer.data("/login/tokens/accessToken").as_str().unwrap().to_owned();
        self.client(Some(token))
    }

    async fn password_hash(&self) -> String {
        let slot = self.hasher().slot().await.unwrap();
        slot.hash(Password::new(PASSWORD.into()).unwrap()).await.unwrap()
    }
}
