//! Where the files are: a folder, or a bucket of an S3-compatible store.
//!
//! Every picture has a place of its own, `ab/abc…/1600.jpg`, so that all that belongs to it can be
//! found and removed without knowing which sizes there are, unfinished files included. What comes
//! from a bucket is passed on by this server rather than by a redirect: the bucket stays private, a
//! picture is gone the moment its post is, and an address that is cached for a year leads nowhere
//! that expires.

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{
    ClientOptions, Error as StoreError, GetOptions, GetRange, ObjectStore, ObjectStoreExt,
    RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};
use rookery_pixels::ImageSize;
use uuid::Uuid;

use super::stored::{ImageFile, ImageName};
use crate::{
    config::Config,
    error::{Error, Result},
};

/// How long a bucket may take to answer.
const WITHIN: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const RETRIES: usize = 3;

/// The bytes of a file as they come.
pub type Body = BoxStream<'static, Result<Bytes, StoreError>>;

/// Which part of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// From this byte on, up to this one, both included.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl Range {
    /// The bytes of a file of this length, the end excluded; `None` where there are none.
    fn of(self, length: u64) -> Option<std::ops::Range<u64>> {
        let range = match self {
            Self::From(start, end) => {
                start..end.map_or(length, |end| length.min(end.saturating_add(1)))
            }
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        (range.start < range.end).then_some(range)
    }
}

/// A file that is there.
pub struct Found {
    /// Its length in bytes.
    pub length: u64,
    /// Which of its bytes come; `None` where the wanted ones do not exist.
    pub part: Option<(std::ops::Range<u64>, Body)>,
}

/// The way to the files. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// A folder is opened, and made, when it is needed first.
    objects: Arc<OnceLock<Box<dyn ObjectStore>>>,
    /// `None`: a bucket.
    folder: Option<PathBuf>,
}

/// What a store holds: by picture, the names of its files.
pub(super) type Inventory = HashMap<ImageName, Vec<String>>;

impl Store {
    /// The store that the settings name. Nothing is done with it yet.
    ///
    /// # Errors
    /// When the settings of a bucket do not fit together.
    pub fn new(config: &Config) -> Result<Self> {
        let Some(bucket) = &config.s3_bucket else {
            // Relative to where the server was started, whatever becomes of that.
            let folder = std::path::absolute(config.uploads()).map_err(Error::internal)?;
            return Ok(Self { objects: Arc::default(), folder: Some(folder) });
        };
        let bucket: Box<dyn ObjectStore> = Box::new(s3(config, bucket)?);
        Ok(Self { objects: Arc::new(OnceLock::from(bucket)), folder: None })
    }

    /// Where it is, for people.
    ///
    /// # Errors
    /// When a folder cannot be used.
    pub fn place(&self) -> Result<String> {
        let objects = self.objects()?;
        Ok(self.folder.as_ref().map_or_else(|| objects.to_string(), |it| it.display().to_string()))
    }

    /// Whether the files lie in a folder of this machine rather than in a bucket.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// How long it may take at most to write the files of a picture.
    #[must_use]
    pub(super) fn slowest(&self) -> Duration {
        if self.is_folder() { WITHIN } else { WITHIN * ImageSize::ALL.len() as u32 * 2 }
    }

    /// Writes a file and removes it again.
    ///
    /// # Errors
    /// When nothing can be written or removed there.
    pub async fn try_out(&self) -> Result<()> {
        let probe = Path::from(format!("probe-{}", Uuid::now_v7().simple()));
        let objects = self.objects()?;
        objects.put(&probe, "rookery".into()).await.map_err(failed)?;
        objects.delete(&probe).await.map_err(failed)
    }

    fn objects(&self) -> Result<&dyn ObjectStore> {
        match (self.objects.get(), &self.folder) {
            (Some(objects), _) => Ok(objects.as_ref()),
            (None, Some(folder)) => {
                std::fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
                let opened = LocalFileSystem::new_with_prefix(folder).map_err(Error::internal)?;
                // A row is committed only when its files would survive a power failure, as it would
                // itself.
                Ok(self.objects.get_or_init(|| Box::new(opened.with_fsync(true))).as_ref())
            }
            (None, None) => Err(Error::internal("a bucket is opened from the start")),
        }
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn put(&self, file: &ImageFile, bytes: Vec<u8>) -> Result<()> {
        self.objects()?.put(&path(file), bytes.into()).await.map_err(failed)?;
        Ok(())
    }

    /// Opens a file; `None` when it is not there.
    pub(super) async fn get(
        &self,
        file: &ImageFile,
        wanted: Option<Range>,
    ) -> Result<Option<Found>> {
        let path = path(file);
        let mut options = GetOptions::default();
        if let Some(wanted) = wanted {
            let Some(meta) = there(self.objects()?.head(&path).await)? else { return Ok(None) };
            match wanted.of(meta.size) {
                Some(range) => options.range = Some(GetRange::Bounded(range)),
                None => return Ok(Some(Found { length: meta.size, part: None })),
            }
        }
        let Some(found) = there(self.objects()?.get_opts(&path, options).await)? else {
            return Ok(None);
        };
        let (length, range) = (found.meta.size, found.range.clone());
        Ok(Some(Found { length, part: Some((range, found.into_stream())) }))
    }

    /// Removes all files of a picture, unfinished ones included. Can be repeated.
    ///
    /// # Errors
    /// When the store fails; some may be gone then.
    pub async fn remove(&self, name: ImageName) -> Result<()> {
        if let Some(folder) = &self.folder {
            let place = folder.join(place(name).to_string());
            return match tokio::fs::remove_dir_all(place).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(Error::internal(error))
                }
                _ => Ok(()),
            };
        }
        let found = self.objects()?.list(Some(&place(name))).map_ok(|meta| meta.location);
        let gone = self.objects()?.delete_stream(found.boxed());
        gone.try_for_each(|_gone| async { Ok(()) }).await.map_err(failed)
    }

    /// All that is there. What is not of this program's making is left out.
    pub(super) async fn inventory(&self) -> Result<Inventory> {
        let mut found = Inventory::new();
        let mut paths = match &self.folder {
            Some(folder) => stream::iter(walk(folder.clone()).await?.into_iter().map(Ok)).boxed(),
            None => {
                let listed = self.objects()?.list(None).map_err(failed);
                listed.map_ok(|meta| meta.location.to_string()).boxed()
            }
        };
        while let Some(path) = paths.try_next().await? {
            let mut parts = path.splitn(3, '/');
            let (Some(shelf), Some(name)) = (parts.next(), parts.next()) else { continue };
            let Ok(name) = name.parse::<ImageName>() else { continue };
            if name.to_string().starts_with(shelf) && shelf.len() == SHELF {
                let files = found.entry(name).or_default();
                files.extend(parts.next().map(str::to_owned));
            }
        }
        Ok(found)
    }
}

/// How many letters of a name its shelf has.
const SHELF: usize = 2;

fn place(name: ImageName) -> Path {
    let name = name.to_string();
    Path::from_iter([&name[..SHELF], &name])
}

fn path(file: &ImageFile) -> Path {
    place(file.name).join(file_name(file.size, file.format))
}

/// What a file of a picture is called in its place.
pub(super) fn file_name(size: ImageSize, format: super::Format) -> String {
    format!("{}.{}", size.longest(), format.extension())
}

/// Every file and every folder of a picture below this folder: the store's own list leaves
/// unfinished files out.
async fn walk(folder: PathBuf) -> Result<Vec<String>> {
    let walk = move || -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        for shelf in read_folder(&folder)? {
            for name in read_folder(&folder.join(&shelf))? {
                paths.push(format!("{shelf}/{name}"));
                for file in read_folder(&folder.join(&shelf).join(&name))? {
                    paths.push(format!("{shelf}/{name}/{file}"));
                }
            }
        }
        Ok(paths)
    };
    tokio::task::spawn_blocking(walk).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// What lies in a folder; nothing where it is none, or no more.
fn read_folder(folder: &std::path::Path) -> io::Result<Vec<String>> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match std::fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(Vec::new()),
        entries => {
            entries?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        }
    }
}

fn s3(config: &Config, bucket: &str) -> Result<object_store::aws::AmazonS3> {
    // The one that the database's connections use, too. Somebody may have said so already.
    let _first = rustls::crypto::ring::default_provider().install_default();
    let client = ClientOptions::new()
        .with_timeout(WITHIN)
        .with_connect_timeout(CONNECT_WITHIN)
        .with_allow_http(config.s3_endpoint.as_ref().is_some_and(|it| it.0.starts_with("http://")));
    let retry =
        RetryConfig { max_retries: RETRIES, retry_timeout: WITHIN, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&config.s3_region)
        .with_client_options(client)
        .with_retry(retry);
    if let Some(endpoint) = &config.s3_endpoint {
        builder = builder.with_endpoint(&endpoint.0);
    }
    if let (Some(id), Some(secret)) = (&config.s3_access_key_id, &config.s3_secret_access_key) {
        builder = builder.with_access_key_id(id).with_secret_access_key(&secret.0);
    }
    builder.build().map_err(Error::internal)
}

fn there<T>(found: Result<T, StoreError>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: StoreError) -> Error {
    Error::StoreUnavailable(error.into())
}

fn unusable(folder: &std::path::Path, error: &io::Error) -> Error {
    Error::internal(format!("the folder {} cannot be used for pictures: {error}", folder.display()))
}
