//! `rookery seed`: fills the database with a demo world.

use std::{cell::RefCell, time::Instant};

use clap::Args;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::{Outcome, database::Database, failure::Failure, output};
use crate::{
    auth::{Hasher, Password},
    config::{Config, Profile},
    db::{Db, bulk::Bulk, migrations},
    media::Media,
    seed::{self, LOGIN, Sizes, Stage, World},
};

/// The password of everybody in a demo world.
const PASSWORD: &str = "rookery-demo";

/// How many people `rookery --demo` makes.
const DEMO_USERS: u64 = 200;

/// The world to make.
#[derive(Debug, Args)]
#[command(after_help = "\
The same seed and numbers make the same world again, keys and times included. The world lies
between July 2024 and the end of 2025. Everybody in it has the same password, which is shown at
the end; so this is refused with PROFILE=production.

Examples:
  rookery seed                             200 people and what they do
  rookery seed --users 20000               A large world: two million votes
  rookery seed --users 500 --votes 100000 --seed 7 --replace")]
pub(super) struct Arguments {
    /// How many people there are
    #[arg(long, default_value_t = DEMO_USERS, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    users: u64,
    /// How many posts they have written [default: 10 for each of them]
    #[arg(long)]
    posts: Option<u64>,
    /// How many votes they have cast, a few posts getting most [default: 100 for each of them]
    #[arg(long)]
    votes: Option<u64>,
    /// How many follows there are, some people following 2,000 [default: 20 for each of them]
    #[arg(long)]
    follows: Option<u64>,
    /// How many comments and replies there are [default: 25 for each of them]
    #[arg(long)]
    comments: Option<u64>,
    /// The number that decides everything that chance decides
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Remove all accounts and everything they made first
    #[arg(long)]
    replace: bool,
}

impl Arguments {
    fn sizes(&self) -> Sizes {
        let usual = Sizes::of(self.users);
        Sizes {
            users: self.users,
            posts: self.posts.unwrap_or(usual.posts),
            votes: self.votes.unwrap_or(usual.votes),
            follows: self.follows.unwrap_or(usual.follows),
            comments: self.comments.unwrap_or(usual.comments),
        }
    }
}

pub(super) async fn run(arguments: Arguments, config: Config) -> Outcome {
    refuse_in_production(&config)?;
    let database = Database::join(&config).await?;
    let done = seed(&arguments, &config, &database).await;
    database.close().await?;
    output::print(&done?)
}

async fn seed(
    arguments: &Arguments,
    config: &Config,
    database: &Database,
) -> Result<String, Failure> {
    let endpoint = &database.options.endpoint;
    migrations::up(endpoint).await?;
    let bulk = Bulk::connect(endpoint).await?;
    if arguments.replace {
        bulk.remove_everything().await?;
    } else if !bulk.is_empty().await? {
        return Err(Failure::Refused(
            "there are accounts in the database already; use --replace to remove them with \
             everything they made"
                .to_owned(),
        ));
    }
    fill(arguments.seed, arguments.sizes(), &bulk, config, database).await?;
    Ok(welcome())
}

/// Fills an empty database with a small world, and says how to log in; for `rookery --demo`.
pub(super) async fn demo(config: &Config, database: &Database) -> Outcome {
    refuse_in_production(config)?;
    let bulk = Bulk::connect(&database.options.endpoint).await?;
    if bulk.is_empty().await? {
        fill(1, Sizes::of(DEMO_USERS), &bulk, config, database).await?;
        output::note(&welcome());
    } else {
        output::note(
            "There are accounts in the database already, so --demo made no demo world. Where they \
             may go, `rookery seed --replace` makes one.\n",
        );
    }
    Ok(())
}

fn refuse_in_production(config: &Config) -> Outcome {
    if config.profile == Profile::Production {
        return Err(Failure::Refused(
            "everybody in a demo world has the same well-known password, so there is none with \
             PROFILE=production"
                .to_owned(),
        ));
    }
    Ok(())
}

fn welcome() -> String {
    format!("Log in as {LOGIN} with the password {PASSWORD}; everybody else has the same one.\n")
}

async fn fill(
    seed: u64,
    sizes: Sizes,
    bulk: &Bulk,
    config: &Config,
    database: &Database,
) -> Outcome {
    let password = Password::new(PASSWORD.to_owned())
        .map_err(|rejected| Failure::Refused(rejected.message.to_string()))?;
    let hash = Hasher::new(config)?.slot().await?.hash(password).await?;
    let world = World::new(seed, sizes, hash);
    let media = Media::new(config, &Db::new(&database.options)?)?;
    let began = Instant::now();
    let (world, drawn) = seed::draw(world, &media).await?;
    let seconds = began.elapsed().as_secs_f64();
    output::note(&format!("{drawn:>12} pictures in {seconds:.1} s"));
    let (bars, planned) = (Bars::default(), world.clone());
    Ok(seed::fill(world, bulk, |stage, rows| bars.show(stage, rows, stage.rows(&planned))).await?)
}

/// A bar for the stage under way, and a line for each that is done.
#[derive(Default)]
struct Bars(RefCell<Option<(ProgressBar, Instant)>>);

impl Bars {
    fn show(&self, stage: Stage, rows: u64, all: u64) {
        let mut current = self.0.borrow_mut();
        let (bar, started) = current.get_or_insert_with(|| (bar(stage, all), Instant::now()));
        bar.set_position(rows);
        if rows == all {
            bar.finish_and_clear();
            let seconds = started.elapsed().as_secs_f64();
            let rate = HumanCount((rows as f64 / seconds) as u64);
            let count = HumanCount(rows).to_string();
            output::note(&format!(
                "{count:>12} {:8} in {seconds:.1} s, {rate} a second",
                stage.name()
            ));
            *current = None;
        }
    }
}

fn bar(stage: Stage, all: u64) -> ProgressBar {
    let bar = ProgressBar::new(all).with_message(stage.name());
    let template = "{human_pos:>12} {msg:8} {wide_bar:.cyan} {percent}%, {per_sec}, {eta} left";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        // The bar's usual look does as well.
        Err(_) => bar,
    }
}
