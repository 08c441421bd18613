//! Where the database is, and how each connection to it is set up: its limits, and TLS where the
//! server wants it. Connections are opened in [`super::connect`].

use std::time::Duration;

use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls;
use crate::{
    config::Config,
    error::{Error, Result},
};

/// What [`super::Db`] needs to know.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Which server, and how each connection is set up.
    pub endpoint: Endpoint,
    /// How many shared connections for short reads.
    pub readers: usize,
    /// How many connections of one's own.
    pub pool_size: usize,
    /// How many more of them for what may read much.
    pub wide_reads: usize,
    /// How long to wait for a connection.
    pub wait: Duration,
    /// How long the server may say nothing to a read before its connection is given up.
    pub silence: Duration,
    /// How long a statement of a write may take that is as large as an account.
    pub large_write_seconds: u32,
}

impl ConnectOptions {
    /// The options that the configuration asks for; `url` is that of the embedded database.
    ///
    /// # Errors
    /// When the database's address cannot be read, or there is none.
    pub fn new(config: &Config, embedded_url: Option<&str>) -> Result<Self> {
        let mut endpoint = match (&config.database_url, &config.database_hostname, embedded_url) {
            (Some(url), _, _) => Endpoint::parse(&url.0)?,
            (None, Some(host), _) => Endpoint::from_parts(config, host),
            (None, None, Some(url)) => Endpoint::parse(url)?,
            (None, None, None) => {
                return Err(Error::internal("there is no database to connect to"));
            }
        };
        endpoint.limit(config.statement_timeout.0, config.lock_timeout.0, config.idle_timeout.0);
        // The server itself ends a statement after the first; the second is for all the rest.
        let silence = config.statement_timeout.duration() + config.database_wait.duration();
        endpoint.notice_loss(silence);
        Ok(Self {
            endpoint,
            silence,
            readers: config.database_readers,
            pool_size: config.database_pool_size,
            wide_reads: config.database_wide_reads,
            wait: config.database_wait.duration(),
            large_write_seconds: config.large_write_timeout.0,
        })
    }
}

/// The most that Linux takes.
const LONGEST_KEEPALIVE: Duration = Duration::from_secs(32_767);

/// A PostgreSQL server and the way each connection to it is set up.
#[derive(Clone)]
pub struct Endpoint {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Reads a `postgres://` address.
    ///
    /// # Errors
    /// When it is not one; the message never repeats the address, which may hold a password.
    pub fn parse(url: &str) -> Result<Self> {
        let config =
            tls::with_known_modes(url).parse::<tokio_postgres::Config>().map_err(|error| {
                Error::internal(format!("DATABASE_URL is not a PostgreSQL address: {error}"))
            })?;
        Ok(Self::new(config))
    }

    fn from_parts(config: &Config, host: &str) -> Self {
        let mut target = tokio_postgres::Config::new();
        target
            .host(host)
            .port(config.database_port)
            .dbname(&config.database_name)
            .user(&config.database_username)
            .ssl_mode(tls::mode(config.database_sslmode));
        if let Some(password) = &config.database_password {
            target.password(&password.0);
        }
        Self::new(target)
    }

    fn new(mut config: tokio_postgres::Config) -> Self {
        if config.get_application_name().is_none() {
            config.application_name("rookery");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(2));
        }
        let tls = tls::is_wanted(&config).then(tls::with_native_roots);
        Self { config, tls }
    }

    /// Where the server is and which database is meant, for people; without user and password.
    #[must_use]
    pub fn place(&self) -> String {
        let database = self.config.get_dbname().unwrap_or("the user's own database");
        let mut ports = self.config.get_ports().iter();
        let hosts = self.config.get_hosts().iter().map(|host| {
            let port = ports.next().or(self.config.get_ports().first()).unwrap_or(&5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => folder.display().to_string(),
            }
        });
        format!("{database} on {}", hosts.collect::<Vec<_>>().join(", "))
    }

    /// Bounds every statement, lock wait and idle transaction on connections opened from now on. No
    /// statement takes more than one process: a search over everything would otherwise take as many
    /// cores as it can get, and be done sooner while everybody else waits.
    fn limit(&mut self, statement: u32, lock: u32, idle: u32) {
        self.set(&format!(
            "-c statement_timeout={statement}s -c lock_timeout={lock}s \
             -c idle_in_transaction_session_timeout={idle}s -c max_parallel_workers_per_gather=0"
        ));
    }

    /// Has the system notice within about this time that nobody is there any more, also where no word
    /// of it comes: another server took over, or a firewall forgot the connection. Left alone it would
    /// take hours, and writes would wait for it. What the address says of this holds.
    fn notice_loss(&mut self, within: Duration) {
        let unset = tokio_postgres::Config::new();
        let probes = 3;
        let config = &mut self.config;
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(within);
        }
        if config.get_keepalives_idle() == unset.get_keepalives_idle() {
            config.keepalives_idle(within.min(LONGEST_KEEPALIVE));
        }
        if config.get_keepalives_interval().is_none() {
            let interval = (within / probes).max(Duration::from_secs(1));
            config.keepalives_interval(interval.min(LONGEST_KEEPALIVE));
        }
        if config.get_keepalives_retries().is_none() {
            config.keepalives_retries(probes);
        }
    }

    /// Beside what is set already, which may name the schema; of two values the later one holds.
    fn set(&mut self, options: &str) {
        let already = self.config.get_options().unwrap_or_default();
        self.config.options(format!("{already} {options}"));
    }

    /// The same server for statements that find their rows by an index, in order: each is planned
    /// once, which often costs more than running it, and never as a read of all rows, whatever the
    /// tables held when it was planned.
    #[must_use]
    pub fn for_short_reads(&self) -> Self {
        let mut endpoint = self.clone();
        endpoint.set(
            "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off \
             -c enable_bitmapscan=off -c enable_memoize=off -c jit=off",
        );
        endpoint
    }

    /// The same server for statements that may read much. What reads all rows reads the table as it
    /// lies, with a few pages of memory: by an index, which PostgreSQL otherwise takes for as cheap, it
    /// would push out of memory what others read.
    pub(super) fn for_wide_reads(&self) -> Self {
        let mut endpoint = self.clone();
        endpoint.set("-c cpu_index_tuple_cost=0.02");
        endpoint
    }

    /// The same server with another bound on each statement, in seconds.
    pub(super) fn with_statement_limit(&self, seconds: u32) -> Self {
        let mut endpoint = self.clone();
        endpoint.set(&format!("-c statement_timeout={seconds}s"));
        endpoint
    }

    /// The same server without bounds on statements: for migrations and bulk work.
    #[must_use]
    pub fn without_limits(&self) -> Self {
        let mut endpoint = self.clone();
        endpoint.limit(0, 0, 0);
        endpoint
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;
    use crate::config::Source;

    #[test]
    fn tls_is_used_where_it_can_be_verified() {
        for (url, tls) in [
            ("postgres://u@db.example.com/x", true),
            ("postgres://u@db.example.com/x?sslmode=verify-full", true),
            ("postgres://u@db.example.com/x?sslmode=disable", false),
            ("postgres://u@localhost/x", false),
            ("postgres://u@127.0.0.1/x?sslmode=require", true),
            ("postgres://u@[::1]/x", false),
            ("postgres://u@%2Fvar%2Frun/x?sslmode=require", false),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().tls.is_some(), tls, "{url}");
        }
    }

    #[test]
    fn what_the_address_says_of_the_connection_holds() {
        let connection = |parameters: &str| {
            let url = format!("postgres://u@localhost/x{parameters}");
            let config = Config::read(&Source::from_pairs([("DATABASE_URL", &*url)])).unwrap();
            let config = ConnectOptions::new(&config, None).unwrap().endpoint.config;
            (
                config.get_application_name().map(str::to_owned),
                [config.get_connect_timeout(), config.get_tcp_user_timeout()]
                    .map(|it| it.map(Duration::as_secs)),
                (config.get_keepalives(), config.get_keepalives_idle().as_secs()),
                config.get_keepalives_interval().map(|it| it.as_secs()),
                config.get_keepalives_retries(),
            )
        };
        let ours = (Some("rookery".to_owned()), [Some(2), Some(7)], (true, 7), Some(2), Some(3));
        assert_eq!(connection(""), ours);
        let theirs = "?application_name=birds&connect_timeout=9&tcp_user_timeout=8&keepalives=0\
                      &keepalives_idle=60&keepalives_interval=5&keepalives_retries=4";
        let expected =
            (Some("birds".to_owned()), [Some(9), Some(8)], (false, 60), Some(5), Some(4));
        assert_eq!(connection(theirs), expected);
    }

    #[test]
    fn the_system_takes_the_longest_patience() {
        let longest = [
            ("DATABASE_URL", "postgres://u@localhost/x"),
            ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "86400"),
            ("DATABASE_WAIT_SECONDS", "86400"),
        ];
        let config = Config::read(&Source::from_pairs(longest)).unwrap();
        let config = ConnectOptions::new(&config, None).unwrap().endpoint.config;
        assert_eq!(config.get_keepalives_idle(), LONGEST_KEEPALIVE);
        assert_eq!(config.get_keepalives_interval(), Some(LONGEST_KEEPALIVE));
    }

    #[test]
    fn the_addresss_own_options_hold_everywhere() {
        let url = "postgres://u@localhost/x?options=-csearch_path%3Dapp";
        let config = Config::read(&Source::from_pairs([("DATABASE_URL", url)])).unwrap();
        let limited = ConnectOptions::new(&config, None).unwrap().endpoint;
        let unlimited = limited.without_limits();
        for endpoint in [&limited, &limited.for_short_reads(), &unlimited] {
            let options = endpoint.config.get_options().unwrap();
            assert!(options.starts_with("-csearch_path=app "), "{options}");
        }
        let options = unlimited.config.get_options().unwrap();
        let [limit, none] =
            ["statement_timeout=5s", "statement_timeout=0s"].map(|it| options.find(it));
        assert!(limit.is_some() && limit < none, "{options}");
    }

    #[test]
    fn parts_say_whether_to_encrypt() {
        for (sslmode, mode, tls) in [
            ("", SslMode::Prefer, true),
            ("disable", SslMode::Disable, false),
            ("prefer", SslMode::Prefer, true),
            ("require", SslMode::Require, true),
        ] {
            let parts = [("DATABASE_HOSTNAME", "db.example.com"), ("DATABASE_SSLMODE", sslmode)];
            let config = Config::read(&Source::from_pairs(parts)).unwrap();
            let endpoint = ConnectOptions::new(&config, None).unwrap().endpoint;
            assert_eq!(endpoint.config.get_ssl_mode(), mode);
            assert_eq!(endpoint.tls.is_some(), tls, "{sslmode}");
        }
    }

    #[test]
    fn a_server_may_be_named_in_parts() {
        let parts = [
            ("DATABASE_HOSTNAME", "db.example.com"),
            ("DATABASE_PORT", "6432"),
            ("DATABASE_NAME", "birds"),
            ("DATABASE_USERNAME", "ada"),
            ("DATABASE_PASSWORD", "p@ss/word"),
        ];
        let config = Config::read(&Source::from_pairs(parts)).unwrap();
        let Endpoint { config, tls } = ConnectOptions::new(&config, None).unwrap().endpoint;
        assert_eq!(config.get_hosts(), [Host::Tcp("db.example.com".into())]);
        assert_eq!((config.get_ports(), config.get_dbname()), (&[6432][..], Some("birds")));
        assert_eq!(
            (config.get_user(), config.get_password()),
            (Some("ada"), Some(&b"p@ss/word"[..]))
        );
        assert!(tls.is_some());
    }

    #[test]
    fn a_place_names_no_password() {
        let endpoint = Endpoint::parse("postgres://u:hunter2@db.example.com:6432/x").unwrap();
        assert_eq!(endpoint.place(), "x on db.example.com:6432");
        assert!(!format!("{endpoint:?}").contains("hunter2"));
        let wrong = Endpoint::parse("postgres://u:hunter2@db/x?sslmode=always").unwrap_err();
        assert!(!wrong.to_string().contains("hunter2"), "{wrong}");
    }
}
