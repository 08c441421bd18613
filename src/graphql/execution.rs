//! Runs one operation: admitted, executed, its errors masked and counted.
//!
//! Every transport comes through here, so what an operation may do, what it costs and what its
//! errors tell does not depend on how it arrived. Knows nothing of HTTP or sockets.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use async_graphql::{
    Request, Response, ServerError, Variables,
    parser::types::{DocumentOperations, ExecutableDocument, OperationType},
};
use futures_util::FutureExt;

use super::{RookerySchema, context::RequestInfo, error::mask, loaders::Loaders, schema};
use crate::{
    app::App,
    db::statistics::Statements,
    error::{Code, Error},
    metrics,
};

const UNKNOWN_OPERATION: &str = "operationName does not name one operation of this document.";

/// What a client asks for.
#[derive(Debug, Default)]
pub struct Operation {
    /// The document.
    pub query: String,
    /// Which of the document's operations.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: Variables,
}

/// An operation that may be run.
#[derive(Debug)]
pub struct Prepared {
    request: Request,
    /// Whether it reads, writes or subscribes.
    pub kind: OperationType,
    /// Its name in the document.
    pub name: Option<String>,
}

/// What came of an operation.
#[derive(Debug)]
pub struct Outcome {
    /// The answer, fit for the client's eyes.
    pub response: Response,
    /// What the log tells of it.
    pub summary: Summary,
}

impl Outcome {
    /// The outcome of an operation that may not run.
    #[must_use]
    pub fn refused(error: ServerError, request_id: &str) -> Self {
        let mut response = Response::from_errors(vec![error]);
        let codes = mask(&mut response, request_id);
        metrics::operation(metrics::Kind::Unknown, Duration::ZERO, &codes);
        Self { response, summary: Summary { codes, ..Summary::default() } }
    }
}

/// What the log tells of an operation: never its variables.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Whether it read, wrote or subscribed; `None` for a document that was refused.
    pub kind: Option<OperationType>,
    /// Its name in the document.
    pub name: Option<String>,
    /// The codes of its errors.
    pub codes: Vec<&'static str>,
    /// The SQL statements it took.
    pub statements: u32,
}

/// The schema and what stands around it.
#[derive(Clone)]
pub struct Executor {
    app: App,
    schema: RookerySchema,
}

impl Executor {
    /// An executor of operations against this app.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { schema: schema(app.clone()), app }
    }

    /// Parses the document and decides whether the operation may run.
    ///
    /// # Errors
    /// The one reason why it may not, with its code.
    pub fn prepare(&self, operation: Operation) -> Result<Prepared, ServerError> {
        let mut request = Request::new(operation.query).variables(operation.variables);
        request.operation_name = operation.operation_name.filter(|name| !name.is_empty());
        let wanted = request.operation_name.clone();
        let document = request.parsed_query().map_err(|error| coded(error, Code::ParseFailed))?;
        let (name, kind) = select(document, wanted.as_deref())
            .ok_or_else(|| coded(ServerError::new(UNKNOWN_OPERATION, None), Code::BadUserInput))?;
        Ok(Prepared { kind, name, request })
    }

    /// Runs a query or mutation to its end.
    pub async fn run(&self, prepared: Prepared, info: RequestInfo) -> Outcome {
        let started = Instant::now();
        let Prepared { request, kind, name } = prepared;
        let request_id = info.id.clone();
        let loaders = Loaders::new(&self.app.db, info.viewer.map(|viewer| viewer.user_id));
        let request = request.data(info).data(loaders);
        let statements = Statements::default();
        let work = AssertUnwindSafe(statements.during(self.schema.execute(request)));
        let mut response = match work.catch_unwind().await {
            Ok(response) => response,
            Err(_) => panicked(),
        };
        let codes = mask(&mut response, &request_id);
        metrics::operation(kind.into(), started.elapsed(), &codes);
        metrics::sql(statements.count(), statements.time().unwrap_or_default());
        let statements = statements.count();
        Outcome { response, summary: Summary { kind: Some(kind), name, codes, statements } }
    }
}

fn select(
    document: &ExecutableDocument,
    wanted: Option<&str>,
) -> Option<(Option<String>, OperationType)> {
    match (&document.operations, wanted) {
        (DocumentOperations::Single(only), None) => Some((None, only.node.ty)),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(named), wanted) => {
            let (name, operation) = match wanted {
                Some(wanted) => named.get_key_value(wanted)?,
                None => named.iter().next().filter(|_| named.len() == 1)?,
            };
            Some((Some(name.to_string()), operation.node.ty))
        }
    }
}

fn coded(mut error: ServerError, code: Code) -> ServerError {
    error.extensions.get_or_insert_default().set("code", code.as_str());
    error
}

/// The panic itself was reported by the panic hook, in the thread that it happened in.
fn panicked() -> Response {
    let error = Error::internal("a resolver panicked");
    let mut answer = ServerError::new(error.to_string(), None);
    answer.source = Some(std::sync::Arc::new(error));
    Response::from_errors(vec![answer])
}
