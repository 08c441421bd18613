//! Pictures that somebody sent: their pixels read, and written anew in a few sizes.
//!
//! A crate of its own, since it needs nothing of the rest, and since what works on every pixel must be
//! optimised also where the rest is built to be debugged: a large picture would take half a minute.
//! It knows no network, no store and no database. What a file says of itself is believed only as far
//! as it costs nothing to be wrong; what reading it will take of memory is told before it is read.

mod canvas;
mod colour;
mod exif;
mod rendition;
mod source;

pub use self::{
    canvas::Canvas,
    exif::Orientation,
    rendition::{Format, ImageSize, Renditions, render},
    source::{Decoded, MAX_PIXELS, MEMORY_MAX, Source, Unreadable},
};

/// What went wrong that no picture can be blamed for.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
