//! The signing key that a development server makes for itself.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use tempfile::NamedTempFile;

use crate::{
    config::{SECRET_KEY_MIN_BYTES, Secret},
    error::{Error, Result},
};

const FILE: &str = "secret_key";

/// The key kept in this folder, made at the first call. Only the owner of the server can read it.
///
/// # Errors
/// When the folder cannot be written, or the file holds no key.
pub fn kept_in(folder: &Path) -> Result<Secret> {
    let path = folder.join(FILE);
    let trouble = |error: io::Error| {
        Error::internal(format!("cannot keep a signing key in {}: {error}", path.display()))
    };
    if !path.exists() {
        generate(folder, &path).map_err(trouble)?;
    }
    let key = fs::read_to_string(&path).map_err(trouble)?.trim().to_owned();
    if key.len() < SECRET_KEY_MIN_BYTES {
        let short = format!("{} holds no key; delete it to get a new one", path.display());
        return Err(Error::internal(short));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(trouble)?;
    Ok(Secret(key))
}

/// Written whole or not at all; of two servers that start together one wins and both use its key.
fn generate(folder: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    let bytes: [u8; 48] = rand::random();
    writeln!(file, "{}", STANDARD_NO_PAD.encode(bytes))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let key = kept_in(&data).unwrap();
        assert!(key.0.len() >= 64);
        assert_eq!(kept_in(&data).unwrap(), key);
        let mode = fs::metadata(data.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(kept_in(folder.path()).unwrap(), key);
    }

    #[test]
    fn an_empty_file_is_no_key() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "\n").unwrap();
        assert!(kept_in(folder.path()).unwrap_err().to_string().contains("holds no key"));
    }
}
