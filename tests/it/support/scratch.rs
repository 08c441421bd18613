//! Folders in memory that are gone when the test binary is, however it ends.
//!
//! Each has a keeper: a shell that waits at a pipe which only this process holds, and removes the
//! folder when it closes. Where the keeper was killed too, the next run sweeps.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PREFIX: &str = "rookery-test-";
/// Not yet locked, so not to be swept.
const UNFINISHED: &str = ".rookery-test-";
const LOCK: &str = "lock";
/// What a run of all tests may take at most, with room.
const NEEDED_BYTES: u64 = 1 << 30;

/// Tries for a while, since a server may still be ending in there.
const KEEPER: &str = r#"
trap '' HUP INT TERM
read -r line
for attempt in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && break; sleep 1; done
"#;

/// A folder of this run. Dropping it removes it; so does the end of this process.
pub struct Scratch {
    path: PathBuf,
    keeper: Child,
    _lock: File,
}

impl Scratch {
    pub fn new() -> Self {
        let base = base();
        sweep(&base);
        let unfinished = tempfile::Builder::new()
            .prefix(UNFINISHED)
            // PostgreSQL may run as another user than this test.
            .permissions(Permissions::from_mode(0o711))
            .tempdir_in(&base)
            .unwrap()
            .keep();
        let lock = File::create(unfinished.join(LOCK)).unwrap();
        lock.lock().unwrap();
        let name = unfinished.file_name().unwrap().to_str().unwrap().trim_start_matches('.');
        let path = base.join(name);
        fs::rename(&unfinished, &path).unwrap();
        let keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "rookery-test-keeper"])
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        Self { path, keeper, _lock: lock }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }
}

/// Memory where there is enough of it to be used as a disk.
fn base() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    match rustix::fs::statvfs(&memory) {
        Ok(room) if room.f_bavail * room.f_frsize >= NEEDED_BYTES => memory,
        _ => std::env::temp_dir(),
    }
}

/// Removes what runs have left that were killed together with their keepers.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).unwrap().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if ours
            && let Ok(lock) = File::open(entry.path().join(LOCK))
            && lock.try_lock().is_ok()
        {
            // Another run may be sweeping the same one.
            let _swept = fs::remove_dir_all(entry.path());
        }
    }
}
