//! Connections to the database that break after a write was committed, and before it was told, or
//! that nothing comes from any more.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixListener, UnixStream},
    time::sleep,
};

use crate::support::app::TestApp;

const SOCKET: &str = ".s.PGSQL.5432";

/// Stands between a server and PostgreSQL, and loses on demand an answer, or all that is said on the
/// connections that there are.
struct Between {
    folder: tempfile::TempDir,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct Faults {
    loses: AtomicBool,
    /// How many connections were opened.
    opened: AtomicUsize,
    /// How many of them, the first ones, are silent.
    silent: AtomicUsize,
}

impl Between {
    fn new(postgres: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let faults = Arc::<Faults>::default();
        let carried = faults.clone();
        tokio::spawn(async move {
            while let Ok((server, _)) = listener.accept().await {
                let postgres = UnixStream::connect(&postgres).await.unwrap();
                tokio::spawn(carry(server, postgres, carried.clone()));
            }
        });
        Self { folder, faults }
    }

    /// From now on nothing is heard on the connections that there are, nor that they are broken.
    fn silence(&self) {
        self.faults.silent.store(self.faults.opened.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Carries bytes until either side ends, or an answer is to be lost: then both are cut off.
async fn carry(mut server: UnixStream, mut postgres: UnixStream, faults: Arc<Faults>) {
    let number = faults.opened.fetch_add(1, Ordering::Relaxed);
    let is_silent = || number < faults.silent.load(Ordering::Relaxed);
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = server.read(&mut asked) => match read {
                Ok(1..) if is_silent() => {}
                Ok(bytes @ 1..) => postgres.write_all(&asked[..bytes]).await.unwrap(),
                _ => return,
            },
            read = postgres.read(&mut answered) => match read {
                Ok(1..) if is_silent() => {}
                Ok(1..) if faults.loses.swap(false, Ordering::Relaxed) => return,
                Ok(bytes @ 1..) => server.write_all(&answered[..bytes]).await.unwrap(),
                _ => return,
            },
        }
    }
}

/// The folder of the socket that an address names, and the address with another one.
fn moved(url: &str, to: &Path) -> (PathBuf, String) {
    let (before, rest) = url.split_once('@').unwrap();
    let (folder, after) = rest.split_once('/').unwrap();
    let to = to.display().to_string().replace('/', "%2F");
    (folder.replace("%2F", "/").into(), format!("{before}@{to}/{after}"))
}

/// Somebody between a server and this one's database, and their address.
fn between(app: &TestApp) -> (Between, String) {
    let (folder, _) = moved(app.database_url(), Path::new("/"));
    let between = Between::new(folder.join(SOCKET));
    let (_, url) = moved(app.database_url(), between.folder.path());
    (between, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_vote_whose_answer_was_lost_is_no_vote_twice() {
    let (app, _) = TestApp::alone().await;
    let (ada, post) = (app.user("ada").await, app.post(&app.user("bob").await).await);
    let (between, url) = between(&app);
    let (other, _) = app.another_with(&[("DATABASE_URL", &url)]).await;
    let client = other.client(Some(ada.token().to_owned()));
    let vote = async |direction: &str| {
        let vote = "mutation ($id: ID!, $direction: VoteDirection!) {
            vote(input: { postId: $id, direction: $direction, strict: true }) {
                post { score } userErrors { code } } }";
        let answer = client.query(vote, json!({ "id": post.id, "direction": direction })).await;
        answer.data("/vote").clone()
    };
    let up = json!({ "post": { "score": 1 }, "userErrors": [] });
    assert_eq!(vote("UP").await, up);
    // The statement is known by now, so that the next answer is that of the vote itself.
    between.faults.loses.store(true, Ordering::Relaxed);
    let down = json!({ "post": { "score": -1 }, "userErrors": [] });
    assert_eq!(vote("DOWN").await, down);
    assert!(!between.faults.loses.load(Ordering::Relaxed), "the answer was lost");
    let again = json!({ "post": null, "userErrors": [{ "code": "ALREADY_VOTED" }] });
    assert_eq!(vote("DOWN").await, again);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_falls_silent_is_given_up_for_another() {
    let (app, _) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let (between, url) = between(&app);
    let settings = [
        ("DATABASE_URL", &*url),
        ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "1"),
        ("DATABASE_WAIT_SECONDS", "1"),
    ];
    let (other, _) = app.another_with(&settings).await;
    let client = other.client(Some(ada.token().to_owned()));
    let ask = async || client.query("{ me { username } }", json!({})).await;
    assert_eq!(ask().await.data("/me/username"), "ada");
    between.silence();
    let begun = Instant::now();
    let answer = ask().await;
    assert_eq!(answer.code(), Some("SERVICE_UNAVAILABLE"), "{}", answer.text);
    let took = begun.elapsed().as_secs_f64();
    assert!((1.9..4.0).contains(&took), "{took} s");
    assert_eq!(ask().await.data("/me/username"), "ada");
}

#[tokio::test]
async fn a_server_that_says_nothing_to_a_new_connection_has_failed_for_all_who_wait() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://u@{}/x?sslmode=disable", silent.local_addr().unwrap());
    let wait = Duration::from_secs(1);
    let settings =
        [("DATABASE_URL", &*url), ("DATABASE_READERS", "1"), ("DATABASE_WAIT_SECONDS", "1")];
    let (app, _) = TestApp::with_settings(&settings).await;
    let db = &app.db();
    let begun = Instant::now();
    let reads = (0..10).map(|n| async move {
        sleep(wait * n / 12).await;
        assert!(db.read().await.is_err());
        begun.elapsed()
    });
    let slowest = join_all(reads).await.into_iter().max().unwrap();
    assert!(slowest < wait * 4 / 3, "the last had to wait {slowest:?}");
    // It is known for a moment, too.
    assert!(db.read().await.is_err());
    assert!(begun.elapsed() < wait * 4 / 3);
}
