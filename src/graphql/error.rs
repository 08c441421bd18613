//! How failures leave the server.
//!
//! Resolvers return [`crate::error::Error`] or, for problems of an input, [`UserError`]s in their
//! payload. [`mask`] is the one place where top-level errors get their code and where an internal
//! cause is taken away.

use std::{sync::Arc, time::Duration};

use async_graphql::{
    Enum, ErrorExtensionValues, Response, ServerError, SimpleObject, Value,
    resolver_utils::EnumType,
};

use super::{id, refusals};
use crate::{
    causes::causes,
    error::{Code, Error, seconds},
    logging::Sparse,
    text::{Flaw, Rejected},
};

/// Why an input was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// Something is missing.
    Required,
    /// Shorter than allowed.
    TooShort,
    /// Longer than allowed.
    TooLong,
    /// A file with more bytes, or a picture with more pixels, than allowed.
    TooLarge,
    /// Not of the right form.
    Invalid,
    /// Someone else has it already.
    Taken,
    /// Not for use: a reserved name.
    Reserved,
    /// What the id names does not exist, or the viewer may not see it.
    NotFound,
    /// The password, or the name and password together, are wrong.
    WrongCredentials,
    /// The account is suspended.
    Suspended,
    /// The refresh token is unknown, spent or expired.
    InvalidToken,
    /// The viewer may not do this to this thing.
    NotAllowed,
    /// One cannot do this to oneself.
    NotOneself,
    /// There is such a vote already; only told to clients that asked with `strict`.
    AlreadyVoted,
    /// There is no vote to take back; only told to clients that asked with `strict`.
    VoteNotFound,
    /// It was done already and cannot be done twice.
    AlreadyDone,
    /// More than an account may have.
    LimitReached,
}

impl UserErrorCode {
    /// As clients read it.
    fn name(self) -> &'static str {
        let known = Self::items().iter().find(|item| item.value == self);
        known.map_or("", |item| item.name)
    }
}

impl From<Flaw> for UserErrorCode {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Required => Self::Required,
            Flaw::TooShort => Self::TooShort,
            Flaw::TooLong => Self::TooLong,
            Flaw::Invalid => Self::Invalid,
            Flaw::Reserved => Self::Reserved,
        }
    }
}

/// A problem of an input, for the person who filled in the form.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// What kind of problem it is, for programs.
    pub code: UserErrorCode,
    /// A sentence that a form can show.
    pub message: String,
    /// Where in the arguments the problem lies, such as `["input", "email"]`.
    pub path: Vec<String>,
}

impl UserError {
    /// A problem of one field of the mutation's input.
    pub fn field(field: &str, code: UserErrorCode, message: impl Into<String>) -> Self {
        Self::new(code, message, vec!["input".into(), field.into()])
    }

    /// A problem of the input as a whole.
    pub fn input(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self::new(code, message, vec!["input".into()])
    }

    fn new(code: UserErrorCode, message: impl Into<String>, path: Vec<String>) -> Self {
        refusals::note(code.name());
        Self { code, message: message.into(), path }
    }
}

/// Collects all problems of one input, so that they come back together.
#[derive(Debug, Default)]
pub struct Problems(Vec<UserError>);

impl Problems {
    /// Keeps the value, or notes the problem under the field's name.
    pub fn check<T>(&mut self, field: &str, checked: Result<T, Rejected>) -> Option<T> {
        let note = |Rejected { flaw, message }| {
            self.0.push(UserError::field(field, flaw.into(), message));
        };
        checked.map_err(note).ok()
    }

    /// Notes a problem.
    pub fn push(&mut self, problem: UserError) {
        self.0.push(problem);
    }

    /// Notes a problem, if there is one.
    pub fn extend(&mut self, problem: Option<UserError>) {
        self.0.extend(problem);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    #[must_use]
    pub fn into_vec(self) -> Vec<UserError> {
        self.0
    }
}

/// A failure as the library carries it, without a place in the answer.
#[must_use]
pub fn failure(error: Error) -> ServerError {
    let mut failure = ServerError::new(error.to_string(), None);
    failure.source = Some(Arc::new(error));
    failure
}

/// Gives every top-level error its code and hides internal causes, which are logged here under the
/// request's id. Returns the codes, for the log line and the metrics.
pub fn mask(response: &mut Response, request_id: &str) -> Vec<&'static str> {
    let mut logged = Logged::default();
    response.errors.iter_mut().map(|error| mask_one(error, request_id, &mut logged)).collect()
}

/// The shared causes of a response that were logged: one statement may have failed a hundred fields.
#[derive(Default)]
struct Logged(Vec<Arc<Error>>);

impl Logged {
    /// Whether the cause is to be logged still; from then on it is not.
    fn is_new(&mut self, error: &Error) -> bool {
        let Some(shared) = error.shared() else { return true };
        let new = !self.0.iter().any(|logged| Arc::ptr_eq(logged, shared));
        if new {
            self.0.push(shared.clone());
        }
        new
    }
}

static UNAVAILABLE: Sparse = Sparse::new(Duration::from_secs(1));

fn mask_one(error: &mut ServerError, request_id: &str, logged: &mut Logged) -> &'static str {
    let Some(known) = error.source::<Error>() else { return library_code(error) };
    let (code, extensions) = describe(known, request_id);
    match code {
        Code::Internal if logged.is_new(known) => {
            tracing::error!(request_id, path = ?error.path, cause = causes(known), "internal error");
        }
        Code::ServiceUnavailable if logged.is_new(known) => {
            // One outage fails thousands of requests for the same cause.
            if let Some(untold) = UNAVAILABLE.ask() {
                tracing::warn!(request_id, cause = causes(known), untold, "unavailable");
            }
        }
        _ => {}
    }
    error.extensions = Some(extensions);
    if code == Code::Internal {
        error.message = "Something went wrong on the server.".into();
    }
    // The cause must not be reachable from here on, whoever prints the response.
    error.source = None;
    code.as_str()
}

fn describe(error: &Error, request_id: &str) -> (Code, ErrorExtensionValues) {
    let code = error.code();
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    match error.shared().map_or(error, AsRef::as_ref) {
        Error::RateLimited { retry_after } => extensions.set("retryAfter", seconds(*retry_after)),
        Error::Internal(_) => extensions.set("requestId", request_id),
        _ => {}
    }
    (code, extensions)
}

/// Errors that the library raised itself: an argument that does not fit its type when there is a
/// path, otherwise an operation that does not fit the schema.
fn library_code(error: &mut ServerError) -> &'static str {
    if let Some(told) = id::told(&error.message) {
        error.message = told.to_owned();
    }
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    let known = [
        Code::BadUserInput,
        Code::ParseFailed,
        Code::ValidationFailed,
        Code::TooComplex,
        Code::PersistedQueryNotFound,
        Code::Unauthenticated,
        Code::Timeout,
        Code::RateLimited,
    ];
    if let Some(Value::String(code)) = extensions.get("code")
        && let Some(code) = known.iter().find(|known| known.as_str() == code)
    {
        return code.as_str();
    }
    let code = if error.path.is_empty() { Code::ValidationFailed } else { Code::BadUserInput };
    extensions.set("code", code.as_str());
    code.as_str()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use tracing::{Event, Subscriber};
    use tracing_subscriber::{
        Layer,
        layer::{Context, SubscriberExt},
    };

    use super::*;

    /// Counts what is logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<AtomicUsize>);

    impl<S: Subscriber> Layer<S> for Lines {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What clients are told of these failures, and how many lines the log has of them.
    fn masked(failures: Vec<Error>) -> (Vec<ServerError>, usize) {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::registry().with(lines.clone());
        let mut response = Response::from_errors(failures.into_iter().map(failure).collect());
        tracing::subscriber::with_default(subscriber, || mask(&mut response, "request-1"));
        (response.errors, lines.0.load(Ordering::Relaxed))
    }

    fn extension<'a>(error: &'a ServerError, name: &str) -> Option<&'a Value> {
        error.extensions.as_ref()?.get(name)
    }

    #[test]
    fn a_shared_cause_is_told_as_its_own_and_logged_once() {
        let [one, other] = ["a bug", "a bug"].map(|cause| Arc::new(Error::internal(cause)));
        let (errors, lines) = masked(vec![
            Error::Shared(one.clone()),
            Error::Shared(Arc::new(Error::Shared(one.clone()))),
            Error::Shared(Arc::new(Error::Shared(one))),
            Error::Shared(other),
            Error::internal("a bug"),
            Error::internal("a bug"),
        ]);
        assert_eq!(lines, 4, "one shared by three, one of its own, two of nobody else");
        for error in errors {
            assert_eq!(extension(&error, "code"), Some(&"INTERNAL_SERVER_ERROR".into()));
            assert_eq!(extension(&error, "requestId"), Some(&"request-1".into()));
            assert_eq!(error.message, "Something went wrong on the server.");
        }
        let unavailable = Arc::new(Error::ServiceUnavailable("no database".into()));
        let limited = Arc::new(Error::RateLimited { retry_after: Duration::from_secs(7) });
        let shared = [&unavailable, &unavailable, &limited].map(|it| Error::Shared(it.clone()));
        let (errors, lines) = masked(shared.into());
        assert_eq!(lines, 1);
        assert_eq!(extension(&errors[0], "requestId"), None);
        assert_eq!(extension(&errors[2], "retryAfter"), Some(&7.into()));
    }
}
