//! Where the embedded server keeps its things: its home, the lock on it, the socket folder.
//!
//! The home is `<data folder>/postgres`, with `data` (the cluster), `run` (the socket),
//! `server.log` and `lock` in it. Nothing here knows how PostgreSQL is started.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::account::Account;
use super::error::EmbeddedError;

/// Where the home goes when root's data folder can't be reached by the account PostgreSQL runs as.
pub(super) const REACHABLE: &str = "/var/lib/rookery";

/// Others may pass through to a name they know, and see nothing.
const PASS_THROUGH: u32 = 0o711;
const PRIVATE: u32 = 0o700;

/// Finds or makes the home. `reachable` is where it goes if `data_dir` can't be reached by the
/// account; a link at the usual place then leads there, so that later starts find it again.
pub(super) async fn home(
    data_dir: &Path,
    reachable: &Path,
    account: Account,
) -> Result<PathBuf, EmbeddedError> {
    let usual = data_dir.join("postgres");
    if fs::symlink_metadata(&usual).is_ok() {
        return fs::canonicalize(&usual).map_err(EmbeddedError::io("open the folder", usual));
    }
    make_folder(data_dir, if account.is_dropped() { PASS_THROUGH } else { PRIVATE })?;
    if account.can_enter(data_dir).await {
        make_folder(&usual, PASS_THROUGH)?;
    } else {
        let elsewhere = make_home_in(reachable)?;
        tracing::warn!(
            folder = %data_dir.display(),
            elsewhere = %elsewhere.display(),
            "the account that PostgreSQL runs as cannot reach the data folder; its data goes elsewhere"
        );
        std::os::unix::fs::symlink(elsewhere, &usual)
            .map_err(EmbeddedError::io("make the link", &usual))?;
    }
    fs::canonicalize(&usual).map_err(EmbeddedError::io("open the folder", usual))
}

/// The cache folder, or one that the account reaches if it can't reach that.
pub(super) async fn cache(
    wanted: &Path,
    reachable: &Path,
    account: Account,
) -> Result<PathBuf, EmbeddedError> {
    let mode = if account.is_dropped() { PASS_THROUGH } else { PRIVATE };
    make_folder(wanted, mode)?;
    let chosen = if account.can_enter(wanted).await {
        wanted.to_owned()
    } else {
        let elsewhere = reachable.join("cache");
        make_folder(reachable, PASS_THROUGH)?;
        make_folder(&elsewhere, PASS_THROUGH)?;
        elsewhere
    };
    fs::canonicalize(&chosen).map_err(EmbeddedError::io("open the folder", chosen))
}

/// Keeps a second server off the home. The system lets go of it when the process ends, in any way.
#[derive(Debug)]
pub(super) struct HomeLock {
    _file: File,
}

impl HomeLock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(home: &Path) -> Result<Self, EmbeddedError> {
        let path = home.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(EmbeddedError::io("open the file", &path))?;
        match try_lock_soon(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Only for the message: a holder that can't be read is a holder without a number.
                let holder = file.read_to_string(&mut text).ok().and_then(|_| text.parse().ok());
                return Err(EmbeddedError::InUse { folder: home.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => {
                return Err(EmbeddedError::Io { doing: "lock the file", path, source });
            }
        }
        file.set_len(0)
            .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()))
            .map_err(EmbeddedError::io("write to the file", path))?;
        Ok(Self { _file: file })
    }
}

/// Locks the file, if need be after a moment: a program that was being started when the last holder
/// let go of the file has it open, too, until it runs.
fn try_lock_soon(file: &File) -> Result<(), TryLockError> {
    for _ in 0..20 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            done => return done,
        }
    }
    file.try_lock()
}

/// The folder of the server's socket; removed when dropped if it had to be made elsewhere.
#[derive(Debug)]
pub(super) struct SocketFolder {
    path: PathBuf,
    _elsewhere: Option<TempDir>,
}

impl SocketFolder {
    /// `run` in the home, unless that path is too long for a socket (they hold about a hundred
    /// bytes) or its file system knows none: then a folder for temporary files serves.
    pub(super) async fn make(home: &Path, account: Account) -> Result<Self, EmbeddedError> {
        let usual = home.join("run");
        make_folder(&usual, PRIVATE)?;
        set_mode(&usual, PRIVATE)?;
        account.own(&usual)?;
        if holds_sockets(&usual) {
            // A lock of a server that was killed would keep the next one off, if its process
            // number is in use again. Nobody else can be here: we hold the home.
            for stale in [".s.PGSQL.5432", ".s.PGSQL.5432.lock"] {
                remove_if_there(&usual.join(stale))?;
            }
            return Ok(Self { path: usual, _elsewhere: None });
        }
        for base in [std::env::temp_dir(), PathBuf::from("/tmp")] {
            let Ok(folder) = tempfile::Builder::new()
                .prefix("rookery-")
                .permissions(Permissions::from_mode(PRIVATE))
                .tempdir_in(&base)
            else {
                continue;
            };
            account.own(folder.path())?;
            if holds_sockets(folder.path()) && account.can_enter(folder.path()).await {
                return Ok(Self { path: folder.path().to_owned(), _elsewhere: Some(folder) });
            }
        }
        Err(EmbeddedError::Io {
            doing: "make a socket in",
            path: usual,
            source: std::io::ErrorKind::Unsupported.into(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Tries it, with a name as long as any that PostgreSQL will use there.
fn holds_sockets(folder: &Path) -> bool {
    let probe = folder.join(".s.PGSQL.probe");
    let bound = remove_if_there(&probe).is_ok() && UnixListener::bind(&probe).is_ok();
    bound && remove_if_there(&probe).is_ok()
}

fn make_home_in(reachable: &Path) -> Result<PathBuf, EmbeddedError> {
    make_folder(reachable, PASS_THROUGH)?;
    let folder = tempfile::Builder::new()
        .prefix("postgres-")
        .tempdir_in(reachable)
        .map_err(EmbeddedError::io("make a folder in", reachable))?
        .keep();
    set_mode(&folder, PASS_THROUGH)?;
    Ok(folder)
}

/// Makes a folder of exactly this mode, whatever the process masks; one that is there stays as it is.
fn make_folder(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(EmbeddedError::io("make the folder", path))?;
    set_mode(path, mode)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(EmbeddedError::io("change the mode of", path))
}

/// Removes a file that need not exist.
pub(super) fn remove_if_there(path: &Path) -> Result<(), EmbeddedError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(EmbeddedError::io("remove the file", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tracing::{Event, Subscriber};
    use tracing_subscriber::{
        Layer,
        layer::{Context, SubscriberExt},
    };

    use super::*;

    /// Counts what is logged.
    struct Lines(Arc<AtomicUsize>);

    impl<S: Subscriber> Layer<S> for Lines {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn what_root_keeps_to_itself_goes_where_postgres_gets() {
        let reachable = tempfile::tempdir().unwrap();
        set_mode(reachable.path(), PASS_THROUGH).unwrap();
        let secluded = tempfile::tempdir().unwrap();
        set_mode(secluded.path(), PRIVATE).unwrap();
        let data_dir = secluded.path().join("data");
        let account = Account::choose(&data_dir).await.unwrap();

        let lines = Arc::<AtomicUsize>::default();
        let subscriber = tracing_subscriber::registry().with(Lines(lines.clone()));
        let _logged = tracing::subscriber::set_default(subscriber);
        let home_path = home(&data_dir, reachable.path(), account).await.unwrap();
        assert_eq!(lines.load(Ordering::Relaxed), usize::from(account.is_dropped()));
        let moved = home_path.starts_with(reachable.path().canonicalize().unwrap());
        assert_eq!(moved, account.is_dropped());
        assert!(account.can_enter(&home_path).await);
        let again = home(&data_dir, reachable.path(), account).await.unwrap();
        assert_eq!(again, home_path);
        let cache_path = cache(&data_dir.join("cache"), reachable.path(), account).await.unwrap();
        assert!(account.can_enter(&cache_path).await);
    }

    #[tokio::test]
    async fn lost_data_is_not_replaced_by_new() {
        let data_dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/no/such/place", data_dir.path().join("postgres")).unwrap();
        let account = Account::choose(data_dir.path()).await.unwrap();
        let error = home(data_dir.path(), Path::new("/no"), account).await.unwrap_err();
        assert!(error.to_string().contains("open the folder"), "{error}");
    }

    #[tokio::test]
    async fn a_long_path_gets_a_socket_elsewhere() {
        let scratch = tempfile::tempdir().unwrap();
        set_mode(scratch.path(), PASS_THROUGH).unwrap();
        let account = Account::choose(scratch.path()).await.unwrap();
        let near = SocketFolder::make(scratch.path(), account).await.unwrap();
        assert_eq!(near.path(), scratch.path().join("run"));

        let deep = scratch.path().join("x".repeat(100));
        make_folder(&deep, PASS_THROUGH).unwrap();
        let far = SocketFolder::make(&deep, account).await.unwrap();
        assert!(!far.path().starts_with(&deep));
        assert!(account.can_enter(far.path()).await);
        let mode = fs::metadata(far.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE, "strangers could connect");
        let path = far.path().to_owned();
        drop(far);
        assert!(!path.exists());
    }

    #[test]
    fn a_home_has_one_holder() {
        let home = tempfile::tempdir().unwrap();
        let lock = HomeLock::take(home.path()).unwrap();
        let error = HomeLock::take(home.path()).unwrap_err();
        let us = Some(std::process::id());
        assert!(matches!(error, EmbeddedError::InUse { holder, .. } if holder == us));
        drop(lock);
        HomeLock::take(home.path()).unwrap();
    }
}
