//! The same SQL by `pgbench -M prepared`: what PostgreSQL can do for one client that waits for each
//! answer.
//!
//! Reads are repeated with the very values that the server sent. Votes must go on changing
//! something, so theirs are drawn anew from a table of posts and people.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::Command;
use tokio_postgres::config::Host;
use uuid::Uuid;

use crate::{
    Outcome,
    arguments::Arguments,
    capture::{Statement, capture},
    cpu::Watch,
    operations::Operation,
    world::World,
};

/// How many connections pgbench has: what it does best with on a few cores.
const CLIENTS: &str = "10";

/// Posts and people to draw votes from.
const DRAWN: &str = "
CREATE TABLE IF NOT EXISTS bench_drawn (n integer PRIMARY KEY, post_id uuid, user_id uuid)";

const FILL: &str = "
INSERT INTO bench_drawn
SELECT row_number() OVER (), post_id::uuid, user_id::uuid
FROM unnest($1::text[], $2::text[]) AS pair (post_id, user_id) ON CONFLICT DO NOTHING";

/// A `pgbench` and the way to the world's database.
pub struct Limit {
    program: PathBuf,
    socket: PathBuf,
    user: String,
}

/// What PostgreSQL did.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    pub per_second: f64,
    /// Processor time of PostgreSQL.
    pub postgres_us: f64,
}

impl Limit {
    /// Looks for the program; none is no reason not to measure the server.
    pub fn find(world: &World) -> Outcome<Option<Self>> {
        let config: tokio_postgres::Config = world.url().parse()?;
        let Some(Host::Unix(socket)) = config.get_hosts().first() else {
            return Err("the world's database has no socket".into());
        };
        let (socket, user) = (socket.clone(), config.get_user().unwrap_or_default().to_owned());
        Ok(program().map(|program| Self { program, socket, user }))
    }

    pub async fn measure(
        &self,
        operation: Operation,
        world: &World,
        arguments: &Arguments,
    ) -> Outcome<Reached> {
        let captured = capture(operation, world).await?;
        let scripts = match operation {
            Operation::Vote => vec![drawn(world, &captured).await?],
            _ => captured.iter().map(|request| script(request, str::to_owned)).collect(),
        };
        let folder = arguments.out.join(format!("sql-{}", operation.letter()));
        fs::create_dir_all(&folder)?;
        let mut command = Command::new(&self.program);
        for (number, script) in scripts.iter().enumerate() {
            let file = folder.join(format!("{number}.sql"));
            fs::write(&file, script)?;
            command.arg("-f").arg(file);
        }
        self.run(command, world, arguments.seconds()).await
    }

    async fn run(&self, mut command: Command, world: &World, seconds: u64) -> Outcome<Reached> {
        command
            .args(["-n", "-M", "prepared", "-c", CLIENTS, "-j", "1", "-T", &seconds.to_string()])
            .arg("-h")
            .arg(&self.socket)
            .args(["-U", &self.user, "rookery"])
            .stdin(Stdio::null());
        let watch = Watch::postgres(world);
        let before = watch.look()?;
        let ended = tokio::time::timeout(Duration::from_secs(seconds + 60), command.output());
        let output = ended.await??;
        let usage = watch.look()? - before;
        let text = String::from_utf8_lossy(&output.stdout);
        let number = |label: &str| -> Outcome<f64> {
            let rest = text.split_once(label).map(|(_, rest)| rest.trim_start());
            let number = rest.and_then(|rest| rest.split_whitespace().next());
            let failed = || format!("pgbench: {}", String::from_utf8_lossy(&output.stderr));
            Ok(number.ok_or_else(failed)?.parse()?)
        };
        let transactions = number("transactions actually processed:")?;
        let postgres_us = usage.postgres * 1e6 / transactions;
        Ok(Reached { per_second: number("tps =")?, postgres_us })
    }
}

fn program() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    folders.extend(env::var_os("POSTGRES_BIN_DIR").map(PathBuf::from));
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(installed.map(|version| version.path().join("bin")));
    folders.into_iter().map(|folder| folder.join("pgbench")).find(|path| Path::is_file(path))
}

/// The statements of one request as a script.
fn script(request: &[Statement], replace: impl Fn(&str) -> String) -> String {
    let line = |statement: &Statement| statement.filled(&replace).replace('\n', " ") + ";\n";
    request.iter().map(line).collect()
}

/// A script of votes by chance, like the one that was captured.
async fn drawn(world: &World, captured: &[Vec<Statement>]) -> Outcome<String> {
    world.client.batch_execute(DRAWN).await?;
    let pairs = world.pairs().await?;
    let (posts, users): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    let text = |keys: &[Uuid]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    world.client.execute(FILL, &[&text(&posts), &text(&users)]).await?;
    world.client.batch_execute("ANALYZE bench_drawn").await?;
    let request = captured.first().ok_or("no vote was captured")?;
    let known = |value: &str| -> Option<(&str, bool)> {
        let inner = value.trim_matches('\'');
        let key = inner.trim_matches(['{', '}']).parse::<Uuid>().ok()?;
        let column = match () {
            () if users.contains(&key) => "user_id",
            () if posts.contains(&key) => "post_id",
            () => return None,
        };
        Some((column, inner.starts_with('{')))
    };
    let replace = |value: &str| match (known(value), value) {
        (Some((column, list)), _) => {
            let drawn = format!("(SELECT {column} FROM bench_drawn WHERE n = :drawn)");
            if list { format!("ARRAY[{drawn}]") } else { drawn }
        }
        (None, "'{1}'" | "'{-1}'") => "ARRAY[:direction]".to_owned(),
        (None, other) => other.to_owned(),
    };
    let draw = format!("\\set drawn random(1, {})\n", pairs.len());
    Ok(draw + "\\set direction 2 * random(0, 1) - 1\n" + &script(request, replace))
}
