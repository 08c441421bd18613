//! Files that are not what they say, that hide something, or that ask for more than there is.

use image::{GenericImageView, ImageFormat};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;

use super::{create, text};
use crate::support::{
    app::TestApp,
    client::Client,
    picture::{disc, encoded, files, gradient, jpeg, png},
};

/// What the server says of a file: the code of the error, or that there is none.
async fn verdict(client: &Client, file: Vec<u8>) -> String {
    let answer = create(client, file).await;
    assert_eq!(answer.code(), None, "{}", answer.text);
    let errors = answer.data("/createPost/userErrors");
    errors[0]["code"].as_str().unwrap_or("fine").to_owned()
}

/// The large file of the picture that is made of this one.
async fn made(client: &Client, file: Vec<u8>) -> (Vec<u8>, image::DynamicImage) {
    let answer = create(client, file).await;
    assert_eq!(answer.data("/createPost/userErrors"), &json!([]), "{}", answer.text);
    let (_, _, bytes) = client.fetch(text(answer.data("/createPost/post/imageUrl"))).await;
    let picture = image::load_from_memory(&bytes).unwrap();
    (bytes, picture)
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// PNG's checksum, since a lie must be told well.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    };
    (!bytes.iter().fold(!0, step)).to_be_bytes()
}

/// A PNG whose header says that it is so large.
fn lying_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = png(8, 8);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = checksum(&file[12..29]);
    file[29..33].copy_from_slice(&sum);
    file
}

/// A JPEG with this segment after its first two bytes.
fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

fn exif(orientation: u16, comment: &str) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    exif.extend(orientation.to_be_bytes());
    exif.extend([0; 6]);
    exif.extend(comment.as_bytes());
    exif
}

#[tokio::test]
async fn bombs_and_lies_are_refused_by_their_headers() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let mut large_jpeg = encoded(&gradient(16, 16), ImageFormat::Jpeg);
    let frame = large_jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    large_jpeg[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    let mut large_gif = encoded(&disc(8), ImageFormat::Gif);
    large_gif[6..10].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
    for file in [lying_png(10_000, 10_000), lying_png(u32::MAX >> 1, 1), large_jpeg, large_gif] {
        assert_eq!(verdict(&ada, file).await, "TOO_LARGE");
    }
    // Within the pixels, but they never come; or more than fits in memory at once.
    assert_eq!(verdict(&ada, lying_png(6_000, 6_000)).await, "INVALID");
    assert_eq!(verdict(&ada, lying_png(0, 6)).await, "INVALID");
    for file in
        ["<!doctype html>", "%PDF-1.7", "PK\u{3}\u{4}", "GIF89a", "RIFF\u{1}\0\0\0WEBP", "BM"]
    {
        assert_eq!(verdict(&ada, file.as_bytes().to_vec()).await, "INVALID", "{file}");
    }
    assert_eq!(files(app.uploads()), Vec::<String>::new());
}

/// What has to lie in memory as a whole may not have all 40 megapixels, and who sends more is told how
/// many it may have, which is true.
#[tokio::test]
async fn who_sends_too_many_pixels_is_told_how_many_fit() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let interlaced = |side: u32| {
        let mut file = lying_png(side, side);
        file[28] = 1;
        let sum = checksum(&file[12..29]);
        file[29..33].copy_from_slice(&sum);
        file
    };
    let progressive = |side: u32| {
        let mut file = jpeg(16, 16, &[1, 2, 3], &|it| it.set_progressive(true));
        let frame = file.windows(2).position(|pair| pair == [0xff, 0xc2]).unwrap();
        let side = (side as u16).to_be_bytes();
        file[frame + 5..frame + 9].copy_from_slice(&[side, side].concat());
        file
    };
    let kinds: [&dyn Fn(u32) -> Vec<u8>; 2] = [&interlaced, &progressive];
    for kind in kinds {
        let answer = create(&ada, kind(6_300)).await;
        let error = answer.data("/createPost/userErrors/0");
        assert_eq!(error["code"], "TOO_LARGE", "{}", answer.text);
        let told = text(&error["message"]);
        let most = told.split(' ').find_map(|word| word.parse::<f64>().ok()).unwrap();
        assert!((5.0..40.0).contains(&most), "{told}");
        let side = (most * 1e6).sqrt() as u32;
        assert_ne!(verdict(&ada, kind(side)).await, "TOO_LARGE", "{told}");
    }
}

/// What is measured must be what is decoded: here one frame stands where a decoder finds it that
/// passes over nonsense, and another where one looks that believes in lengths.
#[tokio::test]
async fn a_file_of_two_readings_is_refused() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let real = jpeg(64, 64, &[1, 2, 3], &|_| ());
    let start = real.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let mut small = real[start..start + 19].to_vec();
    small[5..9].copy_from_slice(&[0, 8, 0, 8]);
    assert_eq!(verdict(&ada, real.clone()).await, "fine");
    let length = (real.len() as u16).to_be_bytes();
    for marker in [0x00, 0x01, 0xd0, 0xd8, 0xf0] {
        let file = [&[0xff, 0xd8, 0xff, marker], &length[..], &real[2..], &small].concat();
        assert_eq!(verdict(&ada, file).await, "INVALID", "{marker:x}");
    }
}

#[tokio::test]
async fn what_is_hidden_in_a_file_stays_behind() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    const SCRIPT: &str = "<script>alert(1)</script>";
    let mut polyglot = png(30, 20);
    polyglot.extend(SCRIPT.bytes());
    let (bytes, _) = made(&ada, polyglot).await;
    assert!(!has(&bytes, "script"));

    let camera = encoded(&gradient(60, 30), ImageFormat::Jpeg);
    let camera = with_segment(&camera, 0xe1, &exif(6, SCRIPT));
    let camera = with_segment(&camera, 0xfe, b"GPS 52.5200 13.4050");
    let (bytes, picture) = made(&ada, camera).await;
    for hidden in ["script", "GPS", "Exif"] {
        assert!(!has(&bytes, hidden), "{hidden}");
    }
    // It lay on its left side: what was on the left is at the top now, what was at the bottom left.
    assert_eq!(picture.dimensions(), (30, 60));
    let [red, green, _] = picture.to_rgb8().get_pixel(2, 2).0;
    assert!(red < 30 && green > 200, "{red} {green}");
}

#[tokio::test]
async fn colours_are_those_that_were_meant() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    let near = |picture: &image::DynamicImage, meant: [u8; 3]| {
        let found = picture.to_rgb8().get_pixel(20, 20).0;
        let off = found.iter().zip(meant).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(off <= 10, "{found:?} instead of {meant:?}");
    };
    // The red of sRGB, as a phone with a wider space writes it.
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let wide = jpeg(40, 40, &[234, 51, 35], &|it| it.add_icc_profile(&profile).unwrap());
    near(&made(&ada, wide).await.1, [255, 0, 0]);
    let plain = jpeg(40, 40, &[234, 51, 35], &|_| ());
    near(&made(&ada, plain).await.1, [234, 51, 35]);
    let nonsense = jpeg(40, 40, &[234, 51, 35], &|it| it.add_icc_profile(&[7; 300]).unwrap());
    near(&made(&ada, nonsense).await.1, [234, 51, 35]);
    let progressive = jpeg(40, 40, &[20, 200, 90], &|it| it.set_progressive(true));
    near(&made(&ada, progressive).await.1, [20, 200, 90]);
    // Scaled on the way, by the decoder and by the mean of squares.
    let large = jpeg(4_000, 400, &[20, 200, 90], &|_| ());
    let (_, picture) = made(&ada, large).await;
    assert_eq!(picture.dimensions(), (1600, 160));
    near(&picture, [20, 200, 90]);
}

/// Whatever comes of them: an answer, and no file of what was refused.
#[tokio::test]
async fn damaged_files_are_told_so() {
    let (app, _) = TestApp::alone_with(&[("WRITES_PER_MINUTE", "100000")]).await;
    let ada = app.user("ada").await;
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let kinds = [
        encoded(&gradient(90, 60), ImageFormat::Jpeg),
        jpeg(90, 60, &[9, 8, 7], &|it| it.set_progressive(true)),
        encoded(&gradient(90, 60), ImageFormat::Png),
        encoded(&disc(90), ImageFormat::WebP),
        encoded(&disc(90), ImageFormat::Gif),
    ];
    let mut fine = 0;
    for file in kinds {
        let mut cut = file.clone();
        cut.truncate(file.len() / 3);
        assert_eq!(verdict(&ada, cut).await, "INVALID");
        for _ in 0..12 {
            let mut damaged = file.clone();
            for _ in 0..rng.random_range(1..8) {
                let at = rng.random_range(4..damaged.len());
                damaged[at] = rng.random();
            }
            fine += i32::from(verdict(&ada, damaged).await == "fine");
        }
    }
    let rows = app.shared().await.query("SELECT FROM images", &[]).await.unwrap();
    assert_eq!(rows.len() as i32, fine);
    assert_eq!(app.parts().media.sweep(true).await.unwrap().sound as i32, fine);
}
