//! Who may do what to posts, votes, comments, people and reports: every operation, tried by
//! everybody, with a look at whether it happened. Accounts and sessions are in `permissions`.
//!
//! An operation that is added to the API gets a row in one of the tables below.

mod moderation;
mod people;
mod pictures;
mod posts;
mod stage;

use serde_json::Value;

use self::stage::{Actor, Stage, Thing};
use crate::support::client::Answer;

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
    /// `NOT_FOUND`, as a user error.
    NotFound,
    /// `NOT_ALLOWED`, as a user error.
    NotAllowed,
    /// `ALREADY_DONE`, as a user error.
    AlreadyDone,
}

/// How to see whether it happened.
enum Effect {
    /// By a condition in SQL, about `{me}` and about the things of [`Thing`].
    Sql(&'static str),
    /// By what stands in the answer.
    Shows(&'static str),
}

/// An operation.
struct Row {
    /// With the alias `it`, about `$id`.
    document: &'static str,
    /// What `$id` is.
    about: Thing,
    effect: Effect,
    /// What comes of it for each of [`Actor::ALL`]: somebody who is not logged in, a stranger, who
    /// follows the owner, the owner, an admin, somebody suspended whose token is still good.
    outcomes: [Outcome; 6],
}

fn outcome(answer: &Answer, effect: &Effect) -> Outcome {
    match answer.code() {
        Some("UNAUTHENTICATED") => return Outcome::LogIn,
        Some("FORBIDDEN") => return Outcome::Forbidden,
        Some(_) => panic!("{}", answer.text),
        None => {}
    }
    let code = answer.json.pointer("/data/it/userErrors/0/code").and_then(Value::as_str);
    match (code, effect) {
        (Some("NOT_FOUND"), _) => Outcome::NotFound,
        (Some("NOT_ALLOWED"), _) => Outcome::NotAllowed,
        (Some("ALREADY_DONE"), _) => Outcome::AlreadyDone,
        (Some(_), _) => panic!("{}", answer.text),
        (None, Effect::Shows(path)) => match answer.json["data"].pointer(path) {
            None | Some(Value::Null) => Outcome::Hidden,
            Some(_) => Outcome::Done,
        },
        (None, Effect::Sql(_)) => Outcome::Done,
    }
}

/// Lets everybody try all of it, on things of their own, and on new ones where something happened.
async fn assert_all(rows: &[Row]) {
    let stage = Stage::new().await;
    let mut scenes = Actor::ALL.map(|_| None);
    let mut wrong = Vec::new();
    for row in rows {
        for ((actor, expected), kept) in Actor::ALL.into_iter().zip(row.outcomes).zip(&mut scenes) {
            let scene = match kept.take() {
                Some(scene) => scene,
                None => stage.set(actor).await,
            };
            let answer = scene.send(row.document, row.about).await;
            let found = outcome(&answer, &row.effect);
            let happened = match row.effect {
                Effect::Sql(condition) => scene.holds(condition).await,
                Effect::Shows(_) => found == Outcome::Done,
            };
            if found != expected || happened != (expected == Outcome::Done) {
                let (document, about) = (row.document, row.about);
                wrong.push(format!(
                    "{actor:?}: {document} of {about:?}\n  {found:?} instead of {expected:?}; \
                     it happened: {happened}\n  {}",
                    answer.text
                ));
            }
            if !happened || matches!(row.effect, Effect::Shows(_)) {
                *kept = Some(scene);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
