//! GIF: its first picture, on the whole of its screen. Movement is left behind, since what it costs
//! is bounded by nothing.

use gif::{ColorOutput, DecodeOptions, Decoder, MemoryLimit};

use super::{Decoded, Header, MAX_PIXELS, Reader, Unreadable};
use crate::{canvas::Reducer, exif::Orientation};

const NOTHING: [u8; 4] = [0; 4];

fn open(reader: Reader<'_>) -> Result<Decoder<Reader<'_>>, Unreadable> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.allow_unknown_blocks(true);
    if let Some(limit) = std::num::NonZeroU64::new(MAX_PIXELS) {
        options.set_memory_limit(MemoryLimit::Bytes(limit));
    }
    options.read_info(reader).map_err(|_damaged| Unreadable::Damaged)
}

pub(super) fn header(reader: Reader<'_>) -> Result<Header, Unreadable> {
    let mut decoder = open(reader)?;
    let (width, height) = (decoder.width().into(), decoder.height().into());
    let frame = decoder.next_frame_info().map_err(|_damaged| Unreadable::Damaged)?;
    let frame = frame.ok_or(Unreadable::Damaged)?;
    let memory = u64::from(frame.width) * u64::from(frame.height);
    if memory > MAX_PIXELS {
        return Err(Unreadable::TooManyPixels);
    }
    Ok(Header { width, height, decoded: (width, height), memory, beside: memory })
}

pub(super) fn decode(reader: Reader<'_>) -> Result<Decoded, Unreadable> {
    let damaged = |_error| Unreadable::Damaged;
    let mut decoder = open(reader)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let frame = decoder.next_frame_info().map_err(damaged)?.ok_or(Unreadable::Damaged)?;
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (columns, rows) = (usize::from(frame.width), usize::from(frame.height));
    let transparent = frame.transparent;
    let mut indices = vec![0; columns * rows];
    decoder.read_into_buffer(&mut indices).map_err(damaged)?;
    let palette = decoder.palette().map_err(damaged)?.to_vec();
    let colour = |index: u8| match palette.get(usize::from(index) * 3..) {
        Some([r, g, b, ..]) if transparent != Some(index) => [*r, *g, *b, u8::MAX],
        _ => NOTHING,
    };
    let mut reducer = Reducer::new(width as u32, height as u32);
    for y in 0..height {
        let row = y.checked_sub(top).filter(|row| *row < rows);
        let row = row.map_or(&[][..], |row| &indices[row * columns..(row + 1) * columns]);
        reducer.row((0..width).map(|x| {
            let index = x.checked_sub(left).and_then(|x| row.get(x));
            index.map_or(NOTHING, |index| colour(*index))
        }));
    }
    let canvas = reducer.finish().ok_or(Unreadable::Damaged)?;
    Ok(Decoded { canvas, orientation: Orientation::UPRIGHT, profile: None })
}
