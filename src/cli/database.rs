//! The database of a command: the server that the settings name, or one of our own.

use std::num::NonZeroUsize;

use super::failure::Failure;
use crate::{
    config::Config,
    db::{
        ConnectOptions,
        embedded::{DATABASE, EmbeddedError, EmbeddedPostgres, Options, running},
        migrations::{self, State},
    },
};

/// A database that can be connected to, until it is closed.
pub(super) struct Database {
    /// The way to it.
    pub(super) options: ConnectOptions,
    /// Our own server, if the settings name none and nobody else had started it.
    server: Option<EmbeddedPostgres>,
}

impl Database {
    /// For the server: where the data is our own, nobody else may be at it.
    ///
    /// # Errors
    /// When our own server does not start, or the settings name no usable address.
    pub(super) async fn open(config: &Config) -> Result<Self, Failure> {
        Self::open_or_make(config, true).await
    }

    async fn open_or_make(config: &Config, make: bool) -> Result<Self, Failure> {
        if !config.embedded_database() {
            return Ok(Self { options: ConnectOptions::new(config, None)?, server: None });
        }
        let server = EmbeddedPostgres::start(embedded_options(config, make)).await?;
        let options = ConnectOptions::new(config, Some(&server.database_url(DATABASE)))?;
        Ok(Self { options, server: Some(server) })
    }

    /// For a command that works beside a running server: uses the database that it has started.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub(super) async fn join(config: &Config) -> Result<Self, Failure> {
        Self::join_or_make(config, true).await
    }

    /// For a command about what is there: makes no database where there is none, as in a folder where
    /// no server was ever started.
    ///
    /// # Errors
    /// As [`Database::open`], and when there is none.
    pub(super) async fn join_existing(config: &Config) -> Result<Self, Failure> {
        Self::join_or_make(config, false).await
    }

    async fn join_or_make(config: &Config, make: bool) -> Result<Self, Failure> {
        match Self::open_or_make(config, make).await {
            Err(Failure::Embedded(EmbeddedError::InUse { folder, holder })) => {
                let url = running::database_url(&folder, DATABASE)
                    .ok_or(EmbeddedError::InUse { folder, holder })?;
                Ok(Self { options: ConnectOptions::new(config, Some(&url))?, server: None })
            }
            other => other,
        }
    }

    /// Makes sure that the database is as this version knows it.
    ///
    /// # Errors
    /// When it lacks migrations, or cannot be reached.
    pub(super) async fn is_migrated(&self) -> Result<(), Failure> {
        let status = migrations::status(&self.options.endpoint).await?;
        match status.iter().filter(|migration| migration.state == State::Pending).count() {
            0 => Ok(()),
            lacking => Err(Failure::Refused(format!(
                "the database lacks {lacking} of {} migrations; run `rookery migrate up` first",
                status.len()
            ))),
        }
    }

    /// Where the data lies, for people.
    pub(super) fn place(&self) -> String {
        match &self.server {
            Some(server) => server.home().display().to_string(),
            None => self.options.endpoint.place(),
        }
    }

    /// How to look into our own server, which nobody else knows the way to.
    pub(super) fn shell(&self) -> Option<String> {
        let server = self.server.as_ref()?;
        Some(format!("psql '{}'", server.database_url(DATABASE)))
    }

    /// Stops our own server, if it is that.
    ///
    /// # Errors
    /// When it does not end.
    pub(super) async fn close(self) -> Result<(), Failure> {
        match self.server {
            Some(server) => Ok(server.stop().await?),
            None => Ok(()),
        }
    }
}

fn embedded_options(config: &Config, make: bool) -> Options {
    Options {
        make,
        data_dir: config.data_dir.clone(),
        binaries: config.postgres_bin_dir.clone(),
        cache_dir: config.data_dir.join("cache"),
        buffers_mib: NonZeroUsize::new(config.postgres_buffers_mib),
        durable: true,
    }
}
