//! Pictures: what people send is read, made anew in a few sizes, and kept in a store.
//!
//! Nothing of a file that was sent is ever served: [`rookery_pixels`] reads its pixels and writes them
//! again, so that whatever else was in it (positions, names, scripts) stays behind. [`Media`] is
//! what the rest of the program uses. It knows of the database only what it needs so that no file
//! outlives its row for long, nor any row its file: see [`crate::db::image`].

mod pass;
mod store;
mod stored;
mod studio;
pub mod sweep;

use std::{fs::File, sync::Arc};

pub use rookery_pixels::{Format, ImageSize, Unreadable};
use tokio::sync::Notify;
use uuid::Uuid;

pub use self::{
    pass::Pass,
    store::{Body, Found, Range, Store},
    stored::{ImageFile, ImageName, StoredImage},
    studio::{Finished, Studio},
};
use crate::{
    config::Config,
    db::{
        Db,
        image::{self, Audience},
    },
    error::Result,
};

/// Everything about pictures that requests share. Cheap to clone.
#[derive(Clone)]
pub struct Media {
    db: Db,
    studio: Studio,
    store: Store,
    litter: Arc<Notify>,
}

impl Media {
    /// Prepares the store; nothing is written yet.
    ///
    /// # Errors
    /// When the settings name no usable store.
    pub fn new(config: &Config, db: &Db) -> Result<Self> {
        let (db, litter) = (db.clone(), Arc::default());
        Ok(Self { db, studio: Studio::new(), store: Store::new(config)?, litter })
    }

    /// Where the files are.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reads a file that somebody sent and makes its sizes, as soon as there is room for it.
    ///
    /// # Errors
    /// When the machine is in trouble; what is wrong with the file is the inner error.
    pub async fn develop(&self, file: File) -> Result<Result<Finished, Unreadable>> {
        self.studio.develop(file).await
    }

    /// Keeps a picture for this person. Its name is known to the database before the first byte is
    /// written; until a row shows it, it is on its way to be removed again.
    ///
    /// # Errors
    /// When the database or the store fails.
    pub async fn keep(&self, owner: Uuid, finished: Finished) -> Result<StoredImage> {
        let image = finished.describe();
        let name = image.name.to_string();
        self.db.retrying(async |mut conn| image::announce(&mut conn, &name, owner).await).await?;
        for (file, bytes) in finished.into_files(&image) {
            self.store.put(&file, bytes).await?;
        }
        Ok(image)
    }

    /// Lets pictures wait longer for the rows that will show them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_back(&self, images: &[StoredImage]) -> Result<()> {
        let names: Vec<String> = images.iter().map(|image| image.name.to_string()).collect();
        image::hold_back(&mut *self.db.write().await?, &names).await
    }

    /// Gives up a picture that no row has taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn discard(&self, image: &StoredImage) -> Result<()> {
        image::give_up(&mut *self.db.write().await?, &image.name.to_string()).await?;
        self.expect_litter();
        Ok(())
    }

    /// A file of a picture that a post or a person shows at this moment; `None` for any other.
    ///
    /// # Errors
    /// When the database or the store fails.
    pub async fn find(
        &self,
        file: &ImageFile,
        audience: Audience,
        range: Option<Range>,
    ) -> Result<Option<Found>> {
        let name = file.name.to_string();
        if !image::is_shown(&*self.db.read().await?, &name, audience).await? {
            return Ok(None);
        }
        self.store.get(file, range).await
    }

    /// Says that there may be files to remove.
    pub fn expect_litter(&self) {
        self.litter.notify_one();
    }
}
