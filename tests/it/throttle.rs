//! Guessing is slow, for the guesser alone.

mod owner;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    user::PASSWORD,
};

const LOGIN: &str = "mutation ($input: LoginInput!) {
    login(input: $input) { user { id } userErrors { code } } }";
/// Believes what tests say of their addresses, and lets them write as often as they like.
const OPEN: [(&str, &str); 2] =
    [("TRUSTED_PROXIES", "127.0.0.0/8"), ("WRITES_PER_MINUTE", "100000")];

async fn login(client: &Client, from: &str, identifier: &str, password: &str) -> Answer {
    let input = json!({ "identifier": identifier, "password": password });
    let request = client.request(Method::POST, "/graphql").header("x-forwarded-for", from);
    let body = json!({ "query": LOGIN, "variables": { "input": input } });
    client.send(request.json(&body)).await
}

/// What came of a login: `ok`, or a code.
fn outcome(answer: &Answer) -> &str {
    match answer.code() {
        Some(code) => code,
        None if answer.data("/login/user") != &Value::Null => "ok",
        None => answer.data("/login/userErrors/0/code").as_str().unwrap(),
    }
}

/// Lets the throttles see time pass, or be set back.
async fn pass(app: &TestApp, seconds: i32) {
    let sql = format!(
        "UPDATE throttles SET blocked_until = blocked_until - interval '{seconds}s', \
         updated_at = updated_at - interval '{seconds}s'"
    );
    app.sql(&sql).await;
}

/// The longest wait that the latest failure brought, in seconds.
async fn wait(app: &TestApp) -> f64 {
    let sql =
        "SELECT round(max(extract(epoch FROM blocked_until - updated_at)))::float8 FROM throttles";
    app.shared().await.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn each_failure_doubles_the_wait() {
    let (app, anon) = TestApp::with_settings(&OPEN).await;
    app.user("ada").await;
    for expected in [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 8.0] {
        let answer = login(&anon, "192.0.2.1", "ada", "wrong").await;
        assert_eq!(outcome(&answer), "WRONG_CREDENTIALS");
        assert_eq!(wait(&app).await, expected);
        pass(&app, 10).await;
    }
    pass(&app, -60).await;
    let refused = login(&anon, "192.0.2.2", "Ada", PASSWORD).await;
    assert_eq!(outcome(&refused), "RATE_LIMITED", "from anywhere, even with the password");
    let retry_after = refused.json.pointer("/errors/0/extensions/retryAfter").unwrap();
    assert!((20..=60).contains(&retry_after.as_u64().unwrap()), "{retry_after}");
    pass(&app, 60).await;
    assert_eq!(outcome(&login(&anon, "192.0.2.2", "ada", PASSWORD).await), "ok");
    assert_eq!(outcome(&login(&anon, "192.0.2.1", "ada", "wrong").await), "WRONG_CREDENTIALS");
    assert_eq!(wait(&app).await, 0.0, "a login makes good");
}

#[tokio::test]
async fn accounts_that_do_not_exist_are_slowed_down_alike() {
    let (app, anon) = TestApp::with_settings(&OPEN).await;
    for _ in 0..5 {
        let answer = login(&anon, "192.0.2.1", "nobody", "wrong").await;
        assert_eq!(outcome(&answer), "WRONG_CREDENTIALS");
    }
    pass(&app, -60).await;
    assert_eq!(outcome(&login(&anon, "192.0.2.2", "nobody", "wrong").await), "RATE_LIMITED");
}

#[tokio::test]
async fn every_spelling_of_an_account_is_one_account() {
    let (app, anon) = TestApp::with_settings(&OPEN).await;
    app.user("ada").await;
    let ada = ["ada\u{200b}", "\u{ad}ADA", "ada", "\u{2800}Ada\u{2060}", " Ada "];
    let address = [
        " ada@example.com",
        "ADA@example.com\u{200b}",
        "\u{2800}Ada@Example.com\u{2060}",
        "\u{ad}ada@EXAMPLE.com",
        "ada@example.com ",
    ];
    let nobody = ["nobody\u{200b}", "\u{ad}NOBODY", "nobody", "\u{2800}Nobody\u{2060}", " nobody "];
    for (counted, spellings, another) in
        [(1, ada, "\u{feff}ada"), (2, address, "ADA@EXAMPLE.com"), (3, nobody, "\u{feff}nobody")]
    {
        for (n, spelling) in spellings.iter().enumerate() {
            let answer = login(&anon, &format!("192.0.2.{n}"), spelling, "wrong").await;
            assert_eq!(outcome(&answer), "WRONG_CREDENTIALS", "{spelling:?}");
        }
        assert_eq!(app.count("throttles WHERE failures = 5").await, counted, "{spellings:?}");
        pass(&app, -60).await;
        let answer = login(&anon, "192.0.2.9", another, PASSWORD).await;
        assert_eq!(outcome(&answer), "RATE_LIMITED", "{another:?}");
        pass(&app, 60).await;
    }
}

#[tokio::test]
async fn a_stranger_cannot_lock_the_owner_out() {
    let (app, anon) = TestApp::with_settings(&OPEN).await;
    let ada = app.user("ada").await;
    assert_eq!(outcome(&login(&anon, "2001:db8:1:2::1", "ada", PASSWORD).await), "ok");
    for _ in 0..5 {
        login(&anon, "192.0.2.66", "ada", "wrong").await;
    }
    pass(&app, -60).await;
    assert_eq!(outcome(&login(&anon, "192.0.2.67", "ada", PASSWORD).await), "RATE_LIMITED");
    let home = login(&anon, "2001:db8:1:2:ffff::7", "ada", PASSWORD).await;
    assert_eq!(outcome(&home), "ok", "where the owner logged in before");
    assert_eq!(outcome(&login(&ada, "192.0.2.3", "ada", PASSWORD).await), "ok", "in a session");
    let other = app.user("eve").await;
    assert_eq!(outcome(&login(&other, "192.0.2.4", "ada", PASSWORD).await), "RATE_LIMITED");
}

#[tokio::test]
async fn an_address_is_slowed_down_whatever_it_tries() {
    let settings = [OPEN[0], OPEN[1], ("LOGIN_FAILURES_PER_ADDRESS", "6")];
    let (app, anon) = TestApp::with_settings(&settings).await;
    app.user("ada").await;
    for guess in 0..7 {
        let name = format!("user_{guess}");
        // Every address of one /64 is one place.
        let from = format!("2001:db8::{guess}");
        assert_eq!(outcome(&login(&anon, &from, &name, "wrong").await), "WRONG_CREDENTIALS");
    }
    pass(&app, -60).await;
    assert_eq!(outcome(&login(&anon, "2001:db8::9", "ada", PASSWORD).await), "RATE_LIMITED");
    assert_eq!(outcome(&login(&anon, "2001:db8:0:1::9", "ada", PASSWORD).await), "ok");
}

#[tokio::test]
async fn logins_that_succeed_are_never_slowed_down() {
    let settings = [OPEN[0], OPEN[1], ("LOGIN_FAILURES_PER_ADDRESS", "2")];
    let (app, anon) = TestApp::with_settings(&settings).await;
    app.user("ada").await;
    for _ in 0..8 {
        assert_eq!(outcome(&login(&anon, "192.0.2.1", "ada", PASSWORD).await), "ok");
    }
}

#[tokio::test]
async fn attempts_at_once_count_each() {
    let (app, anon) = TestApp::with_settings(&OPEN).await;
    app.user("ada").await;
    let attempts = (0..60).map(|_| login(&anon, "192.0.2.1", "ada", "wrong"));
    let answers = join_all(attempts).await;
    let tried = answers.iter().filter(|answer| outcome(answer) == "WRONG_CREDENTIALS").count();
    let refused = answers.iter().filter(|answer| outcome(answer) == "RATE_LIMITED").count();
    // Four are free; the waits after them add up while the slow machine of a test goes on.
    assert!((4..=12).contains(&tried), "{tried} were tried");
    assert_eq!(tried + refused, answers.len());
}

/// How long each of some reads takes, one after the other.
async fn read_again(client: &Client, times: usize) -> Vec<Duration> {
    let mut spent = Vec::new();
    for _ in 0..times {
        let start = Instant::now();
        let answer = client.query("{ me { username } }", json!({})).await;
        assert_eq!(answer.data("/me/username"), "ada");
        spent.push(start.elapsed());
    }
    spent
}

/// Guesses without a pause until it is told to stop; gives how many guesses that were.
async fn guess_on(client: Client, guesser: usize, stop: Arc<AtomicBool>) -> usize {
    let mut guesses = 0;
    while !stop.load(Ordering::Relaxed) {
        let (from, name) = (format!("192.0.2.{guesser}"), format!("user_{guesser}_{guesses}"));
        assert_eq!(outcome(&login(&client, &from, &name, "wrong").await), "WRONG_CREDENTIALS");
        guesses += 1;
    }
    guesses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_leaves_reads_fast() {
    let failures = ("LOGIN_FAILURES_PER_ADDRESS", "100000");
    let settings = [OPEN[0], OPEN[1], failures, ("PASSWORD_HASH_PASSES", "2")];
    let (app, anon) = TestApp::alone_with(&settings).await;
    let ada = app.user("ada").await;
    read_again(&ada, 20).await;
    let (mut calm, mut flooded, mut guesses) = (Vec::new(), Vec::new(), 0);
    // In turns, since other tests make the machine slower and faster.
    for _ in 0..2 {
        calm.extend(read_again(&ada, 50).await);
        let stop = Arc::<AtomicBool>::default();
        let guessers: Vec<_> =
            (0..GUESSERS).map(|n| tokio::spawn(guess_on(anon.clone(), n, stop.clone()))).collect();
        flooded.extend(read_again(&ada, 50).await);
        stop.store(true, Ordering::Relaxed);
        for guesser in guessers {
            guesses += guesser.await.unwrap();
        }
    }
    assert!(guesses >= 2 * GUESSERS, "only {guesses} logins");
    for (part, slack) in [(50, HASH / 2), (90, HASH)] {
        let [calm, flooded] = [&mut calm, &mut flooded].map(|spent| quickest(spent, part));
        println!("{part} of 100 reads: {flooded:?} beside {guesses} logins, alone {calm:?}");
        assert!(
            flooded < 3 * calm + slack,
            "{part} of 100 reads: {flooded:?} beside {guesses} logins, alone {calm:?}"
        );
    }
}

/// More than there are cores, by far.
const GUESSERS: usize = 16;

/// What one password hash takes; no read may wait for one.
const HASH: Duration = Duration::from_millis(20);

/// What so many of a hundred stay under.
fn quickest(spent: &mut [Duration], part: usize) -> Duration {
    spent.sort();
    spent[spent.len() * part / 100]
}

/// What an answer tells of the rate: how much is left, and in how many seconds it is whole again.
fn rate(answer: &Answer) -> Option<(u32, u32)> {
    let left = answer.header("ratelimit")?.strip_prefix("\"writes\";r=")?;
    let (left, whole_after) = left.split_once(";t=")?;
    Some((left.parse().unwrap(), whole_after.parse().unwrap()))
}

#[tokio::test]
async fn every_field_counts_as_a_write() {
    let settings =
        [("WRITES_PER_MINUTE", "5"), ("CORS_ALLOWED_ORIGINS", "https://app.example.com")];
    let (app, anon) = TestApp::with_settings(&settings).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let follow = |n: usize| format!("f{n}: follow(input: {{ userId: $id }}) {{ user {{ id }} }}");
    let fields = |count: usize| (0..count).map(follow).collect::<Vec<_>>().join(" ");
    let document = |count: usize| format!("mutation ($id: ID!) {{ {} }}", fields(count));
    let first = ada.query(&document(1), json!({ "id": bob.id })).await;
    assert_eq!(first.header("ratelimit-policy"), Some("\"writes\";q=5;w=60"));
    assert_eq!((first.code(), rate(&first)), (None, Some((4, 12))));
    let aliases = ada.query(&document(3), json!({ "id": bob.id })).await;
    let (left, whole_after) = rate(&aliases).unwrap();
    assert_eq!((aliases.code(), left), (None, 1));
    assert!((36..=48).contains(&whole_after), "{whole_after}");
    for read in ["{ me { id } }", "mutation { __typename }"] {
        let answer = ada.query(read, json!({})).await;
        assert_eq!((rate(&answer), answer.header("ratelimit-policy")), (None, None), "{read}");
    }
    let refused = ada.query(&document(2), json!({ "id": bob.id })).await;
    assert_eq!(refused.code(), Some("RATE_LIMITED"));
    let (left, whole_after) = rate(&refused).unwrap();
    assert_eq!(left, 0, "the state after the last write");
    let retry_after: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=12).contains(&retry_after) && retry_after <= whole_after, "{retry_after}");
    let again = ada.query(&document(1), json!({ "id": bob.id })).await;
    assert_eq!((again.code(), rate(&again).unwrap().0), (Some("RATE_LIMITED"), 0));
    let other = bob.query(&document(1), json!({ "id": ada.id })).await;
    assert_eq!((other.code(), rate(&other).unwrap().0), (None, 4), "another user's rate");
    let stranger = login(&anon, "192.0.2.1", "nobody", "wrong").await;
    assert_eq!(rate(&stranger).unwrap().0, 4, "strangers have the rate of their address");
    let request =
        anon.request(Method::POST, "/graphql").json(&json!({ "query": "{ __typename }" }));
    let foreign = anon.send(request.header("origin", "https://app.example.com")).await;
    let exposed = foreign.header("access-control-expose-headers").unwrap();
    for name in ["ratelimit", "ratelimit-policy", "retry-after"] {
        assert!(exposed.split(',').any(|exposed| exposed.trim() == name), "{name} in {exposed}");
    }
}
