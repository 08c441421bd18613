//! What every request shares: the configuration, the database, the keys. Made once, at start.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    auth::{Hasher, Keys, Tokens},
    config::Config,
    db::{ConnectOptions, Db},
    error::Result,
    media::Media,
    rate::Buckets,
    realtime::Hub,
};

/// Who makes a write, as its rate is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Writer {
    /// A user.
    User(Uuid),
    /// A session that is not known to stand.
    Session(Uuid),
    /// A session, where it ends sessions or changes the password: whoever writes in its user's name
    /// cannot keep its user from that.
    Guard(Uuid),
    /// A session, where its tokens are renewed.
    Refresher(Uuid),
    /// All strangers at one place, by the hash of its address.
    Stranger(Vec<u8>),
    /// The same, where they send refresh tokens that nobody has.
    Guesser(Vec<u8>),
}

/// The parts of a running server that requests use. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub db: Db,
    /// The server's secret keys.
    pub keys: Arc<Keys>,
    /// Access tokens.
    pub tokens: Arc<Tokens>,
    /// Password hashes.
    pub hasher: Hasher,
    /// How often each may write.
    pub write_rate: Arc<Buckets<Writer>>,
    /// Pictures.
    pub media: Media,
    /// Those who wait for what happens.
    pub hub: Hub,
}

impl App {
    /// Puts the parts together; opens no connection yet.
    ///
    /// # Errors
    /// When a part cannot be made from this configuration.
    pub fn new(config: Config, database: &ConnectOptions) -> Result<Self> {
        Self::with(config, database, Db::new(database)?)
    }

    /// The same, with a way to the database that is there already.
    ///
    /// # Errors
    /// When a part cannot be made from this configuration.
    pub fn with(config: Config, database: &ConnectOptions, db: Db) -> Result<Self> {
        let keys = Keys::new(&config)?;
        Ok(Self {
            media: Media::new(&config, &db)?,
            hub: Hub::new(database, &db),
            db,
            tokens: Arc::new(Tokens::new(&config, &keys)),
            keys: Arc::new(keys),
            hasher: Hasher::new(&config)?,
            write_rate: Arc::new(Buckets::new(config.writes_per_minute)),
            config: Arc::new(config),
        })
    }
}
