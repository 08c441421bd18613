//! Files that somebody sent, judged by their content alone.
//!
//! First the header, which says how large the picture is and so what reading it will take; then, when
//! there is room, the pixels. A reader gives up at a deadline, since a few bytes can ask for a great
//! deal of work.

mod gif;
mod jpeg;
mod png;
mod webp;

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use crate::{
    canvas::{Canvas, Reducer},
    exif::Orientation,
    rendition::ImageSize,
};

/// The most pixels of a picture, before it is made smaller.
pub const MAX_PIXELS: u64 = 40_000_000;
/// The longest side that all formats can have.
const MAX_SIDE: u32 = 65_535;
/// What reading pictures may take of memory, all that are read at once together. A plain JPEG or PNG
/// of the most pixels takes a fraction of it; what has to lie in memory as a whole may have as many
/// pixels as fit, in millions: a progressive JPEG 24, or 9 where its colours are as fine as its
/// brightness, an interlaced PNG 20, a WebP 24, 15 or 10 by what is in it, a moving one 6.
pub const MEMORY_MAX: u64 = 104 << 20;
/// How long the processor may work on one picture; what is within the limits takes a second or two.
const PATIENCE: Duration = Duration::from_secs(10);
const BUFFER_BYTES: usize = 8 * 1024;

/// Why a file is no picture that can be taken, as a sentence for who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not a byte.
    #[error("The file is empty.")]
    Empty,
    /// None of the formats.
    #[error("The file is not a JPEG, PNG, WebP or GIF picture.")]
    UnknownFormat,
    /// Of a format, but not by its rules, or cut off.
    #[error("The picture is damaged or incomplete.")]
    Damaged,
    /// Of a format, in a way that hardly anybody uses.
    #[error("This kind of picture cannot be read. Save it as a plain JPEG or PNG.")]
    Unsupported,
    /// More than [`MAX_PIXELS`], or longer than `MAX_SIDE`.
    #[error("The picture has more than 40 megapixels, or more than 65,535 pixels on a side.")]
    TooManyPixels,
    /// Within the pixels, but of a kind that has to lie in memory as a whole.
    #[error(
        "A picture of this kind has to be read as a whole, and this one is too large for that: {most} \
         megapixels would do. A plain JPEG or PNG, neither progressive nor interlaced, may have 40."
    )]
    TooMuchMemory {
        /// So many millions of pixels fit.
        most: u64,
    },
    /// Longer than `PATIENCE`.
    #[error("Reading the picture takes too long. Save it as a plain JPEG or PNG.")]
    TooSlow,
}

/// A file that gives up when its reader has worked for too long. What counts is the work of this very
/// thread, which gives way to others, not the time that goes by.
struct Patient {
    file: File,
    deadline: Duration,
}

impl Patient {
    fn is_over(&self) -> bool {
        worked() > self.deadline
    }
}

/// How long the processor has worked for this thread.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_over() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.file.read(buffer)
    }
}

impl Seek for Patient {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

type Reader<'r> = BufReader<&'r mut Patient>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Jpeg,
    Png,
    Gif,
    Webp,
}

/// What a header promises.
struct Header {
    width: u32,
    height: u32,
    /// How large it is when its rows come: some formats are made smaller by their decoders.
    decoded: (u32, u32),
    /// What reading takes at its height, before the first row comes.
    memory: u64,
    /// What of that is still there while rows come.
    beside: u64,
}

/// A picture whose header has been read.
pub struct Source {
    file: Patient,
    kind: Kind,
    /// What reading it and making its sizes will take of memory, in bytes.
    pub memory: u64,
}

/// A picture's pixels, and what is to be done to them once they are fewer.
pub struct Decoded {
    pub canvas: Canvas,
    pub orientation: Orientation,
    pub profile: Option<Vec<u8>>,
}

impl Source {
    /// Reads the header.
    pub fn open(mut file: File) -> Result<Self, Unreadable> {
        let mut start = [0; 12];
        let length = read_up_to(&mut file, &mut start).map_err(|_broken| Unreadable::Damaged)?;
        let kind = kind(&start[..length])?;
        let mut file = Patient { file, deadline: worked() + PATIENCE };
        let header = file.with(|reader| match kind {
            Kind::Jpeg => jpeg::header(reader),
            Kind::Png => png::header(reader),
            Kind::Gif => gif::header(reader),
            Kind::Webp => webp::header(reader),
        })?;
        let Header { width, height, decoded, memory, beside } = header;
        if width == 0 || height == 0 {
            return Err(Unreadable::Damaged);
        }
        if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(Unreadable::TooManyPixels);
        }
        let reduced = Reducer::bytes(decoded.0, decoded.1);
        let large = u64::from(ImageSize::Large.longest()).pow(2) * 4;
        let memory = memory.max(beside + reduced).max(reduced + 5 * large.min(reduced));
        if memory > MEMORY_MAX {
            let pixels = u64::from(width) * u64::from(height);
            return Err(Unreadable::TooMuchMemory { most: fitting(pixels, memory) });
        }
        Ok(Self { file, kind, memory })
    }

    /// Reads the pixels.
    pub fn decode(mut self) -> Result<Decoded, Unreadable> {
        self.file.deadline = worked() + PATIENCE;
        let kind = self.kind;
        self.file.with(|reader| match kind {
            Kind::Jpeg => jpeg::decode(reader),
            Kind::Png => png::decode(reader),
            Kind::Gif => gif::decode(reader),
            Kind::Webp => webp::decode(reader),
        })
    }
}

impl Patient {
    /// Works on the file from its start.
    fn with<T>(
        &mut self,
        work: impl FnOnce(Reader<'_>) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        self.seek(SeekFrom::Start(0)).map_err(|_broken| Unreadable::Damaged)?;
        let done = work(BufReader::with_capacity(BUFFER_BYTES, self));
        // Whatever a decoder makes of it.
        if done.is_err() && self.is_over() { Err(Unreadable::TooSlow) } else { done }
    }
}

/// How many millions of pixels fit for certain, where so many take so much memory. A smaller picture is
/// made less small on the way, so that each of its pixels may take up to twice as much.
fn fitting(pixels: u64, memory: u64) -> u64 {
    pixels * (MEMORY_MAX >> 10) / (memory >> 10) / 2 / 1_000_000
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(0))?;
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..])? {
            0 => return Ok(length),
            more => length += more,
        }
    }
}

fn kind(start: &[u8]) -> Result<Kind, Unreadable> {
    match start {
        [] => Err(Unreadable::Empty),
        [0xff, 0xd8, 0xff, ..] => Ok(Kind::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Kind::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Kind::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Ok(Kind::Webp),
        _ => Err(Unreadable::UnknownFormat),
    }
}

/// Rows of a picture that lies in memory as a whole.
fn reduce(width: u32, height: u32, bytes: &[u8], channels: usize) -> Result<Canvas, Unreadable> {
    let mut reducer = Reducer::new(width, height);
    for row in bytes.chunks_exact((width as usize * channels).max(1)) {
        reducer.row(pixels(row, channels));
    }
    reducer.finish().ok_or(Unreadable::Damaged)
}

/// The pixels of a row of grey values (1), with opacity (2), of colours (3), with opacity (4).
fn pixels(row: &[u8], channels: usize) -> impl Iterator<Item = [u8; 4]> {
    row.chunks_exact(channels).map(|pixel| match *pixel {
        [grey] => [grey, grey, grey, u8::MAX],
        [grey, opacity] => [grey, grey, grey, opacity],
        [r, g, b] => [r, g, b, u8::MAX],
        [r, g, b, a, ..] => [r, g, b, a],
        [] => [0; 4],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_works_for_too_long_gets_nothing_more_of_a_file() {
        let whole = |deadline| {
            let file = tempfile::tempfile().unwrap();
            file.set_len(1).unwrap();
            let mut all = Vec::new();
            let read = |mut reader: Reader<'_>| {
                reader.read_to_end(&mut all).map_err(|_late| Unreadable::Damaged)
            };
            Patient { file, deadline }.with(read)
        };
        assert_eq!(whole(worked() + PATIENCE), Ok(1));
        assert_eq!(whole(Duration::ZERO), Err(Unreadable::TooSlow));
    }
}
