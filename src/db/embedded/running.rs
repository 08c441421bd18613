//! The way to a server that another process of ours keeps running on the same data.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The line of `postmaster.pid` that names the folder of the socket, counted from zero.
const SOCKET_LINE: usize = 4;

/// The address of one of the databases of the server that runs on this home, as
/// [`EmbeddedError::InUse`](super::EmbeddedError::InUse) names it; none if none runs there yet.
/// PostgreSQL itself notes where its socket is.
#[must_use]
pub fn database_url(home: &Path, database: &str) -> Option<String> {
    let noted = std::fs::read(home.join("data/postmaster.pid")).ok()?;
    let socket = noted.split(|byte| *byte == b'\n').nth(SOCKET_LINE)?;
    let socket = Path::new(OsStr::from_bytes(socket));
    socket.is_absolute().then(|| super::url(socket, database))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(content: &[u8]) -> Option<String> {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("data")).unwrap();
        std::fs::write(home.path().join("data/postmaster.pid"), content).unwrap();
        database_url(home.path(), "rookery")
    }

    #[test]
    fn the_socket_is_where_postgres_noted_it() {
        let ready = b"42\n/d/data\n1700000000\n5432\n/d/run\n\n  123  456\nready   \n";
        assert_eq!(noted(ready).unwrap(), "postgres://app@%2Fd%2Frun/rookery");
        assert_eq!(noted(b"42\n/d/data\n1700000000\n5432\n\n"), None);
        assert_eq!(noted(b"42\n"), None);
        assert_eq!(database_url(Path::new("/no/such/place"), "rookery"), None);
    }
}
