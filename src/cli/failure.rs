//! What ends a command early, as the person at the terminal reads it.

use std::{fmt, io, process::ExitCode};

use crate::{causes::causes, config::ConfigError, db::embedded::EmbeddedError, error::Error};

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// The settings are wrong.
    Config(ConfigError),
    /// A part of the program failed.
    Error(Error),
    /// The embedded database did not start or stop.
    Embedded(EmbeddedError),
    /// The system refused something; the text says what was tried.
    Io(String, io::Error),
    /// The command refuses, for a reason that the text gives.
    Refused(String),
    /// Whoever read our output has read enough.
    NobodyListens,
    /// It stands in the log already.
    Told,
}

impl Failure {
    /// The system refused what `doing` says.
    pub(super) fn io(doing: impl Into<String>, error: io::Error) -> Self {
        Self::Io(doing.into(), error)
    }

    /// Tells the person, and what the exit code is: 2 for a wrong use or wrong settings, 1 for
    /// anything else.
    pub(super) fn report(self) -> ExitCode {
        if matches!(self, Self::NobodyListens) {
            return ExitCode::SUCCESS;
        }
        let wrong_use = matches!(self, Self::Config(_));
        if !matches!(self, Self::Told) {
            super::output::note(&format!("error: {self}"));
        }
        ExitCode::from(if wrong_use { 2 } else { 1 })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Error(Error::Internal(cause)) => f.write_str(&causes(cause.as_ref())),
            Self::Error(Error::ServiceUnavailable(cause)) => {
                write!(f, "the database cannot be reached: {}", causes(cause.as_ref()))
            }
            Self::Error(error) => error.fmt(f),
            Self::Embedded(error) => f.write_str(&causes(error)),
            Self::Io(doing, error) => write!(f, "cannot {doing}: {error}"),
            Self::Refused(reason) => f.write_str(reason),
            Self::NobodyListens => f.write_str("the output was closed"),
            Self::Told => f.write_str("see the log"),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<EmbeddedError> for Failure {
    fn from(error: EmbeddedError) -> Self {
        Self::Embedded(error)
    }
}
