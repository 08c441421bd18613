//! Small files that ask for a great deal: of memory, or of work.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use image::ImageFormat;
use jpeg_encoder::SamplingFactor;

use super::{
    create,
    load::{MEMORY_MAX_KB, peak},
};
use crate::{
    cli::Server,
    support::{
        app::{SECRET_KEY, TestApp},
        client::Client,
        picture::{disc, encoded, jpeg},
    },
};

/// What becomes of 100 MB when it is packed.
const BOMB_BYTES: usize = 100 << 20;
const SIDE: u32 = 8;

fn png_with(bomb: impl FnOnce(&mut png::Encoder<'_, &mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgb);
    bomb(&mut encoder);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[9; (SIDE * SIDE * 3) as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}

fn with_profile() -> Vec<u8> {
    let mut info = png::Info::with_size(SIDE, SIDE);
    info.color_type = png::ColorType::Rgb;
    info.icc_profile = Some(Cow::Owned(vec![0; BOMB_BYTES]));
    let mut bytes = Vec::new();
    let encoder = png::Encoder::with_info(&mut bytes, info).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[9; (SIDE * SIDE * 3) as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}

fn with_text() -> Vec<u8> {
    let text = "a".repeat(BOMB_BYTES);
    png_with(|encoder| {
        encoder.add_ztxt_chunk("Comment".to_owned(), text.clone()).unwrap();
    })
}

/// A progressive JPEG that goes over its picture so many times more: each time says in a few bytes of
/// every block that nothing is to be added.
fn with_scans(width: u16, height: u16, more: usize) -> Vec<u8> {
    let file = jpeg(width, height, &[90, 120, 200], &|it| {
        it.set_progressive(true);
        it.set_sampling_factor(SamplingFactor::F_2_2);
    });
    let frame = file.windows(2).position(|pair| pair == [0xff, 0xc2]).unwrap();
    let component = file[frame + 10];
    // A table of one code, a single zero: the longest run of blocks that end here. Its length follows
    // in 14 bits.
    let mut table = vec![0xff, 0xc4, 0, 20, 0x10, 1];
    table.extend([0; 15]);
    table.push(0xe0);
    let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    let bits = "011111111111111".repeat(blocks.div_ceil(32_767)) + "1111111";
    let bytes = bits.as_bytes().as_chunks::<8>().0.iter();
    let bytes = bytes.map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0')));
    let escaped = bytes.flat_map(|byte: u8| if byte == 0xff { vec![byte, 0] } else { vec![byte] });
    let mut scan = vec![0xff, 0xda, 0, 8, 1, component, 0, 1, 63, 0];
    scan.extend(escaped);
    [&file[..file.len() - 2], &table, &scan.repeat(more), &[0xff, 0xd9]].concat()
}

fn gif_with_frames(bytes: usize) -> Vec<u8> {
    let one = encoded(&disc(4), ImageFormat::Gif);
    // Behind the screen and whatever belongs to all of it, up to the end.
    let first = one.windows(3).position(|three| three == [0x21, 0xf9, 4]).unwrap();
    let (start, frame) = one.split_at(first);
    let frame = &frame[..frame.len() - 1];
    [start, &frame.repeat((bytes - start.len()) / frame.len()), &[0x3b]].concat()
}

fn webp_with_frames(bytes: usize) -> Vec<u8> {
    let chunk = |name: &str, content: &[u8]| {
        let length = (content.len() as u32).to_le_bytes();
        [name.as_bytes(), &length, content, &vec![0; content.len() % 2]].concat()
    };
    // Its picture alone, without the file around it.
    let picture = &encoded(&disc(1), ImageFormat::WebP)[12..];
    let frame = chunk("ANMF", &[&[0; 16], picture].concat());
    let head = [chunk("VP8X", &[0b10, 0, 0, 0, 0, 0, 0, 0, 0, 0]), chunk("ANIM", &[0; 6])].concat();
    let frames = frame.repeat((bytes - 100) / frame.len());
    chunk("RIFF", &[b"WEBP".as_slice(), &head, &frames].concat())
}

/// The code and the message of the first problem; nothing where there is none.
async fn verdict(client: &Client, file: Vec<u8>) -> (String, String) {
    let answer = create(client, file).await;
    assert_eq!(answer.code(), None, "{}", answer.text);
    let error = &answer.data("/createPost/userErrors")[0];
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (text("code"), text("message"))
}

#[tokio::test]
async fn many_pictures_in_one_take_no_more_time_than_one() {
    let (app, _) = TestApp::init().await;
    let ada = app.user("ada").await;
    const MOST: usize = 8 << 20;
    for (what, file, message) in [
        ("scans", with_scans(6_000, 4_000, 5_000), "takes too long"),
        ("frames of a GIF", gif_with_frames(MOST), ""),
        ("frames of a WebP", webp_with_frames(MOST), ""),
    ] {
        assert!((100_000..=MOST).contains(&file.len()), "{what}: {} bytes", file.len());
        let began = Instant::now();
        let (code, told) = verdict(&ada, file).await;
        println!("{what}: {code} {told:?} after {:?}", began.elapsed());
        assert_eq!(told.is_empty(), message.is_empty(), "{what}: {told}");
        assert!(told.contains(message), "{what}: {told}");
        assert!(began.elapsed() < Duration::from_secs(5), "{what}: {:?}", began.elapsed());
    }
    // A careful program makes more than a few.
    assert_eq!(verdict(&ada, with_scans(600, 400, 16)).await, Default::default());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_packed_small_is_not_unpacked() {
    let (app, _) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let server = Server::start(&[
        ("DATABASE_URL", app.database_url()),
        ("UPLOAD_DIR", app.uploads().to_str().unwrap()),
        ("SECRET_KEY", SECRET_KEY),
    ]);
    let client = Client::new(([127, 0, 0, 1], server.port).into(), Some(ada.token().to_owned()));
    let bombs = [("a profile", with_profile()), ("a text", with_text())];
    let uploads = (0..16).map(|number| {
        let (client, (what, file)) = (client.clone(), bombs[number % bombs.len()].clone());
        tokio::spawn(async move { (what, verdict(&client, file).await) })
    });
    for upload in uploads.collect::<Vec<_>>() {
        println!("{:?}", upload.await.unwrap());
    }
    let most = peak(server.process.id());
    println!("{} MB at the height", most / 1024);
    assert!(most < MEMORY_MAX_KB, "{most} KB");
}
