//! The sizes of a picture, written anew.
//!
//! What is opaque becomes JPEG: it is what everything shows, a third of the size of anything
//! lossless, and there is no lossy WebP encoder without C code. What is not becomes lossless WebP,
//! which is smaller than PNG; pictures with transparency are mostly drawn, so they compress well, and
//! a side of 1600 pixels bounds the others to some megabytes.

use fast_image_resize::{
    FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image,
};
use image_webp::{ColorType, WebPEncoder};
use jpeg_encoder::{Encoder, SamplingFactor};

use crate::{BoxError, canvas::Canvas, colour, source::Decoded};

const QUALITY: u8 = 82;
/// Small ones are looked at closely, and cost little.
const SMALL_QUALITY: u8 = 76;
/// The longest side that the placeholder's algorithm takes.
const PLACEHOLDER_SIDE: u32 = 100;

/// How the files of a picture are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What has no transparent pixel.
    Jpeg,
    /// What has.
    Webp,
}

impl Format {
    /// What its files' names end with.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    /// What browsers call it.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// The one whose files' names end with this.
    #[must_use]
    pub fn of(extension: &str) -> Option<Self> {
        [Self::Jpeg, Self::Webp].into_iter().find(|format| format.extension() == extension)
    }
}

/// The sizes in which a picture can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageSize {
    /// For a page of its own.
    Large,
    /// For lists.
    Medium,
    /// For thumbnails.
    Small,
}

impl ImageSize {
    /// All of them, the largest first.
    pub const ALL: [Self; 3] = [Self::Large, Self::Medium, Self::Small];

    /// The longest that a side may be, in pixels.
    #[must_use]
    pub const fn longest(self) -> u32 {
        match self {
            Self::Large => 1600,
            Self::Medium => 640,
            Self::Small => 160,
        }
    }
}

/// A picture in all its sizes.
pub struct Renditions {
    pub width: u32,
    pub height: u32,
    pub format: Format,
    pub placeholder: Vec<u8>,
    pub files: Vec<(ImageSize, Vec<u8>)>,
}

/// Makes all sizes.
///
/// # Errors
/// When an encoder fails, which none has a reason to.
pub fn render(decoded: Decoded) -> Result<Renditions, BoxError> {
    let Decoded { canvas, orientation, profile } = decoded;
    let opaque = canvas.is_opaque();
    let mut large = fit(canvas, opaque, ImageSize::Large.longest())?;
    colour::to_srgb(&mut large, profile.as_deref());
    let mut canvas = large.upright(orientation);
    let (width, height) = (canvas.width, canvas.height);
    let format = if opaque { Format::Jpeg } else { Format::Webp };
    let mut files = Vec::new();
    for size in ImageSize::ALL {
        // What is no larger than this is there already.
        if !files.is_empty() && canvas.width.max(canvas.height) <= size.longest() {
            continue;
        }
        canvas = fit(canvas, opaque, size.longest())?;
        files.push((size, encode(&canvas, format, size)?));
    }
    let Canvas { width: across, height: down, rgba } = fit(canvas, opaque, PLACEHOLDER_SIDE)?;
    let placeholder = thumbhash::rgba_to_thumb_hash(across as usize, down as usize, &rgba);
    Ok(Renditions { width, height, format, placeholder, files })
}

/// Makes it smaller where it is too large, never larger.
fn fit(canvas: Canvas, opaque: bool, longest: u32) -> Result<Canvas, BoxError> {
    let Canvas { width, height, rgba } = canvas;
    let side = width.max(height);
    if side <= longest {
        return Ok(Canvas { width, height, rgba });
    }
    let scaled = |length: u32| {
        let exact = u64::from(length) * u64::from(longest);
        ((exact + u64::from(side) / 2) / u64::from(side)).max(1) as u32
    };
    let (to_width, to_height) = (scaled(width), scaled(height));
    let mut from = Image::from_vec_u8(width, height, rgba, PixelType::U8x4)?;
    let mut to = Image::new(to_width, to_height, PixelType::U8x4);
    // What cannot be seen must not count. In place, since the resizer itself would make a copy.
    let opacity = MulDiv::new();
    if !opaque {
        opacity.multiply_alpha_inplace(&mut from)?;
    }
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false);
    Resizer::new().resize(&from, &mut to, &options)?;
    drop(from);
    if !opaque {
        opacity.divide_alpha_inplace(&mut to)?;
    }
    Ok(Canvas { width: to_width, height: to_height, rgba: to.into_vec() })
}

fn encode(canvas: &Canvas, format: Format, size: ImageSize) -> Result<Vec<u8>, BoxError> {
    let Canvas { width, height, rgba } = canvas;
    let mut bytes = Vec::new();
    match format {
        Format::Jpeg => {
            let quality = if size == ImageSize::Small { SMALL_QUALITY } else { QUALITY };
            let mut encoder = Encoder::new(&mut bytes, quality);
            encoder.set_sampling_factor(SamplingFactor::F_2_2);
            // Tables of its own would make each component a scan of its own, which not every decoder
            // of a plain JPEG can read.
            encoder.set_optimized_huffman_tables(false);
            let (width, height) = (*width as u16, *height as u16);
            let encoded = encoder.encode(rgba, width, height, jpeg_encoder::ColorType::Rgba);
            encoded?;
        }
        Format::Webp => {
            let encoder = WebPEncoder::new(&mut bytes);
            let encoded = encoder.encode(rgba, *width, *height, ColorType::Rgba8);
            encoded?;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_picture_has_its_colours() {
        let pixel = [250, 5, 128, 255];
        let canvas = Canvas { width: 160, height: 80, rgba: pixel.repeat(160 * 80) };
        for (format, known) in
            [(Format::Jpeg, image::ImageFormat::Jpeg), (Format::Webp, image::ImageFormat::WebP)]
        {
            let bytes = encode(&canvas, format, ImageSize::Large).unwrap();
            let picture = image::load_from_memory_with_format(&bytes, known).unwrap().to_rgba8();
            for (made, meant) in picture.get_pixel(80, 40).0.into_iter().zip(pixel) {
                assert!(made.abs_diff(meant) < 4, "{format:?} {:?}", picture.get_pixel(80, 40));
            }
        }
    }
}
