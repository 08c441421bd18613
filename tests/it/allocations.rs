//! How often the server asks for memory to answer an operation: a count that, unlike seconds, is the
//! same on every machine, so that an operation that grows dearer is seen at once.
//!
//! From the request's bytes to the answer's, everything that one request does is counted: HTTP,
//! GraphQL, SQL. What is measured is warm: documents are parsed, statements prepared.

use rookery::id::{Id, PostKind};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
};

use crate::support::{app::TestApp, user::TestUser};

/// An operation, the variables of the requests that are sent in turns, and the most allocations that
/// one of them may take. Who makes it cheaper writes the new figure here.
struct Operation {
    document: &'static str,
    variables: Vec<Value>,
    allowed: u64,
}

const POST: &str = "query ($post: ID!) { post(id: $post) {
    id title content createdAt owner { id username displayName } score commentCount } }";
const PAGE: &str = "{ posts(first: 20) { nodes {
    id title content createdAt owner { id username displayName } score commentCount
    } pageInfo { endCursor hasNextPage } } }";
const FEED: &str = "{ feed(first: 20) { nodes {
    id title content createdAt owner { id username displayName } score commentCount viewerVote
    } pageInfo { endCursor hasNextPage } } }";
const VOTE: &str = "mutation ($post: ID!, $direction: VoteDirection!) {
    vote(input: { postId: $post, direction: $direction }) { post { id score } userErrors { code } } }";

fn operations(post: &str) -> [Operation; 5] {
    let vote = |direction: &str| json!({ "post": post, "direction": direction });
    let op = |document, variables, allowed| Operation { document, variables, allowed };
    [
        op("{ __typename }", vec![json!({})], 74),
        op(POST, vec![json!({ "post": post })], 289),
        op(PAGE, vec![json!({})], 563),
        op(FEED, vec![json!({})], 700),
        op(VOTE, vec![vote("UP"), vote("DOWN")], 198),
    ]
}

/// Twenty people with a post each, all of whom ada follows.
const CROWD: &str = "
    INSERT INTO users (id, username, email, password_hash)
        SELECT md5('user' || n)::uuid, 'user_' || n, n || '@example.com', '' FROM generate_series(1, 20) AS n;
    INSERT INTO posts (id, owner_id, title, content)
        SELECT md5('post' || n)::uuid, md5('user' || n)::uuid, 'A heron', 'By the pond.' FROM generate_series(1, 20) AS n;
    INSERT INTO follows SELECT {ada}, id FROM users WHERE username LIKE 'user%';";

#[test]
fn no_operation_asks_for_more_memory_than_it_did() {
    // Allocations are counted by thread, and the server and its client are on this one.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (app, ada, post) = runtime.block_on(async {
        let (app, _) = TestApp::alone_with(&[("WRITES_PER_MINUTE", "1000")]).await;
        let ada = app.user("ada").await;
        app.sql(&CROWD.replace("{ada}", &format!("'{}'", ada.key))).await;
        let post = app.write_post(ada.key, "A kite").await.id;
        (app, ada, Id::<PostKind>::from(post).to_string())
    });
    let mut connection = runtime.block_on(Connection::open(&app, &ada));
    let mut dearer = Vec::new();
    for operation in operations(&post) {
        let took = connection.least_allocations(&runtime, &operation);
        if took > operation.allowed {
            let Operation { document, allowed, .. } = operation;
            dearer.push(format!("{took} allocations, where {allowed} are allowed: {document}"));
        }
    }
    assert!(dearer.is_empty(), "{}", dearer.join("\n"));
}

/// A connection that asks for no memory of its own.
struct Connection {
    stream: TcpStream,
    head: String,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(app: &TestApp, user: &TestUser) -> Self {
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nContent-Length: ",
            user.token()
        );
        let stream = TcpStream::connect(app.address).await.unwrap();
        Self { stream, head, answer: Vec::with_capacity(1 << 20) }
    }

    /// The fewest that one of many requests takes: now and then a timer or a buffer grows, too.
    fn least_allocations(&mut self, runtime: &Runtime, operation: &Operation) -> u64 {
        let requests: Vec<_> = operation
            .variables
            .iter()
            .map(|variables| {
                let body =
                    json!({ "query": operation.document, "variables": variables }).to_string();
                format!("{}{}\r\n\r\n{body}", self.head, body.len()).into_bytes()
            })
            .collect();
        let mut least = u64::MAX;
        for request in requests.iter().cycle().take(60) {
            let taken = allocation_counter::measure(|| runtime.block_on(self.call(request)));
            least = least.min(taken.count_total);
        }
        let answer: Value = serde_json::from_slice(&self.answer[self.body()..]).unwrap();
        assert!(answer.get("errors").is_none(), "{answer}");
        least
    }

    async fn call(&mut self, request: &[u8]) {
        self.answer.clear();
        self.stream.write_all(request).await.unwrap();
        while !self.is_whole() {
            assert_ne!(self.stream.read_buf(&mut self.answer).await.unwrap(), 0);
        }
    }

    fn is_whole(&self) -> bool {
        let head = str::from_utf8(&self.answer[..self.body()]).unwrap();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        length.is_some_and(|length| {
            self.answer.len() == head.len() + length.parse::<usize>().unwrap()
        })
    }

    /// Where the answer's body begins; 0 before it does.
    fn body(&self) -> usize {
        self.answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4)
    }
}
