//! What can go wrong, as the rest of the program says it.
//!
//! An [`Error`] is no part of the domain: problems of an input are user errors and travel in
//! payloads. It never carries its cause to a client; the cause of an internal error is logged once,
//! under the request's id, where the answer is written.

use std::{borrow::Cow, sync::Arc, time::Duration};

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// The code that a client reads in `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Nobody is logged in, or the token is no longer good.
    Unauthenticated,
    /// Logged in, but not allowed.
    Forbidden,
    /// An argument that cannot be what it should be.
    BadUserInput,
    /// What is to be followed is not there, or what was asked for was deleted or hidden while it was
    /// being read.
    NotFound,
    /// Too many requests of this kind.
    RateLimited,
    /// The text is not GraphQL.
    ParseFailed,
    /// The operation does not fit the schema.
    ValidationFailed,
    /// The operation costs more than is allowed.
    TooComplex,
    /// The server does not know the persisted operation.
    PersistedQueryNotFound,
    /// The request took too long.
    Timeout,
    /// The database, or the store of pictures, cannot be reached at the moment.
    ServiceUnavailable,
    /// Everything else.
    Internal,
}

impl Code {
    /// Each of them.
    pub const ALL: [Self; 12] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::BadUserInput,
        Self::NotFound,
        Self::RateLimited,
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::TooComplex,
        Self::PersistedQueryNotFound,
        Self::Timeout,
        Self::ServiceUnavailable,
        Self::Internal,
    ];

    /// The code as it is written in answers, logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::NotFound => "NOT_FOUND",
            Self::RateLimited => "RATE_LIMITED",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::TooComplex => "QUERY_TOO_COMPLEX",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::Timeout => "TIMEOUT",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }
}

/// What somebody is told whose session, or whose account, has ended.
pub const SESSION_ENDED: &str = "Your session has ended. Log in again.";

/// A failure that ends a field or a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is logged in, or the session has ended.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The viewer may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// An argument that cannot be what it should be: a malformed id, a foreign cursor.
    #[error("{0}")]
    BadUserInput(Cow<'static, str>),
    /// There is nothing to follow: what the argument names does not exist, or the viewer may not see
    /// it.
    #[error("{0}")]
    NotFound(&'static str),
    /// A part of what was read is gone: it was deleted or hidden after the read began. Nobody's
    /// mistake, and asking again shows what there is now.
    #[error("This was deleted or hidden while it was being read. Ask again.")]
    Gone,
    /// The viewer does this too often.
    #[error("Too many requests. Try again in {}.", told(*.retry_after))]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// A statement or a lock took longer than it may.
    #[error("The request took too long and was stopped.")]
    Timeout,
    /// No connection to the database.
    #[error("The database cannot be reached at the moment. Try again soon.")]
    ServiceUnavailable(#[source] BoxError),
    /// No access to the files of pictures.
    #[error("Pictures cannot be stored or read at the moment. Try again soon.")]
    StoreUnavailable(#[source] BoxError),
    /// A write lost to concurrent ones and was undone. The cause is for the log only.
    #[error("Too many people are changing this at once. Try again soon.")]
    Contended(String),
    /// A failure that several fields share, since one statement served them all.
    #[error(transparent)]
    Shared(Arc<Error>),
    /// A bug, or a machine in trouble. The text is for the log only.
    #[error("internal error: {0}")]
    Internal(#[source] BoxError),
}

/// Any cause of a failure.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whole seconds, rounded up, at least one: what `Retry-After` and `retryAfter` say.
#[must_use]
pub fn seconds(wait: Duration) -> u64 {
    wait.as_secs_f64().ceil().max(1.0) as u64
}

/// As a sentence says it.
fn told(wait: Duration) -> String {
    match seconds(wait) {
        1 => "a second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

impl Error {
    /// The code that goes with the failure.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Shared(error) => error.code(),
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::Forbidden(_) => Code::Forbidden,
            Self::BadUserInput(_) => Code::BadUserInput,
            Self::Gone | Self::NotFound(_) => Code::NotFound,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::Timeout => Code::Timeout,
            Self::ServiceUnavailable(_) | Self::StoreUnavailable(_) | Self::Contended(_) => {
                Code::ServiceUnavailable
            }
            Self::Internal(_) => Code::Internal,
        }
    }

    /// What several fields share, where they do: two failures with one of it are the same.
    #[must_use]
    pub fn shared(&self) -> Option<&Arc<Self>> {
        match self {
            // Who shares it may have got it from others who share it.
            Self::Shared(error) => error.shared().or(Some(error)),
            _ => None,
        }
    }

    /// An internal error from any cause.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Self::Internal(cause.into())
    }

    /// A wrong argument.
    pub fn bad_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::BadUserInput(message.into())
    }
}

impl From<DieselError> for Error {
    /// A missing row is never a client's mistake by itself: the caller says which absence it
    /// expects with `optional()`, and anything left over is a bug.
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | DieselError::BrokenTransactionManager => Self::ServiceUnavailable(error.into()),
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, info) => {
                Self::Contended(info.message().to_owned())
            }
            DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, info)
                if is_lost(info.message()) =>
            {
                Self::ServiceUnavailable(error.into())
            }
            DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => match info.message() {
                m if is_deadlock(&**info) => Self::Contended(m.to_owned()),
                m if m.starts_with("canceling statement due to") => Self::Timeout,
                m if m.starts_with("terminating connection") => {
                    Self::ServiceUnavailable(error.into())
                }
                m if is_lost(m) || m.contains("the database system is") => {
                    Self::ServiceUnavailable(error.into())
                }
                _ => Self::Internal(error.into()),
            },
            _ => Self::Internal(error.into()),
        }
    }
}

/// Whether the driver says, in its own words, that the connection broke.
fn is_lost(message: &str) -> bool {
    message.starts_with("connection closed") || message.starts_with("error communicating")
}

/// Whether a statement was ended since it and others waited for each other. The message may be in
/// any language, but the details of a deadlock, and of nothing else, name the modes of the locks
/// that were waited for, and those are never translated.
fn is_deadlock(failure: &dyn DatabaseErrorInformation) -> bool {
    let names_locks = |it: &str| it.contains("ShareLock") || it.contains("ExclusiveLock");
    failure.details().is_some_and(names_locks)
}

/// The name of the constraint that a write ran into, so that the caller can say which field is wrong.
#[must_use]
pub fn violated_constraint(error: &DieselError) -> Option<&str> {
    match error {
        DieselError::DatabaseError(_, info) => info.constraint_name(),
        _ => None,
    }
}

/// Turns the violation of known constraints into a domain outcome and leaves every other error.
pub trait OnConstraint<T> {
    /// Calls `outcome` with the violated constraint's name; `None` from it means "not one of mine".
    ///
    /// # Errors
    /// Every error that `outcome` does not claim.
    fn on_constraint<F>(self, outcome: F) -> Result<T>
    where
        F: FnOnce(&str) -> Option<T>;
}

impl<T> OnConstraint<T> for std::result::Result<T, DieselError> {
    fn on_constraint<F>(self, outcome: F) -> Result<T>
    where
        F: FnOnce(&str) -> Option<T>,
    {
        self.or_else(|error| match violated_constraint(&error).and_then(outcome) {
            Some(value) => Ok(value),
            None => Err(error.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PostgreSQL says to a statement, in some language.
    struct Said(&'static str, Option<&'static str>);

    impl DatabaseErrorInformation for Said {
        fn message(&self) -> &str {
            self.0
        }
        fn details(&self) -> Option<&str> {
            self.1
        }
        fn hint(&self) -> Option<&str> {
            None
        }
        fn table_name(&self) -> Option<&str> {
            None
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            None
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    #[test]
    fn a_deadlock_is_known_in_any_language() {
        let code = |said: Said| {
            Error::from(DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(said)))
        };
        let german = "Prozess 2378 wartet auf ExclusiveLock-Sperre auf Transaktion 735; blockiert \
                      von Prozess 2379.";
        let deadlock = code(Said("Verklemmung (Deadlock) entdeckt", Some(german)));
        assert!(matches!(deadlock, Error::Contended(_)), "{deadlock}");
        let timeout = code(Said("canceling statement due to lock timeout", None));
        assert!(matches!(timeout, Error::Timeout), "{timeout}");
        let other = code(Said("division by zero", Some("Somebody divided by zero.")));
        assert!(matches!(other, Error::Internal(_)), "{other}");
    }

    #[test]
    fn a_wait_is_told_as_people_say_it() {
        let told = |millis| {
            let retry_after = Duration::from_millis(millis);
            Error::RateLimited { retry_after }.to_string()
        };
        assert_eq!(told(1), "Too many requests. Try again in a second.");
        assert_eq!(told(1_001), "Too many requests. Try again in 2 seconds.");
    }
}
