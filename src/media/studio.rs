//! Where pictures are read and made anew: off the async threads, and never more at once than fits.
//!
//! A few bytes can be a picture of 160 MB, so what is counted is the memory that each will take at
//! its height, known from its header. A large picture waits until it is nearly alone; small ones
//! share. Who waits holds a file on disk and nothing else.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rookery_pixels::{
    Canvas, Decoded, ImageSize, MEMORY_MAX, Orientation, Renditions, Source, Unreadable, render,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::stored::{ContentDigest, ImageFile, ImageName, StoredImage};
use crate::{
    aside,
    error::{Error, Result},
};

/// What one permit stands for.
const UNIT: u64 = 1 << 20;

/// Hands out the room. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Studio {
    memory: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A picture in all sizes, ready to be kept. Holds its room until then.
pub struct Finished {
    renditions: Renditions,
    _room: Option<OwnedSemaphorePermit>,
}

impl Finished {
    /// A picture that this program drew: rows from the top, four bytes a pixel.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn drawn(width: u32, height: u32, rgba: Vec<u8>) -> Result<Self> {
        let canvas = Canvas { width, height, rgba };
        let decoded = Decoded { canvas, orientation: Orientation::UPRIGHT, profile: None };
        Ok(Self { renditions: render(decoded).map_err(Error::internal)?, _room: None })
    }

    /// What its row will say, under a name of its own.
    #[must_use]
    pub fn describe(&self) -> StoredImage {
        let Renditions { width, height, format, placeholder, files } = &self.renditions;
        let (width, height, format) = (*width, *height, *format);
        // A megabyte at most: less than a millisecond.
        let content = ContentDigest::new(files.iter().map(|(_, bytes)| bytes.as_slice()));
        let name = ImageName::of(&content);
        StoredImage { name, width, height, format, placeholder: placeholder.clone() }
    }

    /// Its files.
    pub fn into_files(self, image: &StoredImage) -> impl Iterator<Item = (ImageFile, Vec<u8>)> {
        let (name, format) = (image.name, image.format);
        let file =
            move |(size, bytes): (ImageSize, Vec<u8>)| (ImageFile { name, size, format }, bytes);
        self.renditions.files.into_iter().map(file)
    }
}

impl Default for Studio {
    fn default() -> Self {
        Self::new()
    }
}

impl Studio {
    /// As many at once as there are cores, and as fit.
    #[must_use]
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            memory: Arc::new(Semaphore::new(units(MEMORY_MAX) as usize)),
            turns: Arc::new(Semaphore::new(cores)),
        }
    }

    /// Reads a file and makes its sizes.
    pub(super) async fn develop(&self, file: File) -> Result<Result<Finished, Unreadable>> {
        let turn = self.turns.clone().acquire_owned().await.map_err(Error::internal)?;
        let opened =
            aside::run("picture", move || Ok((guarded(|| Source::open(file)), turn))).await?;
        let (source, turn) = match opened {
            (Ok(source), turn) => (source, turn),
            (Err(unreadable), _) => return Ok(Err(unreadable)),
        };
        // Not while waiting for room: somebody with a small picture may pass.
        drop(turn);
        let wanted = units(source.memory);
        let room = self.memory.clone().acquire_many_owned(wanted).await.map_err(Error::internal)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(Error::internal)?;
        aside::run("picture", move || {
            // The turn and the room go along: when the client hangs up, this still runs to its end.
            let _turn = turn;
            let decoded = match guarded(|| source.decode()) {
                Ok(decoded) => decoded,
                Err(unreadable) => return Ok(Err(unreadable)),
            };
            let renditions = render(decoded).map_err(Error::internal)?;
            Ok(Ok(Finished { _room: Some(shrunk(room, &renditions)), renditions }))
        })
        .await
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// Gives back what only the reading took.
fn shrunk(mut room: OwnedSemaphorePermit, renditions: &Renditions) -> OwnedSemaphorePermit {
    let kept: usize = renditions.files.iter().map(|(_, bytes)| bytes.len()).sum();
    let kept = units(kept as u64) as usize;
    room.split(kept.min(room.num_permits())).unwrap_or(room)
}

/// A decoder that stumbles over a file says no more than that the file is damaged. The panic itself
/// was reported by the panic hook.
fn guarded<T>(work: impl FnOnce() -> Result<T, Unreadable>) -> Result<T, Unreadable> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Unreadable::Damaged))
}
