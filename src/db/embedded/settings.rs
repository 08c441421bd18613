//! The settings that the embedded PostgreSQL runs with. Pure: it decides, and starts nothing.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::Path;

/// Shared buffers where the machine does not tell its memory.
const BUFFERS_MIB: usize = 128;

/// The arguments of `postgres`.
pub(super) fn arguments(
    data: &Path,
    socket: &Path,
    buffers_mib: Option<NonZeroUsize>,
    durable: bool,
) -> Vec<OsString> {
    let buffers = buffers_mib.map_or_else(|| shared_buffers_mib(memory_mib()), NonZeroUsize::get);
    let buffers = format!("shared_buffers={buffers}MB");
    let mut settings: Vec<OsString> = [
        // Reached through the socket alone, and by this account alone.
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "max_connections=100",
        // Disks without arms, and queries too short for the compiler to pay.
        "random_page_cost=1.1",
        "jit=off",
        // What almost every connection needs, loaded once.
        "shared_preload_libraries=plpgsql,dict_snowball",
        "timezone=UTC",
        "log_timezone=UTC",
        // Failed statements are told to the client, which logs what matters. Here they would let a
        // stranger fill the disk, and leave people's data in a log.
        "log_min_messages=log",
        "log_checkpoints=off",
        "logging_collector=off",
        "log_destination=stderr",
    ]
    .map(OsString::from)
    .into();
    settings.push(buffers.into());
    settings.push(socket_setting(socket));
    if !durable {
        let hasty = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        settings.extend(hasty.map(OsString::from));
        let small = ["wal_level=minimal", "max_wal_senders=0", "autovacuum=off"];
        settings.extend(small.map(OsString::from));
        // Servers of many tests share it. The last one of a name counts.
        settings.push("max_connections=300".into());
    }
    let mut arguments = vec![OsString::from("-D"), data.into()];
    arguments.extend(settings.into_iter().flat_map(|setting| [OsString::from("-c"), setting]));
    arguments
}

/// The setting is a list of folders, so a comma or a space in the path needs quotes.
fn socket_setting(socket: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let mut setting = b"unix_socket_directories=\"".to_vec();
    for byte in OsStr::as_bytes(socket.as_os_str()) {
        if *byte == b'"' {
            setting.push(b'"');
        }
        setting.push(*byte);
    }
    setting.push(b'"');
    OsString::from_vec(setting)
}

/// An eighth of the memory, since the server itself and the system's own cache want theirs. Never
/// so much that reserving it slows the start: 1 GiB took 40 ms longer than 128 MiB.
fn shared_buffers_mib(memory_mib: Option<usize>) -> usize {
    memory_mib.map_or(BUFFERS_MIB, |memory| (memory / 8).clamp(32, 256))
}

/// The machine's memory, or what its container may use of it.
fn memory_mib() -> Option<usize> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(total_mib);
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse::<usize>().ok())
        .map(|bytes| bytes >> 20);
    [machine, limit].into_iter().flatten().min()
}

fn total_mib(meminfo: &str) -> Option<usize> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: usize = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib >> 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_follow_the_memory_within_bounds() {
        for (memory, buffers) in
            [(None, 128), (Some(100), 32), (Some(1024), 128), (Some(1 << 20), 256)]
        {
            assert_eq!(shared_buffers_mib(memory), buffers);
        }
    }

    #[test]
    fn reads_the_total_memory() {
        assert_eq!(total_mib("MemTotal:       24682496 kB\nMemFree: 1 kB\n"), Some(24104));
        assert_eq!(total_mib("nothing"), None);
    }

    #[test]
    fn a_path_is_one_folder_whatever_is_in_it() {
        let setting = socket_setting(Path::new("/a, b/\"c\""));
        assert_eq!(setting, OsString::from("unix_socket_directories=\"/a, b/\"\"c\"\"\""));
    }

    #[test]
    fn only_a_throw_away_server_is_hasty() {
        let has = |durable| {
            arguments(Path::new("/d"), Path::new("/s"), None, durable).contains(&"fsync=off".into())
        };
        assert!(has(false));
        assert!(!has(true));
    }
}
