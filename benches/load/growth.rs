//! How the cost grows with what there is: each case again with ten and a hundred times as much.

use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::{
    Outcome,
    arguments::Arguments,
    cpu::Watch,
    generator::{self, Load},
    operations::{Operation, feeds, pages, posts, searches, votes},
    report::Report,
    server::Server,
    world::World,
};

/// One size and what it cost.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub label: String,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub per_second: f64,
}

struct Growing<'a> {
    world: &'a World,
    server: Server,
    seconds: u64,
}

/// What is done in a world of each size.
const IN_EVERY_WORLD: [Operation; 4] =
    [Operation::Post, Operation::Page, Operation::Feed, Operation::Vote];

pub async fn run(arguments: &Arguments, report: &mut Report) -> Outcome<()> {
    let most = if arguments.small { 100_000 } else { 1_000_000 };
    let mut by_posts = [(); 4].map(|()| Vec::new());
    for posts in [most / 100, most / 10, most] {
        let world = World::open(posts, arguments).await?;
        let server = Server::start(&world, &[]).await?;
        let growing = Growing { world: &world, server, seconds: arguments.seconds().min(5) };
        for (operation, rows) in IN_EVERY_WORLD.into_iter().zip(&mut by_posts) {
            let requests = operation.requests(&world, &growing.server).await?;
            rows.push(growing.row(posts, requests, 1).await?);
        }
        if posts == most {
            in_largest(&growing, i64::try_from(most)?, report).await?;
        }
        growing.server.stop().await?;
        world.close().await?;
    }
    for (operation, rows) in IN_EVERY_WORLD.into_iter().zip(by_posts) {
        report.add_growth(format!("posts there are, {}", operation.title()), rows);
    }
    Ok(())
}

async fn in_largest(growing: &Growing<'_>, votes: i64, report: &mut Report) -> Outcome<()> {
    growing.world.crowd(votes).await?;
    let mut add = |of: &str, rows| report.add_growth(of.to_owned(), rows);
    add("clients, a post by id", growing.clients().await?);
    add("page size", growing.page_sizes().await?);
    add("page", growing.depths().await?);
    add("people followed, a feed", growing.followees().await?);
    add("votes on the post that is read", growing.read_votes().await?);
    add("votes on the post that is voted on", growing.cast_votes().await?);
    add("votes of the one who reads, a feed", growing.zeal().await?);
    add("posts voted on by 64 clients", growing.spread().await?);
    add("a search over everything meanwhile, a post by id", growing.beside_a_search().await?);
    Ok(())
}

impl Growing<'_> {
    async fn row(
        &self,
        label: impl ToString,
        requests: Vec<Vec<u8>>,
        connections: usize,
    ) -> Outcome<Row> {
        generator::send_each(self.server.address, &requests).await?;
        let load = Load {
            address: self.server.address,
            requests: requests.into(),
            connections,
            warm: Duration::from_millis(500),
            length: Duration::from_secs(self.seconds),
        };
        let watch = Watch::new(self.world, &self.server);
        let (measured, _) = generator::drive(load, watch).await?;
        match measured.sample {
            Some(wrong) => Err(wrong.into()),
            None => Ok(Row {
                label: label.to_string(),
                p50_ms: measured.percentile_ms(0.5),
                p99_ms: measured.percentile_ms(0.99),
                per_second: measured.per_second(),
            }),
        }
    }

    /// Reads by key while somebody searches, one search after the other.
    async fn beside_a_search(&self) -> Outcome<Vec<Row>> {
        let ids = self.world.posts().await?;
        let alone = self.row("none", posts(&ids), 32).await?;
        let searches = self.row("searches", searches(), 1);
        let (beside, searches) = tokio::join!(self.row("one", posts(&ids), 32), searches);
        Ok(vec![alone, beside?, searches?])
    }

    async fn clients(&self) -> Outcome<Vec<Row>> {
        let ids = self.world.posts().await?;
        let mut rows = Vec::new();
        for clients in [1, 32, 256] {
            rows.push(self.row(clients, posts(&ids), clients).await?);
        }
        Ok(rows)
    }

    async fn page_sizes(&self) -> Outcome<Vec<Row>> {
        let mut rows = Vec::new();
        for size in [1, 20, 100] {
            rows.push(self.row(size, pages(&self.server, size, 50).await?, 1).await?);
        }
        Ok(rows)
    }

    async fn depths(&self) -> Outcome<Vec<Row>> {
        let pages = pages(&self.server, 20, 1_000).await?;
        let mut rows = Vec::new();
        for page in [1, pages.len()] {
            rows.push(self.row(page, pages[page - 1..page].to_vec(), 1).await?);
        }
        Ok(rows)
    }

    async fn followees(&self) -> Outcome<Vec<Row>> {
        let mut rows = Vec::new();
        for following in [20, 200, 2_000] {
            let viewers = self.world.following(following).await?;
            let nearest = viewers.get(..10).unwrap_or(&viewers);
            rows.push(self.row(following, feeds(nearest)?, 1).await?);
        }
        Ok(rows)
    }

    async fn read_votes(&self) -> Outcome<Vec<Row>> {
        let mut rows = Vec::new();
        for (label, post) in self.world.posts_by_votes().await? {
            rows.push(self.row(label, posts(&[post]), 1).await?);
        }
        Ok(rows)
    }

    async fn cast_votes(&self) -> Outcome<Vec<Row>> {
        let mut rows = Vec::new();
        for (label, post) in self.world.posts_by_votes().await? {
            rows.push(self.row(label, votes(&self.everybody_on(&[post]).await?)?, 1).await?);
        }
        Ok(rows)
    }

    /// A feed shows how its reader voted on each post.
    async fn zeal(&self) -> Outcome<Vec<Row>> {
        let mut rows = Vec::new();
        for (votes, reader) in self.world.voters().await? {
            rows.push(self.row(votes, feeds(&[reader])?, 1).await?);
        }
        Ok(rows)
    }

    async fn spread(&self) -> Outcome<Vec<Row>> {
        let ids = self.world.posts().await?;
        let mut rows = Vec::new();
        for (label, ids) in [("one", &ids[..1]), ("many", &ids[..])] {
            rows.push(self.row(label, votes(&self.everybody_on(ids).await?)?, 64).await?);
        }
        Ok(rows)
    }

    async fn everybody_on(&self, posts: &[Uuid]) -> Outcome<Vec<(Uuid, Uuid)>> {
        let people = self.world.following(20).await?;
        Ok(people.into_iter().enumerate().map(|(n, user)| (posts[n % posts.len()], user)).collect())
    }
}
