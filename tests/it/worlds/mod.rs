//! What a viewer may not see does not exist for them, on every path: random small worlds, held
//! against a plain model of the rules.
//!
//! `WORLDS` says how many worlds are tried, and `WORLD_SEED` with which the first is made. CI tries
//! more than a change needs to wait for.

mod live;
mod model;
mod paths;
mod payloads;
mod pictures;
mod random;

use rand::RngExt;
use rookery::auth;
use serde_json::{Value, json};
use uuid::Uuid;

use self::{
    model::Viewer,
    paths::{Path, Paths},
    random::Maker,
};
use crate::support::{app::TestApp, client::Client};

const WORLDS: u64 = 2;
const VIEWERS: usize = 4;
/// Many paths go in one operation, so the limits on it are set aside.
const SETTINGS: [(&str, &str); 8] = [
    ("MAX_ROOT_FIELDS", "1000"),
    ("MAX_ALIASES", "1000"),
    ("MAX_COMPLEXITY", "1000000"),
    ("MAX_OPERATION_CHARS", "1000000"),
    ("MAX_OPERATION_TOKENS", "100000"),
    ("MAX_DEPTH", "12"),
    ("MAX_SOCKET_OPERATIONS", "1000"),
    ("WRITES_PER_MINUTE", "100000"),
];
const PATHS_AT_ONCE: usize = 40;
/// No world is so large that somebody in it is widely followed, unless that takes less.
const FEW_ARE_MANY: &str = "
    CREATE OR REPLACE FUNCTION is_widely_followed(followers integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS 'SELECT followers >= 3'";

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_path_shows_what_the_rules_say_and_nothing_else() {
    let first = setting("WORLD_SEED", 1);
    // Two at once: these run last, when there is nothing else left to run beside them.
    let lane = |every: u64| async move {
        for seed in (first + every..first + setting("WORLDS", WORLDS)).step_by(2) {
            check(seed).await;
        }
    };
    let lanes = [tokio::spawn(lane(0)), tokio::spawn(lane(1))];
    for lane in lanes {
        lane.await.unwrap();
    }
}

async fn check(seed: u64) {
    let mut maker = Maker::new(seed);
    let (app, anonymous) = TestApp::alone_with(&SETTINGS).await;
    if seed.is_multiple_of(2) {
        app.sql(FEW_ARE_MANY).await;
    }
    app.sql(&maker.sql).await;
    let mut viewers: Vec<Viewer> = maker.world.users.keys().map(|id| Some(*id)).collect();
    while viewers.len() > VIEWERS {
        viewers.swap_remove(maker.rng.random_range(0..viewers.len()));
    }
    viewers.push(None);
    let with_client =
        |viewer: Viewer| (viewer, viewer.map_or(anonymous.clone(), |user| logged_in(&app, user)));
    let mut viewers: Vec<_> = viewers.into_iter().map(with_client).collect();
    compare_all(&mut maker, &viewers, &format!("WORLD_SEED={seed}")).await;
    pictures::check(&app, &maker.world, &viewers, seed).await;
    live::check(&app, &mut maker, &viewers, seed).await;
    payloads::check(&app, &mut maker, &viewers, seed).await;
    // What was done by the API is seen as what was done in SQL, by one of them and by a stranger.
    viewers.drain(1..viewers.len() - 1);
    compare_all(&mut maker, &viewers, &format!("WORLD_SEED={seed}, at the end")).await;
}

async fn compare_all(maker: &mut Maker, viewers: &[(Viewer, Client)], when: &str) {
    for (viewer, client) in viewers {
        let viewer = *viewer;
        let (world, rng) = (&maker.world, &mut maker.rng);
        let paths = Paths { world, viewer, rng, all: Vec::new() }.collect();
        for part in paths.chunks(PATHS_AT_ONCE) {
            let viewer = viewer.map(paths::user_id);
            compare(client, part, &format!("{when}, viewer {viewer:?}")).await;
        }
    }
}

fn logged_in(app: &TestApp, user: Uuid) -> Client {
    let viewer = auth::Viewer { user_id: user, session_id: user };
    app.client(Some(app.tokens().issue(viewer).unwrap()))
}

async fn compare(client: &Client, paths: &[Path], whose: &str) {
    let aliased = paths.iter().enumerate().map(|(n, path)| format!("p{n}: {}\n", path.select));
    let document = format!("{{ {} }}", aliased.collect::<String>());
    let answer = client.query(&document, json!({})).await;
    assert_eq!(answer.json.get("errors"), None, "{whose}: {document}");
    for (n, path) in paths.iter().enumerate() {
        let found: &Value = answer.data(&format!("/p{n}"));
        assert_eq!(*found, path.expected, "{whose}: {}", path.select);
    }
}
