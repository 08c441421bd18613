//! WebP, which lies in memory as a whole; of a moving one the first picture.

use std::io::{BufRead, Seek};

use image_webp::{DecodingError, WebPDecoder};

use super::{Decoded, Header, MEMORY_MAX, Reader, Unreadable, reduce};
use crate::exif::Orientation;

fn open(reader: Reader<'_>) -> Result<WebPDecoder<Reader<'_>>, Unreadable> {
    let mut decoder = WebPDecoder::new(reader).map_err(unreadable)?;
    decoder.set_memory_limit(MEMORY_MAX as usize);
    Ok(decoder)
}

pub(super) fn header(mut reader: Reader<'_>) -> Result<Header, Unreadable> {
    let largest = largest_lossy_frame(&mut reader)?;
    reader.rewind().map_err(|_broken| Unreadable::Damaged)?;
    let mut decoder = open(reader)?;
    let (width, height) = decoder.dimensions();
    if largest.0 > width || largest.1 > height {
        return Err(Unreadable::Damaged);
    }
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

/// The width and height of the largest lossy frames anywhere in the file. The decoder reads such a
/// frame as a whole before it compares its size with that of the picture.
fn largest_lossy_frame(reader: &mut Reader<'_>) -> Result<(u32, u32), Unreadable> {
    // The chunk's name and length, three bytes, a mark, then its sides in 14 bits each.
    const LENGTH: usize = 18;
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    let (mut width, mut height) = (0, 0);
    let mut bytes = Vec::new();
    loop {
        let there = reader.fill_buf().map_err(|_broken| Unreadable::Damaged)?;
        if there.is_empty() {
            return Ok((width, height));
        }
        bytes.extend_from_slice(there);
        let length = there.len();
        reader.consume(length);
        for frame in bytes.windows(LENGTH).filter(|it| it.starts_with(b"VP8 ")) {
            if frame[11..14] == [0x9d, 0x01, 0x2a] {
                width = width.max(side(frame[14], frame[15]));
                height = height.max(side(frame[16], frame[17]));
            }
        }
        // What began here may go on in the next piece.
        bytes.drain(..bytes.len().saturating_sub(LENGTH - 1));
    }
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

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Write};

    use super::*;
    use crate::source::Source;

    /// A file that says that it is of eight pixels a side, with a lossy frame of this width.
    fn with_frame(width: u16, before: usize) -> File {
        let chunk = |name: &str, content: &[u8]| {
            let length = (content.len() as u32).to_le_bytes();
            [name.as_bytes(), &length, content].concat()
        };
        let frame = [&[0x10, 2, 0, 0x9d, 0x01, 0x2a][..], &width.to_le_bytes(), &[8, 0, 0, 0]];
        let chunks = [
            chunk("VP8X", &[0, 0, 0, 0, 7, 0, 0, 7, 0, 0]),
            chunk("XXXX", &vec![0; before]),
            chunk("VP8 ", &frame.concat()),
        ];
        let mut file = tempfile::tempfile().unwrap();
        let content = [b"WEBP".to_vec(), chunks.concat()].concat();
        file.write_all(&chunk("RIFF", &content)).unwrap();
        file
    }

    #[test]
    fn no_frame_is_larger_than_its_picture() {
        // Where pieces of the file end within the frame's head, too.
        for before in [0, 2, 8_100, 8_130, 8_140, 8_148] {
            assert!(Source::open(with_frame(8, before)).is_ok(), "{before}");
            for width in [9, 16_383] {
                let opened = Source::open(with_frame(width, before)).err();
                assert_eq!(opened, Some(Unreadable::Damaged), "{width} after {before}");
            }
        }
    }
}
