//! What every request shares: the configuration, the database, the keys. Made once, at start.

use std::sync::Arc;

use crate::{
    config::Config,
    db::{ConnectOptions, Db},
    error::Result,
};

/// The parts of a running server that requests use. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub db: Db,
}

impl App {
    /// Puts the parts together; opens no connection yet.
    ///
    /// # Errors
    /// When a part cannot be made from this configuration.
    pub fn new(config: Config, database: &ConnectOptions) -> Result<Self> {
        Ok(Self { config: Arc::new(config), db: Db::new(database)? })
    }
}
