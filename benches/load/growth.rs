//! How the cost grows with what there is: each case again with ten and a hundred times as much.

use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::{
    Outcome,
    arguments::Arguments,
    cpu::Watch,
    generator::{self, Load},
    operations::{feeds, pages, posts, votes},
    report::Report,
    server::Server,
    world::World,
};

/// One size and what it cost.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub label: String,
    pub p50_ms: f64,
    pub per_second: f64,
}

struct Growing<'a> {
    world: &'a World,
    server: Server,
    seconds: u64,
}

pub async fn run(world: &World, arguments: &Arguments, report: &mut Report) -> Outcome<()> {
    let server = Server::start(world, &[]).await?;
    let growing = Growing { world, server, seconds: arguments.seconds().min(5) };
    report.add_growth("clients, a post by id", growing.clients().await?);
    report.add_growth("page size", growing.page_sizes().await?);
    report.add_growth("page", growing.depths().await?);
    report.add_growth("people followed, a feed", growing.followees().await?);
    report.add_growth("votes on the post that is read", growing.read_votes().await?);
    report.add_growth("votes on the post that is voted on", growing.cast_votes().await?);
    report.add_growth("posts voted on by 64 clients", growing.spread().await?);
    growing.server.stop().await
}

impl Growing<'_> {
    async fn row(
        &self,
        label: impl ToString,
        requests: Vec<Vec<u8>>,
        connections: usize,
    ) -> Outcome<Row> {
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
                per_second: measured.per_second(),
            }),
        }
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
