//! Pictures for the tests, a crate of its own since it is built optimised: forty million pixels take
//! seconds otherwise. For the same reason no function here is generic, which would be built where it
//! is called.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its picture fails")]

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, SamplingFactor};

/// A picture of colours that run into each other, so that one sees where is up.
pub fn gradient(width: u32, height: u32) -> DynamicImage {
    let colour = |x: u32, y: u32| {
        let share = |at: u32, of: u32| (at * 255 / of.max(1)) as u8;
        Rgb([share(x, width), share(y, height), 128])
    };
    RgbImage::from_fn(width, height, colour).into()
}

/// A disc with nothing around it.
pub fn disc(side: u32) -> DynamicImage {
    let half = side as f32 / 2.0;
    let colour = |x: u32, y: u32| {
        let inside = (x as f32 - half).hypot(y as f32 - half) < half * 0.9;
        if inside { Rgba([200, 40, 90, 255]) } else { Rgba([0, 0, 0, 0]) }
    };
    RgbaImage::from_fn(side, side, colour).into()
}

/// The bytes of a file.
pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// A small picture as a file.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&gradient(width, height), ImageFormat::Png)
}

/// A JPEG as cameras and programs write them, of one colour in some space.
pub fn jpeg(
    width: u16,
    height: u16,
    colour: &[u8],
    set: &dyn Fn(&mut jpeg_encoder::Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let kind = if colour.len() == 4 { ColorType::Cmyk } else { ColorType::Rgb };
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    set(&mut encoder);
    let pixels = colour.repeat(usize::from(width) * usize::from(height));
    encoder.encode(&pixels, width, height, kind).unwrap();
    bytes
}

/// A JPEG of one colour and any height. What stands between two restart markers is all alike, so it is
/// encoded once: forty million pixels would take seconds.
pub fn tall_jpeg(width: u16, height: u16, colour: &[u8]) -> Vec<u8> {
    const BLOCK: u16 = 8;
    let mut low = jpeg(width, 2 * BLOCK, colour, &|it| {
        it.set_sampling_factor(SamplingFactor::F_1_1);
        it.set_restart_interval(width.div_ceil(BLOCK));
    });
    let find = |marker: [u8; 2]| low.windows(2).position(|at| at == marker).unwrap();
    let (frame, scan, restart) = (find([0xff, 0xc0]), find([0xff, 0xda]), find([0xff, 0xd0]));
    let head = scan + 2 + usize::from(u16::from_be_bytes([low[scan + 2], low[scan + 3]]));
    let rows = low[head..restart].to_vec();
    low.truncate(head);
    low[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    for block in 0..height.div_ceil(BLOCK) {
        if block > 0 {
            low.extend([0xff, 0xd0 + (block - 1) as u8 % 8]);
        }
        low.extend_from_slice(&rows);
    }
    low.extend([0xff, 0xd9]);
    low
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push(path.display().to_string()),
            }
        }
    }
    found
}
