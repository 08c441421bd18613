//! Clients that send or read too slowly: each is cut off in time, and the others do not notice.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt, future::join_all};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::Mutex,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::support::{
    app::TestApp,
    client::Client,
    events::{Events, Heard},
    socket::Socket,
    world::Made,
};

const HEAD: &str = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                    accept: application/graphql-response+json\r\n";
/// How long each may take, by the settings of the test.
const LIMIT: Duration = Duration::from_secs(1);
/// How much later than that it may show on a busy machine.
const SLACK: Duration = Duration::from_secs(2);
/// How long what comes sooner or later may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a client that means no good sends.
#[derive(Clone, Copy, Debug)]
enum Slow {
    /// Connects and says nothing.
    Silent,
    /// Stops within the head.
    StopsInHead,
    /// Sends its head byte by byte, and never comes to its end.
    Drips,
    /// Stops within what tells HTTP/2 from HTTP/1.
    StopsInPreface,
    /// Asks once, and then keeps the connection.
    Rests,
    /// Stops within the body.
    StopsInBody,
}

impl Slow {
    const ALL: [Self; 6] = [
        Self::Silent,
        Self::StopsInHead,
        Self::Drips,
        Self::StopsInPreface,
        Self::Rests,
        Self::StopsInBody,
    ];

    fn says(self) -> String {
        match self {
            Self::Silent | Self::Drips => String::new(),
            Self::StopsInHead => HEAD.to_owned(),
            Self::StopsInPreface => "PRI * HTTP/2".to_owned(),
            Self::Rests => "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
            Self::StopsInBody => format!("{HEAD}content-length: 100\r\n\r\n{{"),
        }
    }

    /// What the server says until it hangs up, and how long that took.
    async fn is_cut_off(self, app: &TestApp) -> (String, Duration) {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        let start = Instant::now();
        stream.write_all(self.says().as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        let drip = async {
            if matches!(self, Self::Drips) {
                let endless = HEAD.bytes().chain(std::iter::repeat(b'x'));
                for byte in endless {
                    if writer.write_all(&[byte]).await.is_err() {
                        break;
                    }
                    sleep(Duration::from_millis(20)).await;
                }
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            // Whoever still sends when the server hangs up may be told so by a reset.
            _end_or_reset = reader.read_to_end(&mut answer) => {}
            () = drip => {}
            () = sleep(LIMIT + SLACK) => panic!("{self:?} is still connected"),
        }
        (String::from_utf8(answer).unwrap(), start.elapsed())
    }
}

/// Asks again and again; gives how long the slowest answer took.
async fn slowest_read(client: &Client) -> Duration {
    let mut slowest = Duration::ZERO;
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        let start = Instant::now();
        let answer = client.query("{ __typename }", json!({})).await;
        assert_eq!(answer.data("/__typename"), "Query");
        slowest = slowest.max(start.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    slowest
}

#[tokio::test]
async fn who_sends_too_slowly_is_cut_off_while_others_are_served() {
    let settings = [("REQUEST_HEAD_TIMEOUT_SECONDS", "1"), ("REQUEST_TIMEOUT_SECONDS", "1")];
    let (app, anon) = TestApp::alone_with(&settings).await;
    let crowd: Vec<Slow> = Slow::ALL.into_iter().cycle().take(Slow::ALL.len() * 20).collect();
    let cut_off = join_all(crowd.iter().map(|slow| slow.is_cut_off(&app)));
    let (ends, slowest) = tokio::join!(cut_off, slowest_read(&anon));
    assert!(slowest < LIMIT, "a read beside them took {slowest:?}");
    for (slow, (answer, after)) in crowd.into_iter().zip(ends) {
        assert!(after > LIMIT / 2, "{slow:?} had only {after:?}");
        match slow {
            Slow::StopsInBody => {
                assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
                assert!(answer.contains("\"TIMEOUT\""), "{answer}");
            }
            Slow::Rests => assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}"),
            _ => assert!(!answer.contains("HTTP/1.1 200"), "{slow:?}: {answer}"),
        }
    }
}

/// Held by whoever causes a socket to be closed for its slowness: the metrics count for the process.
static CLOSINGS: Mutex<()> = Mutex::const_new(());

/// How many sockets were closed for that.
async fn closed(client: &Client) -> Option<String> {
    let metrics = client.get("/metrics").await.text;
    let line = metrics.lines().find(|line| line.starts_with(CLOSED_AS_SLOW));
    line.map(ToOwned::to_owned)
}

const CLOSED_AS_SLOW: &str = "rookery_websockets_closed_total{code=\"1013\"}";

/// More than all buffers between a server and its client hold.
const MUCH: usize = 32 << 20;

#[tokio::test]
async fn who_does_not_read_its_answers_is_dropped_and_nothing_piles_up() {
    let _alone = CLOSINGS.lock().await;
    let (app, anon) = TestApp::alone_with(&[("SOCKET_SEND_SECONDS", "1")]).await;
    let before = closed(&anon).await;
    let tcp = TcpSocket::new_v4().unwrap();
    tcp.set_recv_buffer_size(16 * 1024).unwrap();
    let tcp = tcp.connect(app.address).await.unwrap();
    let mut request = format!("ws://{}/graphql", app.address).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (socket, _) = client_async(request, tcp).await.unwrap();
    let (mut says, mut hears) = socket.split();
    says.send(Message::text(json!({ "type": "connection_init" }).to_string())).await.unwrap();
    let payload = json!({ "query": "{ __schema { types { name description fields { name description } } } }" });
    let padding = " ".repeat(30_000);
    let last_taken = Cell::new(Instant::now());
    let asks_on = async {
        let mut said = 0;
        while said < MUCH {
            let subscribe =
                json!({ "type": "subscribe", "id": said.to_string(), "payload": payload });
            let message = format!("{subscribe}{padding}");
            said += message.len();
            // Once the server waits for this client to read, nothing more goes through.
            says.send(Message::text(message)).await.unwrap();
            last_taken.set(Instant::now());
        }
    };
    let given_up = async {
        while closed(&anon).await == before {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = asks_on => panic!("the server took {MUCH} bytes from a client that reads no answer"),
        () = given_up => {}
        () = sleep(PATIENCE) => panic!("a client that does not read is not given up"),
    }
    let waited = last_taken.get().elapsed();
    assert!(waited < LIMIT + SLACK, "given up after {waited:?} in which nothing went through");
    let last_words = async {
        while let Some(message) = hears.next().await {
            if let Message::Close(frame) = message.unwrap() {
                return frame.map(|frame| u16::from(frame.code));
            }
        }
        None
    };
    let code = timeout(LIMIT + SLACK, last_words).await.expect("the socket ends");
    assert_eq!(code, Some(1013), "it is told why, if it reads at last");
}

/// So much of a post, that a few dozen of it are more than a connection's buffers hold.
fn floods_of(post: &Made) -> String {
    let aliases: String = (0..30).map(|n| format!("_{n}: content ")).collect();
    format!("subscription {{ postChanged(postId: \"{}\") {{ {aliases} }} }}", post.id)
}

/// Changes a post and has somebody quick read it, time after time, until only they are left.
async fn flood(app: &TestApp, mut quick: impl AsyncFnMut() -> Value) {
    let mut told = 0;
    while app.subscriptions() > 1 {
        app.sql("UPDATE posts SET content = repeat(md5(random()::text), 500)").await;
        assert!(quick().await["postChanged"]["_0"].is_string());
        told += 1;
        assert!(told < 500, "nobody is dropped");
    }
    assert!(told > 32, "a queue holds some");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_does_not_take_what_comes_is_closed_with_1013() {
    let (app, _anon) = TestApp::alone().await;
    let post = app.post(&app.user("ada").await).await;
    let mut quick = Socket::introduced(app.address).await;
    let mut slow = Socket::introduced(app.address).await;
    for socket in [&mut quick, &mut slow] {
        socket.subscribe("p", &floods_of(&post)).await;
    }
    app.until_subscriptions(2).await;
    let _alone = CLOSINGS.lock().await;
    flood(&app, async || quick.event("p").await).await;
    assert_eq!(slow.close_code().await, 1013);
}

#[tokio::test]
async fn a_stream_that_does_not_take_what_comes_is_broken_off() {
    let (app, anon) = TestApp::alone().await;
    let post = app.post(&app.user("ada").await).await;
    let mut quick = Socket::introduced(app.address).await;
    quick.subscribe("p", &floods_of(&post)).await;
    let mut slow = Events::of(&anon, &floods_of(&post)).await;
    app.until_subscriptions(2).await;
    flood(&app, async || quick.event("p").await).await;
    while let Heard::Next(_) = slow.hear().await {}
    assert_eq!(slow.hear().await, Heard::Closed);
}

#[tokio::test]
async fn a_stream_that_shares_its_connection_is_broken_off_alone() {
    let (app, _) = TestApp::alone().await;
    let post = app.post(&app.user("ada").await).await;
    let shared = Client::on_one_connection(app.address);
    let mut quick = Events::of(&shared, &floods_of(&post)).await;
    let mut slow = Events::of(&shared, &floods_of(&post)).await;
    app.until_subscriptions(2).await;
    flood(&app, async || quick.event().await).await;
    while let Heard::Next(_) = slow.hear().await {}
    assert_eq!(slow.hear().await, Heard::Closed);
    app.sql("UPDATE posts SET content = 'Short.'").await;
    assert_eq!(quick.event().await["postChanged"]["_0"], "Short.");
}
