//! Who may do what: every operation, tried by everybody, with a look at whether it happened.
//!
//! An operation that is added to the API gets a row in a table of the files below this one.

mod accounts;
mod live;
mod people;

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use rookery::id::{Id, SessionKind};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    roots::root_fields,
    user::{PASSWORD, TestUser},
};

/// What comes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It happens, or shows what it should.
    Done,
    /// It shows nothing, as if there were nothing.
    Hidden,
    /// `UNAUTHENTICATED`.
    LogIn,
    /// `FORBIDDEN`.
    Forbidden,
    /// A user error of this code.
    Refused(&'static str),
}
use Outcome::{Done, Forbidden, Hidden, LogIn, Refused};

/// How to see whether it happened.
enum Effect {
    /// By a condition in SQL, in which `{who}` is the username of who tried.
    Sql(&'static str),
    /// By what stands in the answer.
    Shows(&'static str),
}
use Effect::{Shows, Sql};

struct Operation {
    /// With the alias `it`. Every variable of [`World::variables`] may be declared.
    document: &'static str,
    effect: Effect,
    /// For a stranger who is not logged in.
    anonymous: Outcome,
    /// For somebody who has nothing to do with it.
    stranger: Outcome,
    /// For somebody who follows whom it concerns.
    follower: Outcome,
    /// For whom it concerns.
    owner: Outcome,
    admin: Outcome,
    /// For somebody suspended, whose token is still good.
    suspended: Outcome,
}

/// A small world, the same for every attempt.
struct World {
    app: TestApp,
    anonymous: Client,
    stranger: TestUser,
    follower: TestUser,
    owner: TestUser,
    admin: TestUser,
    suspended: TestUser,
    target: TestUser,
}

const SETTINGS: &[(&str, &str)] = &[("LOGIN_FAILURES_PER_ACCOUNT", "20")];

impl World {
    async fn new() -> Self {
        let (app, anonymous) = TestApp::with_settings(SETTINGS).await;
        let (stranger, owner) = (app.user("stranger").await, app.user("owner").await);
        let follower = app.user("follower").await;
        app.followed(&follower, &owner).await;
        let (admin, suspended) = (app.admin("admin").await, app.user("suspended").await);
        let target = app.user("target").await;
        app.suspend(&suspended).await;
        let world = Self { app, anonymous, stranger, follower, owner, admin, suspended, target };
        // One hash for all, so that a change of one shows.
        let set = "UPDATE users SET phone_number = '+442079460000',
            password_hash = (SELECT min(password_hash) FROM users)";
        world.app.sql(set).await;
        world
    }

    fn variables(&self) -> Value {
        json!({
            "owner": self.owner.id,
            "session": Id::<SessionKind>::from(self.owner.session).to_string(),
            "suspended": self.suspended.id,
            "target": self.target.id,
            "password": PASSWORD,
            "refreshToken": self.target.refresh_token,
            "suspendedRefreshToken": self.suspended.refresh_token,
        })
    }

    async fn holds(&self, condition: &str) -> bool {
        self.app.shared().await.query_one(&format!("SELECT {condition}"), &[]).await.unwrap().get(0)
    }
}

/// What user errors may say.
const REFUSALS: &[&str] =
    &["NOT_FOUND", "NOT_ALLOWED", "WRONG_CREDENTIALS", "SUSPENDED", "INVALID_TOKEN"];

fn outcome(answer: &Answer, shows: Option<&str>) -> Outcome {
    let present = |path: &str| answer.json.pointer(path).is_some_and(|value| !value.is_null());
    match answer.code() {
        Some("UNAUTHENTICATED") => return LogIn,
        Some("FORBIDDEN") => return Forbidden,
        Some(_) => panic!("{}", answer.text),
        None => {}
    }
    match answer.json.pointer("/data/it/userErrors/0/code").and_then(Value::as_str) {
        Some(code) => Refused(REFUSALS.iter().find(|known| **known == code).expect(code)),
        None if shows.is_some_and(|path| !present(&format!("/data{path}"))) => Hidden,
        None => Done,
    }
}

fn operations() -> impl Iterator<Item = &'static Operation> {
    people::OPERATIONS.iter().chain(accounts::OPERATIONS)
}

/// Who tries an operation, and what the matrix says of it.
fn tries(operation: &Operation) -> [(&'static str, Outcome); 6] {
    [
        ("anonymous", operation.anonymous),
        ("stranger", operation.stranger),
        ("follower", operation.follower),
        ("owner", operation.owner),
        ("admin", operation.admin),
        ("suspended", operation.suspended),
    ]
}

async fn assert_outcome(world: &World, operation: &Operation, who: &str, expected: Outcome) {
    let client: &Client = match who {
        "anonymous" => &world.anonymous,
        "stranger" => &world.stranger,
        "follower" => &world.follower,
        "owner" => &world.owner,
        "admin" => &world.admin,
        _ => &world.suspended,
    };
    let answer = client.query(operation.document, world.variables()).await;
    let what = format!("{who}: {}\n{}", operation.document, answer.text);
    let (shows, happened) = match operation.effect {
        Shows(path) => (Some(path), None),
        Sql(condition) => (None, Some(world.holds(&condition.replace("{who}", who)).await)),
    };
    assert_eq!(outcome(&answer, shows), expected, "{what}");
    assert!(happened.is_none_or(|happened| happened == (expected == Done)), "{what}");
}

/// The texts of all tables of who may do what.
const TABLES: &[&str] = &[
    include_str!("permissions/accounts.rs"),
    include_str!("permissions/live.rs"),
    include_str!("permissions/people.rs"),
    include_str!("rights/moderation.rs"),
    include_str!("rights/people.rs"),
    include_str!("rights/pictures.rs"),
    include_str!("rights/posts.rs"),
];

#[test]
fn every_root_field_has_a_row() {
    // Documents in the tables have their field under the alias `it`, subscriptions are named.
    let words = TABLES.iter().flat_map(|table| table.split_inclusive("it: ").skip(1));
    let name = |text: &str| text.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned);
    let tried: BTreeSet<_> =
        words.filter_map(name).chain(live::FIELDS.map(str::to_owned)).collect();
    for root in ["Query", "Mutation", "Subscription"] {
        let fields = root_fields(root);
        let missing: Vec<_> = fields.difference(&tried).collect();
        assert!(!fields.is_empty() && missing.is_empty(), "{root}: {missing:?} has no row");
    }
}

/// Where nothing happens, one world serves for all: it is looked at after every attempt.
#[tokio::test]
async fn nobody_may_do_more_than_the_matrix_says() {
    let world = World::new().await;
    for operation in operations() {
        let reads = matches!(operation.effect, Shows(_));
        for (who, expected) in tries(operation) {
            if reads || expected != Done {
                assert_outcome(&world, operation, who, expected).await;
            }
        }
    }
}

/// What happens, happens in a world of its own.
#[tokio::test]
async fn everybody_may_do_what_the_matrix_says() {
    let mut attempts = Vec::new();
    for operation in operations().filter(|operation| matches!(operation.effect, Sql(_))) {
        for (who, expected) in tries(operation) {
            if expected == Done {
                attempts.push(async move {
                    assert_outcome(&World::new().await, operation, who, expected).await;
                });
            }
        }
    }
    // A few at a time, since each waits for its database most of its time.
    stream::iter(attempts).for_each_concurrent(4, |attempt| attempt).await;
}
