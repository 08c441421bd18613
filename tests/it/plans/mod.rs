//! What lists cost in a large world: PostgreSQL's own account of every statement behind every list.
//!
//! The server's statements are explained by `auto_explain` as they run, on the server's connections
//! with the server's settings, so that what is looked at is what is sent. Beside that PostgreSQL's
//! counters tell how often a table was read as a whole, and how many rows were read. They do not tell
//! what an index passes over between its first and its last row, so the conditions of scans are looked
//! at, too.
//!
//! `PLAN_POSTS=200000 cargo test plans -- --nocapture` does it in a world of 200,000 posts and
//! 2,000,000 votes.

mod alike;
mod indexes;
pub mod lists;
mod plan;
mod seed;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio_postgres::Client as Sql;

use self::{
    indexes::Indexes,
    lists::{List, World},
    plan::{Log, Plan},
};
use crate::support::{app::TestApp, client::Client, db::end_all_others};

const POSTS: i32 = 2_000;
/// From how many posts on the feeds are held against the clock, too.
const LARGE: i32 = 200_000;

/// What PostgreSQL has counted so far.
struct Reads {
    /// How often each table was read as a whole, but for those that only the server itself reads.
    whole: BTreeMap<String, i64>,
    /// How many rows were read by indexes.
    rows: i64,
}

impl Reads {
    async fn so_far(sql: &Sql) -> Self {
        let whole = "SELECT relname::text, seq_scan FROM pg_stat_user_tables
                     WHERE relname NOT IN ('watches', 'throttles')";
        let whole = sql.query(whole, &[]).await.unwrap();
        let rows = "SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes";
        Self {
            whole: whole.iter().map(|row| (row.get(0), row.get(1))).collect(),
            rows: sql.query_one(rows, &[]).await.unwrap().get(0),
        }
    }

    /// What was read after `self` and until `later`.
    fn until(&self, later: &Self) -> Self {
        let mut whole = later.whole.clone();
        for (table, before) in &self.whole {
            *whole.entry(table.clone()).or_default() -= before;
        }
        whole.retain(|_, reads| *reads > 0);
        Self { whole, rows: later.rows - self.rows }
    }
}

/// What came of one list, or of its count.
struct Cost {
    plans: Vec<Plan>,
    reads: Reads,
}

struct Watch {
    sql: Sql,
    indexes: Indexes,
    log: Log,
}

impl Watch {
    /// Explains whatever the server sends from now on.
    async fn new(app: &TestApp) -> Self {
        let sql = app.database().await;
        let name: String =
            sql.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0);
        // To read a small table whole is cheapest, and PostgreSQL does it where it decides by itself:
        // for searches and counts. In a small world it is asked what it would do without.
        let seqscan = if size() < LARGE { "off" } else { "on" };
        for (setting, value) in [
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_format", "json"),
            ("auto_explain.log_nested_statements", "on"),
            ("enable_seqscan", seqscan),
        ] {
            let set = format!("ALTER DATABASE {name} SET {setting} = '{value}'");
            sql.batch_execute(&set).await.unwrap();
        }
        // Those that made the world and counted it, too.
        end_all_others(&sql).await;
        let indexes = Indexes::read(&sql).await;
        Self { sql, indexes, log: Log::new(app.database_log()) }
    }

    async fn during(&mut self, work: impl Future<Output = ()>) -> Cost {
        let before = Reads::so_far(&self.sql).await;
        work.await;
        end_all_others(&self.sql).await;
        let reads = before.until(&Reads::so_far(&self.sql).await);
        let mut plans = self.log.plans();
        // Lists only read. The server cleans up meanwhile, and may read its own tables whole for it.
        plans.retain(|plan| !plan.deletes());
        assert!(!plans.is_empty(), "nothing was explained");
        let between = plans.iter().flat_map(|plan| plan.reads_between(&self.indexes));
        let between: Vec<_> = between.collect();
        assert!(between.is_empty(), "{}", between.join("\n"));
        Cost { plans, reads }
    }
}

/// Reads the first page, the next and the one before that; and from the end of the list the last,
/// the one before it, and the way back.
async fn read_pages(client: &Client, list: &List) {
    let mut range = "first: 20".to_owned();
    for (next, cursor) in [
        ("first: 20 after", "endCursor"),
        ("last: 20 before", "startCursor"),
        ("last: 20", ""),
        ("last: 20 before", "startCursor"),
        ("first: 20 after", "endCursor"),
        ("", ""),
    ] {
        let document = list.document(&range);
        let answer = client.query(&document, json!({})).await;
        assert_eq!(answer.code(), None, "{document}: {}", answer.text);
        let info = list.found(&answer)["pageInfo"].clone();
        range = match info.get(cursor) {
            // A list of one page has nothing before its first row.
            Some(Value::Null) => "first: 20".to_owned(),
            Some(at) => format!("{next}: {at}"),
            None => next.to_owned(),
        };
    }
}

fn size() -> i32 {
    std::env::var("PLAN_POSTS").map_or(POSTS, |text| text.parse().unwrap())
}

/// In a large world each list is looked at alone. In a small one those that may do the same go
/// together: that is quicker, and what is wrong is seen by its statement.
fn groups(lists: Vec<List>) -> Vec<Vec<List>> {
    let mut groups: Vec<Vec<List>> = Vec::new();
    for list in lists {
        let fits = |group: &&mut Vec<List>| {
            size() < LARGE
                && group[0].allowed == list.allowed
                && group[0].counts_all == list.counts_all
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(list),
            None => groups.push(vec![list]),
        }
    }
    groups
}

fn named(group: &[List]) -> String {
    match group {
        [list] => list.to_string(),
        many => format!("{} lists like {}", many.len(), many[0]),
    }
}

#[tokio::test]
async fn no_list_reads_a_table_or_sorts_more_than_it_shows() {
    let started = Instant::now();
    let settings = [("MAX_COMPLEXITY", "1000000"), ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "60")];
    let (app, stranger) = TestApp::with_settings(&settings).await;
    let world = World::new(&app, stranger, size()).await;
    println!("{} in {:?}", world.told(&app).await, started.elapsed());
    if size() >= LARGE {
        compare_feeds(&world).await;
    }
    let mut watch = Watch::new(&app).await;
    let mut faults = look_at_pages(&world, &mut watch).await;
    faults.extend(look_at_counts(&world, &mut watch).await);
    alike::assert_many_cost_as_few(&world, &mut watch).await;
    println!("all in {:?}", started.elapsed());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

async fn look_at_pages(world: &World, watch: &mut Watch) -> Vec<String> {
    let mut faults = Vec::new();
    for group in groups(world.lists()) {
        let read = async {
            for list in &group {
                read_pages(world.client(list.who), list).await;
            }
        };
        let Cost { plans, reads: Reads { whole, rows } } = watch.during(read).await;
        let most_rows: i64 = group.iter().map(|list| list.most_rows).sum();
        let found: Vec<_> = plans.iter().flat_map(|plan| plan.faults(&group[0].allowed)).collect();
        let told = format!("{}: read as a whole: {whole:?}, {rows} rows by indexes", named(&group));
        println!("{told}, {} plans", plans.len());
        if !whole.is_empty() || rows > most_rows || !found.is_empty() {
            faults.push(format!("{told}\n{}", found.join("\n")));
        }
    }
    faults
}

/// Counts may read much, on connections of their own; but not a whole table for a part of it.
async fn look_at_counts(world: &World, watch: &mut Watch) -> Vec<String> {
    let mut faults = Vec::new();
    let counted = world.lists().into_iter().filter(|list| list.counted).collect();
    for group in groups(counted) {
        let count = async {
            for list in &group {
                let document = list.count();
                let answer = world.client(list.who).query(&document, json!({})).await;
                assert_eq!(answer.code(), None, "{document}: {}", answer.text);
            }
        };
        let cost = watch.during(count).await;
        let whole: Vec<_> = cost.plans.iter().flat_map(Plan::whole_reads).collect();
        let told = format!("count of {}: {} rows by indexes", named(&group), cost.reads.rows);
        println!("{told}; {}", whole.join(", "));
        if !group[0].counts_all && !whole.is_empty() {
            faults.push(format!("{told}\n{}", whole.join("\n")));
        }
    }
    faults
}

/// Who follows a hundred times as many people waits at most three times as long.
async fn compare_feeds(world: &World) {
    for order in ["NEWEST", "TOP", "HOT"] {
        let document = format!(
            "{{ feed(first: 20, orderBy: {order}) {{ nodes {{ id title score owner {{ username }} }} }} }}"
        );
        let (mut few, mut many) = (Vec::new(), Vec::new());
        // In turns, so that whatever else the machine does falls on both.
        for _ in 0..51 {
            few.push(time(&world.few, &document).await);
            many.push(time(&world.many, &document).await);
        }
        few.sort();
        many.sort();
        let (few, many) = (few[25], many[25]);
        println!("feed {order}: {few:?} of who follows few, {many:?} of who follows many");
        assert!(many <= few * 3, "{order}");
    }
}

async fn time(client: &Client, document: &str) -> Duration {
    let started = Instant::now();
    assert_eq!(client.query(document, json!({})).await.code(), None);
    started.elapsed()
}
