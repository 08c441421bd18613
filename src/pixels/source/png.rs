//! PNG, read row by row; only an interlaced one lies in memory as a whole.

use png::{ColorType, Decoder, DecodingError, Limits, Transformations};

use super::{Decoded, Header, Reader, Unreadable, pixels, reduce};
use crate::{canvas::Reducer, exif::Orientation};

/// For its row, its palette, its profile and the like.
const LIMIT_BYTES: usize = 8 << 20;

fn decoder(reader: Reader<'_>) -> Decoder<Reader<'_>> {
    let mut decoder = Decoder::new_with_limits(reader, Limits { bytes: LIMIT_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder
}

pub(super) fn header(reader: Reader<'_>) -> Result<Header, Unreadable> {
    let mut decoder = decoder(reader);
    let info = decoder.read_header_info().map_err(unreadable)?;
    let (width, height) = (info.width, info.height);
    // Twice, since what is expanded may be as large as what is stored.
    let rows = if info.interlaced { u64::from(height) } else { 2 };
    // Colours and opacity of a palette are known only when it has been read.
    let channels = match info.color_type {
        ColorType::Grayscale | ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb | ColorType::Rgba | ColorType::Indexed => 4,
    };
    let profile = LIMIT_BYTES as u64;
    let memory = u64::from(width) * channels * rows + profile;
    Ok(Header { width, height, decoded: (width, height), memory, beside: memory })
}

pub(super) fn decode(reader: Reader<'_>) -> Result<Decoded, Unreadable> {
    let mut reader = decoder(reader).read_info().map_err(unreadable)?;
    let (width, height) = (reader.info().width, reader.info().height);
    let channels = reader.output_color_type().0.samples();
    let canvas = if reader.info().interlaced {
        let mut bytes = vec![0; reader.output_buffer_size().ok_or(Unreadable::TooManyPixels)?];
        reader.next_frame(&mut bytes).map_err(unreadable)?;
        reduce(width, height, &bytes, channels)?
    } else {
        let mut reducer = Reducer::new(width, height);
        while let Some(row) = reader.next_row().map_err(unreadable)? {
            reducer.row(pixels(row.data(), channels));
        }
        reducer.finish().ok_or(Unreadable::Damaged)?
    };
    let info = reader.info();
    let orientation = info.exif_metadata.as_deref().map_or(Orientation::UPRIGHT, Orientation::read);
    // A picture that says both is sRGB.
    let profile = info.icc_profile.as_ref().filter(|_| info.srgb.is_none());
    let profile = profile.map(|profile| profile.to_vec());
    Ok(Decoded { canvas, orientation, profile })
}

fn unreadable(error: DecodingError) -> Unreadable {
    match error {
        DecodingError::LimitsExceeded => Unreadable::Unsupported,
        _ => Unreadable::Damaged,
    }
}
