//! Pictures in tests.

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::ColorType;

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
    set: impl FnOnce(&mut jpeg_encoder::Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let kind = if colour.len() == 4 { ColorType::Cmyk } else { ColorType::Rgb };
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    set(&mut encoder);
    let pixels = colour.repeat(usize::from(width) * usize::from(height));
    encoder.encode(&pixels, width, height, kind).unwrap();
    bytes
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
