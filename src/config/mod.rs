//! Every setting: its variable, its default, its meaning.
//!
//! The table below is the only place where a setting is described. `rookery config` prints it,
//! `.env.example` and the README are held against it by tests. Configuration is read once, at
//! start; all wrong values are reported together.

mod rules;
mod source;
mod value;

use std::{net::IpAddr, path::PathBuf};

pub use rules::SECRET_KEY_MIN_BYTES;
pub use source::{Origination, Source};
pub use value::{
    Algorithm, BaseUrl, Days, Encryption, List, LogFilter, LogFormat, Minutes, Network, Origin,
    Profile, Seconds, Secret, TrustedMode, Value,
};

/// One setting as the documentation shows it.
#[derive(Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// What holds when the variable is unset; empty when there is no default.
    pub default: &'static str,
    /// What the setting means.
    pub meaning: &'static str,
    /// Whether the value must never be shown.
    pub secret: bool,
}

/// Every problem of a configuration, each with its variable and what would be right.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration has problems:\n  {}", .0.join("\n  "))]
pub struct ConfigError(pub Vec<String>);

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $([$secret:ident])? $name:literal => $field:ident: $type:ty = $default:literal;)+) => {
        /// All settings, read and checked.
        #[derive(Clone, Debug)]
        pub struct Config { $($(#[doc = $doc])+ pub $field: $type,)+ }

        /// All settings, described, in the order in which they are shown.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            name: $name,
            default: $default,
            meaning: concat!($($doc),+),
            secret: settings!(@secret $($secret)?),
        }),+];

        impl Config {
            /// Reads every setting.
            ///
            /// # Errors
            /// With all wrong values together.
            pub fn read(source: &Source) -> Result<Self, ConfigError> {
                let mut problems = Vec::new();
                $(let $field: Option<$type> = read(source, $name, $default, settings!(@secret $($secret)?), &mut problems);)+
                $(let Some($field) = $field else { return Err(ConfigError(problems)) };)+
                let config = Self { $($field),+ };
                config.check(problems)
            }
        }
    };
    (@secret secret) => { true };
    (@secret) => { false };
}

settings! {
    /// Which defaults apply: `development` opens the playground and introspection, `production` closes both and insists on secrets.
    "PROFILE" => profile: Profile = "development";
    /// The address to listen on.
    "HOST" => host: IpAddr = "127.0.0.1";
    /// The port to listen on; 0 takes a free one.
    "PORT" => port: u16 = "8000";
    /// The folder for everything that the server keeps by itself: the embedded database, pictures and a generated secret key.
    "DATA_DIR" => data_dir: PathBuf = "data";
    /// The folder for pictures, where no bucket is named. Without it, `uploads` in `DATA_DIR`. Each database needs one of its own.
    "UPLOAD_DIR" => upload_dir: Option<PathBuf> = "";
    /// Where clients reach the server, as `https://api.example.com`: what addresses of pictures begin with. Without it they begin with the host that the request named.
    "PUBLIC_URL" => public_url: Option<BaseUrl> = "";
    /// The bucket for pictures, in S3 or whatever is compatible with it, instead of `UPLOAD_DIR`.
    "S3_BUCKET" => s3_bucket: Option<String> = "";
    /// The store of the bucket, as `https://storage.example.com`, where it is not Amazon's.
    "S3_ENDPOINT" => s3_endpoint: Option<BaseUrl> = "";
    /// The region of the bucket.
    "S3_REGION" => s3_region: String = "us-east-1";
    /// The name of the key to the bucket. Without it the server asks the machine that it runs on.
    "S3_ACCESS_KEY_ID" => s3_access_key_id: Option<String> = "";
    /// The key to the bucket.
    [secret] "S3_SECRET_ACCESS_KEY" => s3_secret_access_key: Option<Secret> = "";

    /// How many threads answer requests, 1000 at most; 0 means one for each of the machine's cores.
    "WORKER_THREADS" => worker_threads: usize = "0";

    /// The PostgreSQL server to use, as `postgres://user:password@host:port/name?sslmode=require`. Without it and without the parts below, the server runs a PostgreSQL of its own.
    [secret] "DATABASE_URL" => database_url: Option<Secret> = "";
    /// The PostgreSQL server's host, instead of `DATABASE_URL`.
    "DATABASE_HOSTNAME" => database_hostname: Option<String> = "";
    /// The PostgreSQL server's port.
    "DATABASE_PORT" => database_port: u16 = "5432";
    /// The name of the database.
    "DATABASE_NAME" => database_name: String = "rookery";
    /// The database user.
    "DATABASE_USERNAME" => database_username: String = "postgres";
    /// The database user's password.
    [secret] "DATABASE_PASSWORD" => database_password: Option<Secret> = "";
    /// Whether the connection to `DATABASE_HOSTNAME` is encrypted: `disable`, `prefer`, which takes what the server offers, or `require`. Where it is, the certificate is verified in full. `DATABASE_URL` has an `sslmode` of its own.
    "DATABASE_SSLMODE" => database_sslmode: Encryption = "prefer";
    /// How many shared connections carry short reads. Many requests are pipelined over each, so a few are faster than many.
    "DATABASE_READERS" => database_readers: usize = "2";
    /// How many further connections serve writes.
    "DATABASE_POOL_SIZE" => database_pool_size: usize = "10";
    /// How many further connections serve searches and wide counts: no more of them run at once, and however many are asked for, writes keep their connections.
    "DATABASE_WIDE_READS" => database_wide_reads: usize = "4";
    /// How long one SQL statement may take.
    "DATABASE_STATEMENT_TIMEOUT_SECONDS" => statement_timeout: Seconds = "5";
    /// How long one statement may take that deletes or hides a whole account, or deletes a post with all that hangs on it. Such a write ends as it should also when its request is over.
    "DATABASE_LARGE_WRITE_TIMEOUT_SECONDS" => large_write_timeout: Seconds = "120";
    /// How long a statement may wait for a lock.
    "DATABASE_LOCK_TIMEOUT_SECONDS" => lock_timeout: Seconds = "1";
    /// How long a transaction may sit idle.
    "DATABASE_IDLE_TIMEOUT_SECONDS" => idle_timeout: Seconds = "10";
    /// How long a request waits for a database connection.
    "DATABASE_WAIT_SECONDS" => database_wait: Seconds = "2";
    /// The folder with PostgreSQL's programs for the embedded database; found by itself when unset.
    "POSTGRES_BIN_DIR" => postgres_bin_dir: Option<PathBuf> = "";
    /// How much memory the embedded database keeps data in, in MiB. 0 means an eighth of the machine's, and at most 256, which a start hardly notices; with much data a quarter of the machine's is faster.
    "POSTGRES_BUFFERS_MIB" => postgres_buffers_mib: usize = "0";

    /// The key that signs access tokens, at least 32 bytes. In development one is made once and kept in the data folder.
    [secret] "SECRET_KEY" => secret_key: Option<Secret> = "";
    /// The key before the current one: tokens signed with it stay valid, so that keys can be changed without logging anyone out.
    [secret] "SECRET_KEY_PREVIOUS" => secret_key_previous: Option<Secret> = "";
    /// How access tokens are signed: HS256, HS384 or HS512.
    "ALGORITHM" => algorithm: Algorithm = "HS256";
    /// How long an access token is valid.
    "ACCESS_TOKEN_EXPIRE_MINUTES" => access_token_expire: Minutes = "30";
    /// How long a session lasts without being refreshed.
    "REFRESH_TOKEN_EXPIRE_DAYS" => refresh_token_expire: Days = "7";
    /// How long a session lasts in all.
    "SESSION_EXPIRE_DAYS" => session_expire: Days = "90";
    /// How long a spent refresh token is still answered, 15 times at most, for a client that lost the first answer or asked twice.
    "REFRESH_GRACE_SECONDS" => refresh_grace: Seconds = "10";
    /// The issuer that access tokens name.
    "TOKEN_ISSUER" => token_issuer: String = "rookery";
    /// The audience that access tokens name.
    "TOKEN_AUDIENCE" => token_audience: String = "rookery";
    /// How many password hashes may run at once; the others wait. 0 means one a core.
    "PASSWORD_HASH_PARALLELISM" => password_hash_parallelism: usize = "0";
    /// How much memory a password hash takes, from 19,456 KiB, the least that is thought safe, to 1,048,576. An older hash is made anew when its owner logs in.
    "PASSWORD_HASH_MEMORY_KIB" => password_hash_memory_kib: usize = "19456";
    /// How often a password hash goes through its memory, from 2 to 20 times.
    "PASSWORD_HASH_PASSES" => password_hash_passes: usize = "2";

    /// How many logins with one name, or with one email address, may fail before each further failure doubles the wait, from 1 s. An owner at a familiar place does not wait, and one in a session only for what failed in that session.
    "LOGIN_FAILURES_PER_ACCOUNT" => login_failures_per_account: u32 = "4";
    /// How many logins from one address may fail before each further failure doubles the wait. An owner in a session does not wait.
    "LOGIN_FAILURES_PER_ADDRESS" => login_failures_per_address: u32 = "100";
    /// The longest wait after failed logins.
    "LOGIN_LONGEST_WAIT_SECONDS" => login_longest_wait: Seconds = "900";
    /// How many accounts may be registered from one address in an hour before each further one doubles the wait.
    "REGISTRATIONS_PER_HOUR" => registrations_per_hour: u32 = "500";

    /// Web origins that may call the API from a browser. Requests from the server's own origin are always allowed.
    "CORS_ALLOWED_ORIGINS" => cors_allowed_origins: List<Origin> = "";
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    "TRUSTED_PROXIES" => trusted_proxies: List<Network> = "";
    /// Whether `/graphql` shows a browser the playground; by default in development only.
    "PLAYGROUND" => playground: Option<bool> = "";
    /// Whether strangers may introspect the schema; by default in development only.
    "INTROSPECTION" => introspection: Option<bool> = "";
    /// Manifests of documents that clients may send by their ids: files that Apollo's, Relay's or graphql-codegen's tools wrote.
    "TRUSTED_DOCUMENTS" => trusted_documents: List<PathBuf> = "";
    /// What other documents are worth: `off` runs them and leaves the manifests unread, `log` runs and logs them, `only` refuses them.
    "TRUSTED_DOCUMENTS_MODE" => trusted_documents_mode: TrustedMode = "off";
    /// What to log, as `tracing` filters: `info`, or `rookery=debug,info`.
    "LOG" => log: LogFilter = "info";
    /// How log lines look: `pretty`, `json`, or `auto` for pretty on a terminal and JSON otherwise.
    "LOG_FORMAT" => log_format: LogFormat = "auto";

    /// The largest request body, in bytes.
    "MAX_BODY_BYTES" => max_body_bytes: usize = "1048576";
    /// The largest file in an upload, in bytes.
    "MAX_UPLOAD_BYTES" => max_upload_bytes: usize = "8388608";
    /// How long a request with files may take in all: their arrival and their turn to be looked at, too.
    "UPLOAD_TIMEOUT_SECONDS" => upload_timeout: Seconds = "60";
    /// How many requests with files one user may have under way at once.
    "MAX_UPLOADS_PER_USER" => max_uploads_per_user: usize = "20";
    /// How long a client may take to send the head of a request; also how long a connection may rest between two.
    "REQUEST_HEAD_TIMEOUT_SECONDS" => request_head_timeout: Seconds = "30";
    /// How long a request may take in all, from its head to its answer: the arrival of its body, too.
    "REQUEST_TIMEOUT_SECONDS" => request_timeout: Seconds = "10";
    /// How long a stopping server waits for requests that are under way.
    "SHUTDOWN_TIMEOUT_SECONDS" => shutdown_timeout: Seconds = "30";
    /// The longest operation text, in characters.
    "MAX_OPERATION_CHARS" => max_operation_chars: usize = "15000";
    /// The most tokens in an operation.
    "MAX_OPERATION_TOKENS" => max_operation_tokens: usize = "2000";
    /// The deepest nesting of fields.
    "MAX_DEPTH" => max_depth: usize = "12";
    /// The most aliases in an operation.
    "MAX_ALIASES" => max_aliases: usize = "30";
    /// The most fields at the root of an operation.
    "MAX_ROOT_FIELDS" => max_root_fields: usize = "20";
    /// The most directives in an operation.
    "MAX_DIRECTIVES" => max_directives: usize = "50";
    /// The highest complexity: one a field, multiplied by the page sizes around it.
    "MAX_COMPLEXITY" => max_complexity: usize = "5000";
    /// How many mutation fields a user may run in a minute; strangers share this by address. Counted apart, by session: `refresh`; and `logout`, `revokeSession` and `changePassword`. By address and apart: refresh tokens that nobody has.
    "WRITES_PER_MINUTE" => writes_per_minute: u32 = "120";
    /// The largest WebSocket message, in bytes.
    "MAX_SOCKET_MESSAGE_BYTES" => max_socket_message_bytes: usize = "65536";
    /// How many operations may run at once on one WebSocket.
    "MAX_SOCKET_OPERATIONS" => max_socket_operations: usize = "50";
    /// How many WebSockets and event streams one user may hold open at once.
    "MAX_LIVE_CONNECTIONS_PER_USER" => max_live_connections_per_user: usize = "50";
    /// How many WebSockets and event streams may be open at once from one address.
    "MAX_LIVE_CONNECTIONS_PER_ADDRESS" => max_live_connections_per_address: usize = "1000";
    /// How long a WebSocket may take to introduce itself.
    "SOCKET_INIT_SECONDS" => socket_init: Seconds = "10";
    /// How long a WebSocket's client may leave one message lying before it is dropped as too slow.
    "SOCKET_SEND_SECONDS" => socket_send: Seconds = "10";
}

fn read<T: Value>(
    source: &Source,
    name: &str,
    default: &str,
    secret: bool,
    problems: &mut Vec<String>,
) -> Option<T> {
    let text = source.get(name).map_or(default, |(text, _)| text);
    T::parse(text).or_else(|| {
        let shown = if secret { "the value".to_owned() } else { format!("{text:?}") };
        problems.push(format!("{name}: {shown} is wrong, it must be {}", T::EXPECTED));
        // The default stands in, so that the rules below can be checked, too.
        T::parse(default)
    })
}

impl Config {
    /// Whether the server runs a PostgreSQL of its own.
    #[must_use]
    pub fn embedded_database(&self) -> bool {
        self.database_url.is_none() && self.database_hostname.is_none()
    }

    /// The folder for pictures, where no bucket is named.
    #[must_use]
    pub fn uploads(&self) -> PathBuf {
        self.upload_dir.clone().unwrap_or_else(|| self.data_dir.join("uploads"))
    }

    /// Whether a browser gets the playground. Where only trusted documents run, it could run none.
    #[must_use]
    pub fn playground(&self) -> bool {
        let only_trusted = self.trusted_documents_mode == TrustedMode::Only;
        self.playground.unwrap_or(self.profile == Profile::Development && !only_trusted)
    }

    /// Whether strangers may introspect the schema.
    #[must_use]
    pub fn introspection(&self) -> bool {
        self.introspection.unwrap_or(self.profile == Profile::Development)
    }
}

#[cfg(test)]
mod tests;
