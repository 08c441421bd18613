//! How much processor time the server and PostgreSQL took, from `/proc`.

use std::{fs, ops::Sub};

use crate::{Outcome, server::Server, world::World};

/// Clock ticks a second in `/proc`, on every Linux.
const TICKS: f64 = 100.0;

/// Processor time, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub server: f64,
    pub postgres: f64,
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { server: self.server - earlier.server, postgres: self.postgres - earlier.postgres }
    }
}

/// Whose time to look at.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    server: Option<u32>,
    postgres: u32,
}

impl Watch {
    pub fn new(world: &World, server: &Server) -> Self {
        Self { server: Some(server.pid), postgres: world.postmaster }
    }

    /// PostgreSQL alone.
    pub fn postgres(world: &World) -> Self {
        Self { server: None, postgres: world.postmaster }
    }

    pub fn look(&self) -> Outcome<Usage> {
        let server = match self.server {
            Some(pid) => Times::of(pid)?.own,
            None => 0,
        };
        let postmaster = Times::of(self.postgres)?;
        let mut postgres = postmaster.own + postmaster.ended_children;
        for entry in fs::read_dir("/proc")? {
            let pid = entry?.file_name().to_str().and_then(|name| name.parse().ok());
            // A process may end while this looks.
            if let Some(times) = pid.and_then(|pid| Times::of(pid).ok())
                && times.parent == self.postgres
            {
                postgres += times.own;
            }
        }
        Ok(Usage { server: server as f64 / TICKS, postgres: postgres as f64 / TICKS })
    }
}

/// A process's times, in clock ticks.
struct Times {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Times {
    fn of(pid: u32) -> Outcome<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name before may hold anything but ends with the last parenthesis.
        let (_, fields) = stat.rsplit_once(')').ok_or("an unknown form of /proc/PID/stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let number = |at: usize| -> Outcome<u64> { Ok(fields.get(at).ok_or("too few")?.parse()?) };
        Ok(Self {
            parent: u32::try_from(number(1)?)?,
            own: number(11)? + number(12)?,
            ended_children: number(13)? + number(14)?,
        })
    }
}
