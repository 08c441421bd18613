//! Cleaning: what is due goes; what nobody knows is found.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use super::{
    ImageName, ImageSize, Media, StoredImage,
    store::{Inventory, file_name},
};
use crate::{causes::causes, db::image, error::Result};

/// How long the server rests between two rounds, unless it is told that there is something to do.
const PAUSE: Duration = Duration::from_secs(60);
/// How many pictures are removed in one go.
const BATCH: i64 = 100;
/// How many names one statement asks about.
const PIECE: usize = 1_000;
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// What a sweep found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Pictures of which files are there that no row knows.
    pub litter: Vec<String>,
    /// Pictures of uploads that never came to their end, or that were let go of.
    pub unfinished: Vec<String>,
    /// Pictures that a row shows and of which a file is missing.
    pub missing: Vec<String>,
    /// How many pictures are as they should be.
    pub sound: usize,
}

impl Media {
    /// Removes what is due now and then, for as long as it is polled.
    pub async fn clean_up(self) {
        loop {
            if let Err(error) = self.remove_due().await {
                let error = causes(&error);
                tracing::warn!(error, "cleaning up after pictures is put off");
            }
            // Random, so that instances that started together do not clean together.
            let pause = PAUSE.mul_f64(rand::random_range(0.5..1.5));
            let _asked_or_not = tokio::time::timeout(pause, self.litter.notified()).await;
        }
    }

    /// Removes the files of all pictures that are due; returns how many pictures that were. Any
    /// number of instances may do it at once.
    ///
    /// # Errors
    /// When the database or the store fails; what is left is taken up by the next round.
    pub async fn remove_due(&self) -> Result<usize> {
        let mut removed = 0;
        loop {
            let names = image::condemn(&mut *self.db.write().await?, BATCH).await?;
            if names.is_empty() {
                return Ok(removed);
            }
            removed += self.remove(&names).await?;
        }
    }

    /// Removes what is condemned: the files, then the names.
    async fn remove(&self, condemned: &[String]) -> Result<usize> {
        for name in condemned {
            // What is no name was written past the server, and has no files.
            if let Ok(name) = name.parse() {
                self.store.remove(name).await?;
            }
        }
        image::forget(&mut *self.db.write().await?, condemned).await
    }

    /// What no row shows, once the uploads that are under way have come to their end.
    async fn unfinished(&self) -> Result<Vec<String>> {
        let waiting = async || image::waiting(&mut *self.db.write().await?).await;
        // What is under way then is taken for dead.
        let patient_until = Instant::now() + self.store.slowest();
        let mut left = waiting().await?;
        while left.iter().any(|(_, condemned)| !condemned) && Instant::now() < patient_until {
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
            let now: HashMap<_, _> = waiting().await?.into_iter().collect();
            // What was announced since then may well be under way.
            left.retain_mut(|(name, condemned)| {
                let still = now.get(name);
                *condemned = still == Some(&true);
                still.is_some()
            });
        }
        Ok(left.into_iter().map(|(name, _)| name).collect())
    }

    /// Compares the whole store with the database; removes the litter, unless this is only to look.
    ///
    /// # Errors
    /// When the database or the store fails.
    pub async fn sweep(&self, only_look: bool) -> Result<Findings> {
        let unfinished = self.unfinished().await?;
        if !only_look {
            let condemned = image::condemn_these(&mut *self.db.write().await?, &unfinished).await?;
            self.remove(&condemned).await?;
        }
        // First the files: a name is known before its first file is written, and until after its last
        // is gone, so whatever is unknown by then is litter.
        let inventory = self.store.inventory().await?;
        let litter = self.litter_of(&inventory).await?;
        if !only_look {
            for name in &litter {
                self.store.remove(*name).await?;
            }
        }
        let mut findings = Findings { unfinished, ..Findings::default() };
        findings.litter = litter.iter().map(ToString::to_string).collect();
        for shown in image::shown(&mut *self.db.write().await?).await? {
            if self.is_whole(&shown, &inventory).await? {
                findings.sound += 1;
            } else {
                findings.missing.push(shown);
            }
        }
        Ok(findings)
    }

    async fn litter_of(&self, inventory: &Inventory) -> Result<Vec<ImageName>> {
        let mut names: Vec<_> = inventory.keys().copied().collect();
        names.sort();
        let mut litter = Vec::new();
        for piece in names.chunks(PIECE) {
            let texts: Vec<String> = piece.iter().map(ToString::to_string).collect();
            let known = image::known(&mut *self.db.write().await?, &texts).await?;
            let known: HashSet<_> = known.into_iter().collect();
            let unknown = piece.iter().zip(texts).filter(|(_, text)| !known.contains(text));
            litter.extend(unknown.map(|(name, _)| *name));
        }
        Ok(litter)
    }

    /// Whether all files of a picture are there. What was stored after the inventory was made is
    /// looked for.
    async fn is_whole(&self, shown: &str, inventory: &Inventory) -> Result<bool> {
        let Ok(shown) = shown.parse::<StoredImage>() else { return Ok(false) };
        let listed = inventory.get(&shown.name);
        for file in ImageSize::ALL.map(|size| shown.file(size)) {
            let name = file_name(file.size, file.format);
            let is_listed = listed.is_some_and(|files| files.contains(&name));
            if !is_listed && self.store.get(&file, None).await?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
