//! The server is killed again and again while pictures come and go: afterwards no row is without its
//! files, and one sweep leaves no file without its row.
//!
//! `CRASH_KILLS=50 cargo test --test it image::crash -- --nocapture` does it fifty times.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{CREATE, DELETE, UPDATE, post};
use crate::{
    cli::{Server, printed, rookery},
    support::{
        app::{SECRET_KEY, TestApp},
        client::Client,
        picture::{files, png},
        user::TestUser,
    },
};

const KILLS: &str = "2";
/// How many more there are until one meets a server that has written something.
const MORE_KILLS: u32 = 10;
const WRITERS: usize = 4;

/// Writes, changes and deletes posts with pictures until nobody answers any more; how often a post was
/// written or changed.
async fn come_and_go(client: Client, pictures: [Vec<u8>; 2]) -> usize {
    let (mut written, mut done) = (Vec::<Value>::new(), 0);
    for turn in 0_usize.. {
        let file = [("variables.input.image", pictures[turn % 2].clone())];
        let id = (turn % 3 > 0).then(|| written.pop()).flatten();
        let answered = match (&id, turn % 3) {
            (Some(id), 1) => {
                let change = json!({ "input": { "id": id, "image": null } });
                client.try_upload(UPDATE, change, &file).await
            }
            (Some(id), _) => client.try_query(DELETE, json!({ "input": { "id": id } })).await,
            (None, _) => client.try_upload(CREATE, post("A post"), &file).await,
        };
        let Some(answer) = answered else { break };
        let paths = ["/data/createPost/post/id", "/data/updatePost/post/id"];
        if let Some(id) = paths.iter().find_map(|path| answer.json.pointer(path)) {
            written.push(id.clone());
            done += 1;
        }
    }
    done
}

/// The files that the rows name.
async fn named(app: &TestApp) -> BTreeSet<String> {
    let shown = "SELECT image FROM posts WHERE image IS NOT NULL";
    let rows = app.database().await.query(shown, &[]).await.unwrap();
    let mut names = BTreeSet::new();
    for row in rows {
        let image: rookery::media::StoredImage = row.get::<_, String>(0).parse().unwrap();
        for size in rookery::media::ImageSize::ALL {
            let file = image.file(size);
            let (name, longest) = (file.name.to_string(), file.size.longest());
            let extension = file.format.extension();
            let path =
                app.uploads().join(&name[..2]).join(&name).join(format!("{longest}.{extension}"));
            names.insert(path.display().to_string());
        }
    }
    names
}

async fn kill_at_random(
    settings: &[(&str, &str)],
    writers: &[TestUser],
    pictures: &[Vec<u8>; 2],
) -> usize {
    let mut server = Server::start(settings);
    let address = ([127, 0, 0, 1], server.port).into();
    let tasks: Vec<_> = writers
        .iter()
        .map(|writer| {
            let client = Client::new(address, Some(writer.token().to_owned()));
            tokio::spawn(come_and_go(client, pictures.clone()))
        })
        .collect();
    let moment = Duration::from_millis(rand::random_range(100..1_500));
    tokio::time::sleep(moment).await;
    kill_process(Pid::from_child(&server.process), Signal::KILL).unwrap();
    server.process.wait().unwrap();
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_leaves_no_row_without_files_and_a_sweep_no_file_without_row() {
    let kills: u32 =
        std::env::var("CRASH_KILLS").unwrap_or_else(|_| KILLS.to_owned()).parse().unwrap();
    let (app, _) = TestApp::alone().await;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        writers.push(app.user(&format!("writer_{number}")).await);
    }
    let url = app.database_url().to_owned();
    let folder = app.uploads().to_str().unwrap().to_owned();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("UPLOAD_DIR", folder.as_str()),
        ("SECRET_KEY", SECRET_KEY),
        ("WRITES_PER_MINUTE", "100000"),
    ];
    let pictures = [png(200, 150), png(90, 60)];
    let began = Instant::now();
    let (mut killed, mut written) = (0, 0);
    // Where the machine is busy a server may be killed before anything is written.
    while killed < kills || written == 0 && killed < kills + MORE_KILLS {
        killed += 1;
        written += kill_at_random(&settings, &writers, &pictures).await;
        let there: BTreeSet<String> = files(app.uploads()).into_iter().collect();
        let named = named(&app).await;
        let missing: Vec<_> = named.difference(&there).collect();
        assert!(missing.is_empty(), "rows without their files: {missing:?}");
    }
    let (left, wanted) = (files(app.uploads()).len(), named(&app).await.len());
    assert!(written > 0, "nothing came to its end before a kill");
    println!(
        "{killed} kills in {:?}, {written} writes: {left} files for rows that name {wanted}",
        began.elapsed()
    );
    let swept = rookery("media sweep", &settings).output().unwrap();
    println!("{}", printed(&swept).lines().last().unwrap());
    let there: BTreeSet<String> = files(app.uploads()).into_iter().collect();
    assert_eq!(there, named(&app).await, "one sweep is enough");
    let sql = app.database().await;
    let waiting = sql.query("SELECT FROM images WHERE due_at IS NOT NULL", &[]).await.unwrap();
    assert_eq!(waiting.len(), 0);
}
