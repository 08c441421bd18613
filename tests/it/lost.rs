//! Connections to the database that break after a write was committed, and before it was told.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

use crate::support::app::TestApp;

const SOCKET: &str = ".s.PGSQL.5432";

/// Stands between a server and PostgreSQL, and loses an answer on demand.
struct Between {
    folder: tempfile::TempDir,
    loses: Arc<AtomicBool>,
}

impl Between {
    fn new(postgres: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let loses = Arc::<AtomicBool>::default();
        let to_lose = loses.clone();
        tokio::spawn(async move {
            while let Ok((server, _)) = listener.accept().await {
                let postgres = UnixStream::connect(&postgres).await.unwrap();
                tokio::spawn(carry(server, postgres, to_lose.clone()));
            }
        });
        Self { folder, loses }
    }
}

/// Carries bytes until either side ends, or an answer is to be lost: then both are cut off.
async fn carry(mut server: UnixStream, mut postgres: UnixStream, loses: Arc<AtomicBool>) {
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = server.read(&mut asked) => match read {
                Ok(bytes @ 1..) => postgres.write_all(&asked[..bytes]).await.unwrap(),
                _ => return,
            },
            read = postgres.read(&mut answered) => match read {
                Ok(1..) if loses.swap(false, Ordering::Relaxed) => return,
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

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_vote_whose_answer_was_lost_is_no_vote_twice() {
    let (app, _) = TestApp::init().await;
    let (ada, post) = (app.user("ada").await, app.post(&app.user("bob").await).await);
    let (folder, _) = moved(app.database_url(), Path::new("/"));
    let between = Between::new(folder.join(SOCKET));
    let (_, url) = moved(app.database_url(), between.folder.path());
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
    between.loses.store(true, Ordering::Relaxed);
    let down = json!({ "post": { "score": -1 }, "userErrors": [] });
    assert_eq!(vote("DOWN").await, down);
    assert!(!between.loses.load(Ordering::Relaxed), "the answer was lost");
    let again = json!({ "post": null, "userErrors": [{ "code": "ALREADY_VOTED" }] });
    assert_eq!(vote("DOWN").await, again);
}
