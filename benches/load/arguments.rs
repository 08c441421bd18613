//! The command line of the bench.

use std::path::PathBuf;

use clap::Parser;

use crate::operations::Operation;

/// Drives the server and PostgreSQL with the same work.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// A small world and short rounds: a minute in all
    #[arg(long)]
    pub small: bool,
    /// Which operations: A post by id, B page, C feed, D vote, H hot posts
    #[arg(long, default_value = "ABCDH")]
    ops: String,
    /// How many seconds each is measured
    #[arg(long)]
    seconds: Option<u64>,
    /// How many connections send requests
    #[arg(long, default_value_t = 32)]
    pub connections: usize,
    /// Let every commit wait for the disk
    #[arg(long)]
    pub durable: bool,
    /// Show how the cost grows with what there is, in further worlds of up to a million posts
    #[arg(long)]
    pub growth: bool,
    /// Where the figures and the plot go
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/load"))]
    pub out: PathBuf,
    /// Where the world is kept between runs
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/world"))]
    pub world: PathBuf,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    pub fn seconds(&self) -> u64 {
        self.seconds.unwrap_or(if self.small { 3 } else { 10 })
    }

    pub fn operations(&self) -> Vec<Operation> {
        Operation::ALL.into_iter().filter(|known| self.ops.contains(known.letter())).collect()
    }
}
