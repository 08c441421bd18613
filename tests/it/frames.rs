//! WebSocket itself, byte by byte: frames that no client's library would send.

use std::{
    io::{Error, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::app::TestApp;

const PATIENCE: Duration = Duration::from_secs(5);

const FINAL: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

const INIT: &[u8] = br#"{"type":"connection_init"}"#;
const ACK: &[u8] = br#"{"type":"connection_ack"}"#;

/// A socket on which every bit can be put wrong.
struct Wire(TcpStream);

impl Wire {
    async fn open(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-protocol: graphql-transport-ws"), "{head}");
        // As RFC 6455 has it for this key.
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        Self(stream)
    }

    /// Sends a frame as a client should: masked.
    async fn send(&mut self, first: u8, payload: &[u8]) {
        let mask = [1, 2, 3, 4];
        let masked = payload.iter().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask);
        let length = u8::try_from(payload.len()).unwrap();
        let (length, longer) = if length > 125 { (126, vec![0, length]) } else { (length, vec![]) };
        let frame = [vec![first, 0x80 | length], longer, mask.to_vec(), masked.collect()].concat();
        self.0.write_all(&frame).await.unwrap();
    }

    /// The first byte of the next frame that is no ping, and what the frame holds.
    async fn hear(&mut self) -> (u8, Vec<u8>) {
        loop {
            let (first, payload) = self.read().await;
            if first != FINAL | PING {
                return (first, payload);
            }
        }
    }

    async fn read(&mut self) -> (u8, Vec<u8>) {
        let read = async {
            let first = self.0.read_u8().await.unwrap();
            let length = self.0.read_u8().await.unwrap();
            assert!(length < 126, "short, and not masked");
            let mut payload = vec![0; length.into()];
            self.0.read_exact(&mut payload).await.unwrap();
            (first, payload)
        };
        timeout(PATIENCE, read).await.expect("the server to speak")
    }

    /// The code of the close frame that comes next, after which nothing does.
    async fn close_code(mut self) -> u16 {
        let (first, payload) = self.hear().await;
        assert_eq!(first, FINAL | CLOSE);
        self.send(FINAL | CLOSE, &payload[..2]).await;
        let mut rest = Vec::new();
        let ended = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("an end");
        // A server that has closed before this client's own frame came answers that with a reset.
        let reset = |error: &Error| error.kind() == ErrorKind::ConnectionReset;
        assert!(ended.as_ref().err().is_none_or(reset), "{ended:?}");
        assert!(rest.is_empty(), "{rest:?}");
        u16::from_be_bytes([payload[0], payload[1]])
    }
}

#[tokio::test]
async fn a_message_may_come_in_pieces_with_a_ping_between() {
    let (app, _anon) = TestApp::init().await;
    let mut wire = Wire::open(app.address).await;
    wire.send(TEXT, &INIT[..5]).await;
    wire.send(CONTINUATION, &[]).await;
    wire.send(FINAL | PING, b"there?").await;
    assert_eq!(wire.hear().await, (FINAL | PONG, b"there?".to_vec()));
    wire.send(FINAL | CONTINUATION, &INIT[5..]).await;
    assert_eq!(wire.hear().await, (FINAL | TEXT, ACK.to_vec()));
    wire.send(FINAL | CLOSE, &1000_u16.to_be_bytes()).await;
    assert_eq!(wire.hear().await, (FINAL | CLOSE, 1000_u16.to_be_bytes().to_vec()));
}

#[tokio::test]
async fn frames_that_websocket_does_not_have_close_with_1002() {
    let (app, _anon) = TestApp::init().await;
    for (what, first, payload) in [
        ("a reserved bit", FINAL | 0x40 | TEXT, INIT),
        ("an unknown kind", FINAL | 0x3, INIT),
        ("an unknown kind of control", FINAL | 0xb, b""),
        ("a continuation of nothing", FINAL | CONTINUATION, INIT),
        ("a ping in pieces", PING, b""),
        ("a ping of 126 bytes", FINAL | PING, &[b'a'; 126]),
    ] {
        let mut wire = Wire::open(app.address).await;
        wire.send(first, payload).await;
        assert_eq!(wire.close_code().await, 1002, "{what}");
    }
    let mut wire = Wire::open(app.address).await;
    wire.send(TEXT, &INIT[..5]).await;
    wire.send(FINAL | TEXT, INIT).await;
    assert_eq!(wire.close_code().await, 1002, "a message within another");
    let mut wire = Wire::open(app.address).await;
    let bare = [&[FINAL | TEXT, INIT.len().try_into().unwrap()], INIT].concat();
    wire.0.write_all(&bare).await.unwrap();
    assert_eq!(wire.close_code().await, 1002, "a frame without a mask");
}

#[tokio::test]
async fn text_that_is_none_closes_with_1007() {
    let (app, _anon) = TestApp::init().await;
    let broken = b"{\"type\":\"ping\",\"payload\":{\"n\":\"\xff\"}}";
    let mut wire = Wire::open(app.address).await;
    wire.send(FINAL | TEXT, broken).await;
    assert_eq!(wire.close_code().await, 1007);
    let mut wire = Wire::open(app.address).await;
    wire.send(TEXT, &broken[..30]).await;
    wire.send(FINAL | CONTINUATION, &broken[30..]).await;
    assert_eq!(wire.close_code().await, 1007, "in pieces");
    // A character may be cut in two by where its frames end.
    let whole = "{\"type\":\"ping\",\"payload\":{\"n\":\"ü\"}}".as_bytes();
    let cut = whole.iter().position(|byte| *byte == 0xc3).unwrap() + 1;
    let mut wire = Wire::open(app.address).await;
    wire.send(TEXT, &whole[..cut]).await;
    wire.send(FINAL | CONTINUATION, &whole[cut..]).await;
    let (_, pong) = wire.hear().await;
    assert_eq!(String::from_utf8(pong).unwrap(), r#"{"type":"pong","payload":{"n":"ü"}}"#);
}
