//! Sends requests that were written beforehand over keep-alive connections, each as soon as the one
//! before it is answered. One thread; the answers are looked at only as far as needed.

use std::{
    cell::RefCell,
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
};

use crate::{
    Outcome,
    cpu::{Usage, Watch},
};

/// What to send.
pub struct Load {
    pub address: SocketAddr,
    pub requests: Arc<[Vec<u8>]>,
    pub connections: usize,
    pub warm: Duration,
    pub length: Duration,
}

/// What came back while it was measured.
#[derive(Default)]
pub struct Measured {
    /// In microseconds, ascending.
    pub latencies: Vec<u32>,
    pub seconds: f64,
    pub errors: u64,
    /// One of the wrong answers.
    pub sample: Option<String>,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    pub fn percentile_ms(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = self.latencies.get((last as f64 * part) as usize);
        at.map_or(f64::NAN, |microseconds| f64::from(*microseconds) / 1000.0)
    }
}

/// Drives the load on a thread of its own.
pub async fn drive(load: Load, watch: Watch) -> Outcome<(Measured, Usage)> {
    let driven = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, whole(load, watch))
    });
    driven.await?
}

async fn whole(load: Load, watch: Watch) -> Outcome<(Measured, Usage)> {
    let measured: Rc<RefCell<Option<Measured>>> = Rc::default();
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..load.connections {
        let (requests, measured) = (load.requests.clone(), measured.clone());
        let mut connection = Connection::open(load.address).await?;
        sending.spawn_local(async move {
            let mut random = Random::new(number as u64);
            loop {
                let request = &requests[random.below(requests.len())];
                let begun = Instant::now();
                let answer = connection.call(request).await?;
                if let Some(measured) = measured.borrow_mut().as_mut() {
                    note(measured, begun.elapsed(), answer);
                }
            }
        });
    }
    let stopped_early = |ended: Option<Result<Outcome<()>, _>>| match ended {
        Some(Ok(Err(error))) => error,
        _ => "a connection ended".into(),
    };
    tokio::select! {
        () = tokio::time::sleep(load.warm) => {}
        ended = sending.join_next() => return Err(stopped_early(ended)),
    }
    let (before, begun) = (watch.look()?, Instant::now());
    *measured.borrow_mut() = Some(Measured::default());
    tokio::select! {
        () = tokio::time::sleep(load.length) => {}
        ended = sending.join_next() => return Err(stopped_early(ended)),
    }
    let mut result = measured.borrow_mut().take().unwrap_or_default();
    let usage = watch.look()? - before;
    result.seconds = begun.elapsed().as_secs_f64();
    result.latencies.sort_unstable();
    Ok((result, usage))
}

/// Sends each request once, so that what it reads is in PostgreSQL's memory.
pub async fn send_each(address: SocketAddr, requests: &[Vec<u8>]) -> Outcome<()> {
    const CONNECTIONS: usize = 32;
    let shares = requests.chunks(requests.len().div_ceil(CONNECTIONS).max(1));
    let sending = shares.map(async |share| {
        let mut connection = Connection::open(address).await?;
        for request in share {
            connection.call(request).await?;
        }
        Outcome::Ok(())
    });
    try_join_all(sending).await.map(|_sent| ())
}

fn note(measured: &mut Measured, latency: Duration, answer: Answer<'_>) {
    measured.latencies.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    if answer.status != 200 || answer.body.starts_with(b"{\"errors\"") {
        measured.errors += 1;
        let sample = || String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]).into();
        measured.sample.get_or_insert_with(sample);
    }
}

/// An answer, in the buffer of its connection.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

/// A keep-alive connection that carries one request at a time.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    pub async fn call(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let (head, length) = loop {
            self.more().await?;
            if let Some(found) = head(&self.buffer)? {
                break found;
            }
        };
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        let status = std::str::from_utf8(&self.buffer[9..12])?.parse()?;
        Ok(Answer { status, body: &self.buffer[head..] })
    }

    async fn more(&mut self) -> Outcome<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the server closed a connection".into()),
            _ => Ok(()),
        }
    }
}

/// Where the body begins and how long it is, once the head is complete.
fn head(buffer: &[u8]) -> Outcome<Option<(usize, usize)>> {
    let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    const LENGTH: &str = "content-length:";
    let head = std::str::from_utf8(&buffer[..end])?;
    let length = head.lines().find_map(|line| {
        let name = line.get(..LENGTH.len())?;
        name.eq_ignore_ascii_case(LENGTH).then(|| line[LENGTH.len()..].trim().parse())
    });
    let length: usize = length.ok_or("an answer without a length")??;
    Ok(Some((end + 4, length)))
}

/// Chance (xorshift) that costs nothing.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}
