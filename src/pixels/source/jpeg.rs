//! JPEG, decoded at a half, a quarter or an eighth of its size where that is large enough: the
//! decoder then never makes the pixels that nobody will see, which saves most of the time and memory.

use std::io::{BufRead, Read};

use jpeg_decoder::{Decoder, Error, PixelFormat};

use super::{Decoded, Header, Reader, Unreadable, reduce};
use crate::{colour, exif::Orientation, rendition::ImageSize};

/// How many times a file may go over its picture: for each of a few bytes it can ask for all the work
/// that there is. Programs write one scan, or some ten where the picture is progressive; there may be
/// another small picture at the end of the file.
const MAX_SCANS: usize = 16;
const MAX_PROGRESSIVE_SCANS: usize = 32;

/// A component of a frame: how often it is sampled, across and down.
type Sampling = (u64, u64);

struct Frame {
    width: u32,
    height: u32,
    progressive: bool,
    components: Vec<Sampling>,
}

pub(super) fn header(mut reader: Reader<'_>) -> Result<Header, Unreadable> {
    let frame = frame(&mut reader)?;
    if scans(&mut reader)? > if frame.progressive { MAX_PROGRESSIVE_SCANS } else { MAX_SCANS } {
        return Err(Unreadable::TooSlow);
    }
    let (width, height) = (frame.width, frame.height);
    let scale = scale(width, height);
    let decoded = (width.div_ceil(scale), height.div_ceil(scale));
    let pixels = u64::from(decoded.0) * u64::from(decoded.1) * frame.components.len() as u64;
    // Its planes, and then its pixels.
    let memory = coefficients(&frame) + 2 * pixels;
    Ok(Header { width, height, decoded, memory, beside: pixels })
}

/// How many pixels the decoder makes one of, along each side.
fn scale(width: u32, height: u32) -> u32 {
    let fits = |scale: &u32| width.max(height).div_ceil(*scale) >= ImageSize::Large.longest();
    [8, 4, 2].into_iter().find(fits).unwrap_or(1)
}

/// Of a progressive picture, all of them lie in memory.
fn coefficients(frame: &Frame) -> u64 {
    if !frame.progressive {
        return 0;
    }
    let (width, height) = (u64::from(frame.width), u64::from(frame.height));
    let most = |side: fn(&Sampling) -> u64| frame.components.iter().map(side).max().unwrap_or(1);
    let (most_across, most_down) = (most(|it| it.0).max(1), most(|it| it.1).max(1));
    let samples = |(across, down): &Sampling| {
        (width * across).div_ceil(most_across).next_multiple_of(16)
            * (height * down).div_ceil(most_down).next_multiple_of(16)
    };
    frame.components.iter().map(samples).sum::<u64>() * 2
}

/// Walks from segment to segment up to the one that describes the frame.
fn frame(reader: &mut Reader<'_>) -> Result<Frame, Unreadable> {
    let damaged = |_cut_off| Unreadable::Damaged;
    let mut start = [0; 2];
    reader.read_exact(&mut start).map_err(damaged)?;
    loop {
        let mut byte = [0];
        reader.read_exact(&mut byte).map_err(damaged)?;
        if byte != [0xff] {
            return Err(Unreadable::Damaged);
        }
        while byte == [0xff] {
            reader.read_exact(&mut byte).map_err(damaged)?;
        }
        let mut length = [0; 2];
        reader.read_exact(&mut length).map_err(damaged)?;
        let length = u64::from(u16::from_be_bytes(length)).checked_sub(2);
        let length = length.ok_or(Unreadable::Damaged)?;
        match byte[0] {
            marker @ (0xc0..=0xc2) => {
                let mut segment = Vec::new();
                reader.take(length).read_to_end(&mut segment).map_err(damaged)?;
                return described(&segment, marker == 0xc2).ok_or(Unreadable::Damaged);
            }
            // Lossless, hierarchical, arithmetic: nobody's camera writes them.
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(Unreadable::Unsupported),
            // Tables, what programs note down, remarks.
            0xc4 | 0xdb | 0xdd | 0xe0..=0xef | 0xfe => skip(reader, length)?,
            // Pixels before anything says of what size, and whatever has no length: the decoder must
            // not find another frame than this.
            _ => return Err(Unreadable::Damaged),
        }
    }
}

/// How many scans begin in the rest of the file. Among the pixels their marker does not occur.
fn scans(reader: &mut Reader<'_>) -> Result<usize, Unreadable> {
    let (mut count, mut before) = (0, 0);
    loop {
        let there = reader.fill_buf().map_err(|_broken| Unreadable::Damaged)?;
        if there.is_empty() {
            return Ok(count);
        }
        for byte in there {
            count += usize::from((before, *byte) == (0xff, 0xda));
            before = *byte;
        }
        let length = there.len();
        reader.consume(length);
    }
}

fn skip(reader: &mut Reader<'_>, mut length: u64) -> Result<(), Unreadable> {
    while length > 0 {
        let there = reader.fill_buf().map_err(|_cut_off| Unreadable::Damaged)?.len();
        if there == 0 {
            return Err(Unreadable::Damaged);
        }
        let step = there.min(usize::try_from(length).unwrap_or(there));
        reader.consume(step);
        length -= step as u64;
    }
    Ok(())
}

fn described(segment: &[u8], progressive: bool) -> Option<Frame> {
    let side =
        |at: usize| Some(u32::from(u16::from_be_bytes(segment.get(at..at + 2)?.try_into().ok()?)));
    let (height, width, count) = (side(1)?, side(3)?, usize::from(*segment.get(5)?));
    let components = segment.get(6..)?.chunks_exact(3).take(count);
    let components = components.map(|it| (u64::from(it[1] >> 4), u64::from(it[1] & 15)));
    let components: Vec<Sampling> = components.collect();
    (components.len() == count).then_some(Frame { width, height, progressive, components })
}

pub(super) fn decode(reader: Reader<'_>) -> Result<Decoded, Unreadable> {
    let mut decoder = Decoder::new(reader);
    decoder.set_max_decoding_buffer_size(super::MEMORY_MAX as usize);
    let side = ImageSize::Large.longest() as u16;
    let (width, height) = decoder.scale(side, side).map_err(unreadable)?;
    let (width, height) = (u32::from(width), u32::from(height));
    let pixels = decoder.decode().map_err(unreadable)?;
    let format = decoder.info().ok_or(Unreadable::Damaged)?.pixel_format;
    let orientation = decoder.exif_data().map_or(Orientation::UPRIGHT, Orientation::read);
    let profile = decoder.icc_profile();
    // With it go the coefficients and planes.
    drop(decoder);
    let canvas = match format {
        PixelFormat::L8 => reduce(width, height, &pixels, 1)?,
        PixelFormat::RGB24 => reduce(width, height, &pixels, 3)?,
        PixelFormat::CMYK32 => {
            let rgb = colour::cmyk_to_rgb(&pixels, profile.as_deref());
            return Ok(Decoded {
                canvas: reduce(width, height, &rgb, 3)?,
                orientation,
                profile: None,
            });
        }
        PixelFormat::L16 => return Err(Unreadable::Unsupported),
    };
    Ok(Decoded { canvas, orientation, profile })
}

fn unreadable(error: Error) -> Unreadable {
    match error {
        Error::Unsupported(_) => Unreadable::Unsupported,
        _ => Unreadable::Damaged,
    }
}
