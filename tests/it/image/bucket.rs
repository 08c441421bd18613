//! Pictures in a bucket, with a store that speaks S3: the npm package s3rver, where Node is there.

use std::{
    fs,
    io::{BufRead, BufReader, Write, stderr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::json;

use super::{DELETE, create, text};
use crate::support::{
    app::TestApp,
    picture::{files, png},
};

/// The store, which ends with this.
struct Bucket {
    process: Child,
    folder: tempfile::TempDir,
    endpoint: String,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}

fn home() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "s3"].iter().collect()
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(home()).stdin(Stdio::null()).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// `None` where there is no Node.
fn start() -> Option<Bucket> {
    if !run("node", &["--version"]) {
        // Past the test harness, which shows nothing of a test that passes.
        let _unread = writeln!(stderr(), "NOT RUN, since there is no Node: pictures in a bucket");
        return None;
    }
    let installed = home().join("node_modules/.installed-lock.json");
    let lock = fs::read(home().join("package-lock.json")).unwrap();
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        assert!(run("npm", &["ci", "--no-audit", "--no-fund"]), "npm ci in tests/s3 failed");
        fs::write(installed, &lock).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let mut process = Command::new("node")
        .arg("serve.mjs")
        .arg(folder.path())
        .current_dir(home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
    Some(Bucket { process, folder, endpoint: format!("http://127.0.0.1:{}", port.trim()) })
}

/// The pictures' files in the bucket, which keeps two more beside each.
fn objects(folder: &Path) -> Vec<String> {
    let mut found = files(&folder.join("pictures"));
    found.retain(|name| name.contains(".jpg") && name.ends_with("_object"));
    found
}

#[tokio::test]
async fn pictures_are_kept_served_and_removed_in_a_bucket() {
    let Some(bucket) = start() else { return };
    let settings = [
        ("S3_BUCKET", "pictures"),
        ("S3_ENDPOINT", bucket.endpoint.as_str()),
        ("S3_ACCESS_KEY_ID", "S3RVER"),
        ("S3_SECRET_ACCESS_KEY", "S3RVER"),
    ];
    let (app, stranger) = TestApp::alone_with(&settings).await;
    let ada = app.user("ada").await;
    let mut posts = Vec::new();
    for _ in 0..2 {
        let answer = create(&ada, png(700, 300)).await;
        assert_eq!(answer.data("/createPost/userErrors"), &json!([]), "{}", answer.text);
        posts.push(answer.data("/createPost/post").clone());
    }
    assert_eq!(objects(bucket.folder.path()).len(), 6);
    assert_eq!(files(app.uploads()), Vec::<String>::new());

    let url = text(&posts[0]["imageUrl"]);
    let (status, headers, whole) = stranger.fetch(url).await;
    assert_eq!((status.as_u16(), &headers["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    let path = &url[url.find("/media/").unwrap()..];
    let part = stranger.request(reqwest::Method::GET, path).header("range", "bytes=3-9");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), whole[3..10]);

    let media = &app.parts().media;
    assert_eq!(media.sweep(false).await.unwrap().sound, 2);
    ada.query(DELETE, json!({ "input": { "id": posts[0]["id"] } })).await;
    assert_eq!(stranger.fetch(url).await.0, 404);
    assert_eq!(media.remove_due().await.unwrap(), 1);
    assert_eq!(objects(bucket.folder.path()).len(), 3);

    // What the database has forgotten is found and removed.
    let sql = app.shared().await;
    sql.batch_execute("TRUNCATE posts CASCADE; DELETE FROM images").await.unwrap();
    let seen = media.sweep(true).await.unwrap();
    assert_eq!((seen.litter.len(), seen.sound), (1, 0));
    assert_eq!(objects(bucket.folder.path()).len(), 3, "only looked");
    media.sweep(false).await.unwrap();
    assert_eq!(objects(bucket.folder.path()), Vec::<String>::new());

    drop(bucket);
    let answer = create(&ada, png(7, 3)).await;
    assert_eq!(answer.code(), Some("SERVICE_UNAVAILABLE"), "{}", answer.text);
}
