//! The release server as a process of its own, and what it tells of itself.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Stdio,
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::process::{Child, Command};

use crate::{Outcome, generator::Connection, world::World};

/// Signs the tokens of the bench.
pub const SECRET_KEY: &str = "a key for the bench, which guards nothing";

/// A running server. Dropping it kills it.
pub struct Server {
    pub address: SocketAddr,
    pub pid: u32,
    process: Child,
}

impl Server {
    /// Starts the server on the world's database, and waits until it answers.
    pub async fn start(world: &World, settings: &[(&str, &str)]) -> Outcome<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rookery"));
        command
            .arg("serve")
            .env("PORT", port.to_string())
            .env("DATABASE_URL", world.url())
            .env("SECRET_KEY", SECRET_KEY)
            // The bench's few people write more than people do.
            .env("WRITES_PER_MINUTE", "1000000")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let process = command.spawn()?;
        let pid = process.id().ok_or("the server ended at once")?;
        let server = Self { address: (Ipv4Addr::LOCALHOST, port).into(), pid, process };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            let answer = server.get("/graphql?query=%7B__typename%7D").await;
            if answer.is_ok_and(|body| body.contains("Query")) {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err("the server does not answer after 10 seconds".into())
    }

    /// How a start goes: the middle of three.
    pub async fn try_start(world: &World) -> Outcome<Start> {
        let mut starts = Vec::new();
        for _ in 0..3 {
            let begun = Instant::now();
            let server = Self::start(world, &[]).await?;
            let first_answer_ms = begun.elapsed().as_secs_f64() * 1e3;
            tokio::time::sleep(Duration::from_secs(1)).await;
            starts.push(Start { first_answer_ms, at_rest_mb: server.memory_mb()? });
            server.stop().await?;
        }
        starts.sort_by(|one, other| one.first_answer_ms.total_cmp(&other.first_answer_ms));
        Ok(starts[1])
    }

    pub async fn stop(mut self) -> Outcome<()> {
        self.process.kill().await?;
        Ok(())
    }

    async fn get(&self, path: &str) -> Outcome<String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
        let mut connection = Connection::open(self.address).await?;
        Ok(String::from_utf8(connection.call(request.as_bytes()).await?.body.to_vec())?)
    }

    /// How many operations it has answered, and with how many SQL statements.
    pub async fn statements(&self) -> Outcome<Statements> {
        let metrics = self.get("/metrics").await?;
        let sum = |name: &str| -> f64 {
            let of_name = metrics.lines().filter(|line| {
                line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']))
            });
            of_name.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
        };
        Ok(Statements {
            operations: sum("rookery_requests_total"),
            statements: sum("rookery_sql_statements_total"),
        })
    }

    /// The memory that it holds now.
    pub fn memory_mb(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = resident.and_then(|text| text.trim().strip_suffix(" kB"));
        Ok(kilobytes.ok_or("no VmRSS in /proc/PID/status")?.trim().parse::<f64>()? / 1024.0)
    }
}

/// How long the server took to its first answer, and what it holds when it has nothing to do.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Start {
    pub first_answer_ms: f64,
    pub at_rest_mb: f64,
}

/// What the server has counted.
#[derive(Clone, Copy, Debug)]
pub struct Statements {
    operations: f64,
    statements: f64,
}

impl std::ops::Sub for Statements {
    /// Statements an operation.
    type Output = f64;

    fn sub(self, earlier: Self) -> f64 {
        (self.statements - earlier.statements) / (self.operations - earlier.operations)
    }
}
