//! WebP, which lies in memory as a whole; of a moving one the first picture.

use image_webp::{DecodingError, WebPDecoder};

use super::{Decoded, Header, MEMORY_MAX, Reader, Unreadable, reduce};
use crate::media::exif::Orientation;

fn open(reader: Reader<'_>) -> Result<WebPDecoder<Reader<'_>>, Unreadable> {
    let mut decoder = WebPDecoder::new(reader).map_err(unreadable)?;
    decoder.set_memory_limit(MEMORY_MAX as usize);
    Ok(decoder)
}

pub(super) fn header(reader: Reader<'_>) -> Result<Header, Unreadable> {
    let mut decoder = open(reader)?;
    let (width, height) = decoder.dimensions();
    // Half bytes a pixel: the pixels themselves and what the decoder makes them from.
    let halves: u64 = match (decoder.is_animated(), decoder.is_lossy(), decoder.has_alpha()) {
        (true, _, _) => 32,
        (false, true, false) => 9,
        (false, true, true) => 21,
        (false, false, false) => 14,
        (false, false, true) => 8,
    };
    let pixels = u64::from(width) * u64::from(height);
    let (memory, beside) = (pixels * halves / 2, pixels * if decoder.has_alpha() { 4 } else { 3 });
    Ok(Header { width, height, decoded: (width, height), memory, beside })
}

pub(super) fn decode(reader: Reader<'_>) -> Result<Decoded, Unreadable> {
    let mut decoder = open(reader)?;
    let (width, height) = decoder.dimensions();
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut bytes = vec![0; decoder.output_buffer_size().ok_or(Unreadable::TooManyPixels)?];
    decoder.read_image(&mut bytes).map_err(unreadable)?;
    // What is wrong with these is no reason to do without the picture.
    let exif = decoder.exif_metadata().ok().flatten();
    let orientation = exif.map_or(Orientation::UPRIGHT, |exif| Orientation::read(&exif));
    let profile = decoder.icc_profile().ok().flatten();
    drop(decoder);
    Ok(Decoded { canvas: reduce(width, height, &bytes, channels)?, orientation, profile })
}

fn unreadable(error: DecodingError) -> Unreadable {
    match error {
        DecodingError::MemoryLimitExceeded | DecodingError::UnsupportedFeature(_) => {
            Unreadable::Unsupported
        }
        _ => Unreadable::Damaged,
    }
}
