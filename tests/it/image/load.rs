//! Many large pictures at once: the memory that they take is bounded.
//!
//! `UPLOADS_AT_ONCE=32 cargo test image::load -- --nocapture` tries more of them.

use std::fs;

use image::ImageFormat;
use jpeg_encoder::SamplingFactor;
use serde_json::json;

use super::create;
use crate::{
    cli::Server,
    support::{
        app::{SECRET_KEY, TestApp},
        client::Client,
        picture::{disc, encoded, jpeg, tall_jpeg},
    },
};

/// Of each kind two. CI tries more than a change needs to wait for.
const AT_ONCE: usize = 8;
pub const MEMORY_MAX_KB: u64 = 200 * 1024;

/// The most memory that the process ever had, in KB.
#[cfg(target_os = "linux")]
pub fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn many_large_pictures_at_once_take_less_than_200_mb() {
    let asked = std::env::var("UPLOADS_AT_ONCE").ok();
    let at_once = asked.map_or(AT_ONCE, |text| text.parse().unwrap());
    let (app, _) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let server = Server::start(&[
        ("DATABASE_URL", app.database_url()),
        ("UPLOAD_DIR", app.uploads().to_str().unwrap()),
        ("SECRET_KEY", SECRET_KEY),
        ("UPLOAD_TIMEOUT_SECONDS", "300"),
    ]);
    let client = Client::new(([127, 0, 0, 1], server.port).into(), Some(ada.token().to_owned()));
    let before = peak(server.process.id());
    // The most pixels that are allowed, and the most that may lie in memory as a whole.
    let plain = tall_jpeg(7_300, 5_470, &[90, 120, 200]);
    let progressive = jpeg(6_000, 4_000, &[90, 120, 200], &|it| {
        it.set_progressive(true);
        it.set_sampling_factor(SamplingFactor::F_2_2);
    });
    let disc = disc(3_200);
    let webp = encoded(&disc, ImageFormat::WebP);
    let png = encoded(&disc.crop_imm(0, 0, 3_190, 3_190), ImageFormat::Png);
    let kinds = [plain, progressive, webp, png];
    let uploads = (0..at_once).map(|number| {
        let (client, file) = (client.clone(), kinds[number % kinds.len()].clone());
        tokio::spawn(async move { create(&client, file).await })
    });
    for upload in uploads.collect::<Vec<_>>() {
        let answer = upload.await.unwrap();
        assert_eq!(answer.data("/createPost/userErrors"), &json!([]), "{}", answer.text);
    }
    let after = peak(server.process.id());
    println!("{} MB before, {} MB at the height of {at_once} uploads", before / 1024, after / 1024);
    assert!(after < MEMORY_MAX_KB, "{after} KB");
}
