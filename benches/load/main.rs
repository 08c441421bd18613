//! `cargo bench --bench load`: what the server does under load, and what PostgreSQL could do.
//!
//! Starts a PostgreSQL of its own with a demo world, the release server on it, and drives each
//! operation from 32 connections; then gives the same statements to `pgbench`, which is as fast as
//! they can be from one client that waits for each answer. All share one machine, so figures of
//! different runs or machines do not compare; those of one run do.

mod arguments;
mod capture;
mod cpu;
mod generator;
mod growth;
mod limit;
mod operations;
mod plot;
mod report;
mod server;
mod world;

use std::time::Duration;

use arguments::Arguments;
use clap::Parser;
use generator::Load;
use limit::Limit;
use operations::Operation;
use report::{Figures, Report};
use server::Server;
use world::World;

/// Anything may fail here, and then a person reads why.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    // The generator has a thread of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Outcome<()> {
    let world = World::open(if arguments.small { 10_000 } else { 200_000 }, arguments).await?;
    let limit = Limit::find(&world)?;
    let start = Server::try_start(&world).await?;
    let mut report = Report::new(arguments, start);
    for operation in arguments.operations() {
        let server = Server::start(&world, &[]).await?;
        let figures = measure(operation, &world, &server, limit.as_ref(), arguments).await?;
        server.stop().await?;
        report.add(operation, figures)?;
    }
    world.close().await?;
    if arguments.growth {
        growth::run(arguments, &mut report).await?;
    }
    report.write(&arguments.out)
}

async fn measure(
    operation: Operation,
    world: &World,
    server: &Server,
    limit: Option<&Limit>,
    arguments: &Arguments,
) -> Outcome<Figures> {
    let requests = operation.requests(world, server).await?;
    let load = Load {
        address: server.address,
        requests: requests.into(),
        connections: arguments.connections,
        warm: Duration::from_secs(1),
        length: Duration::from_secs(arguments.seconds()),
    };
    let before = server.statements().await?;
    let (measured, usage) = generator::drive(load, cpu::Watch::new(world, server)).await?;
    let statements = server.statements().await? - before;
    let limit = match limit {
        Some(limit) => Some(limit.measure(operation, world, arguments).await?),
        None => None,
    };
    Ok(Figures::new(measured, usage, statements, server.memory_mb()?, limit))
}
