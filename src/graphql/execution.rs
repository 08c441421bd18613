//! Runs one operation: admitted, executed, its errors masked and counted.
//!
//! Every transport comes through here, so what an operation may do, what it costs and what its
//! errors tell does not depend on how it arrived. Knows nothing of HTTP or sockets.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use async_graphql::{Response, ServerError, Variables, parser::types::OperationType};
use futures_util::FutureExt;

use super::{
    RookerySchema,
    context::RequestInfo,
    documents::{Admitted, Document, DocumentSource, Documents},
    error::{failure, mask},
    introspected_schema,
    loaders::Loaders,
    refusals, schema,
    schema_types::SchemaTypes,
    syntax::request_error,
};
use crate::{
    app::App,
    auth::Viewer,
    db::statistics::Statements,
    error::{Code, Error, Result},
    metrics,
    rate::{LastRate, Rate},
};

/// What a client asks for.
#[derive(Debug)]
pub struct Operation {
    /// The document.
    pub document: DocumentSource,
    /// Which of the document's operations.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: Variables,
}

/// An operation that may be run.
pub struct Prepared {
    pub(super) document: Arc<Document>,
    pub(super) variables: Variables,
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
    /// What is left of the writer's rate, where it wrote.
    pub write_rate: Option<Rate>,
}

impl Outcome {
    /// The outcome of an operation that may not run.
    #[must_use]
    pub fn refused(errors: Vec<ServerError>, request_id: &str) -> Self {
        let mut response = Response::from_errors(errors);
        let codes = mask(&mut response, request_id);
        let summary = Known::default().refused(codes, None);
        Self { response, summary, write_rate: None }
    }

    /// The outcome of an operation whose time was over.
    fn stopped(known: Known, started: Instant, request_id: &str) -> Self {
        let mut response = timed_out();
        let codes = mask(&mut response, request_id);
        let summary = known.refused(codes, Some(started.elapsed()));
        Self { response, summary, write_rate: None }
    }

    pub(super) fn finished(
        mut response: Response,
        kind: OperationType,
        name: Option<String>,
        request_id: &str,
        statements: &Statements,
    ) -> Self {
        let codes = mask(&mut response, request_id);
        metrics::sql(statements.count(), statements.time().unwrap_or_default());
        let statements = statements.count();
        let summary = Summary { kind: Some(kind), name, codes, statements, ..Summary::default() };
        Self { response, summary, write_rate: None }
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
    /// The codes of its user errors.
    pub user_errors: Vec<&'static str>,
    /// The SQL statements it took.
    pub statements: u32,
}

/// What is known of an operation before it has run.
#[derive(Clone, Debug, Default)]
pub struct Known {
    kind: Option<OperationType>,
    name: Option<String>,
}

impl Known {
    /// Of one that may be run.
    #[must_use]
    pub fn of(prepared: &Prepared) -> Self {
        Self { kind: Some(prepared.kind), name: prepared.name.clone() }
    }

    /// Counts a request that got nothing but these errors.
    pub fn refused(self, codes: Vec<&'static str>, took: Option<Duration>) -> Summary {
        let Self { kind, name } = self;
        metrics::operation(kind.map_or(metrics::Kind::Unknown, Into::into), took, &codes);
        Summary { kind, name, codes, ..Summary::default() }
    }
}

/// The schema and what stands around it.
#[derive(Clone)]
pub struct Executor {
    app: App,
    schema: RookerySchema,
    /// Made when somebody asks.
    introspected: Arc<OnceLock<RookerySchema>>,
    documents: Arc<Documents>,
}

impl Executor {
    /// An executor of operations against this app.
    ///
    /// # Errors
    /// When the schema cannot be read back from its own text.
    pub fn new(app: App) -> Result<Self> {
        Ok(Self {
            documents: Arc::new(Documents::new(&app.config)?),
            schema: schema(app.clone()),
            introspected: Arc::default(),
            app,
        })
    }

    /// Decides whether the operation may run.
    ///
    /// # Errors
    /// All reasons why it may not, with their codes.
    pub fn prepare(
        &self,
        operation: Operation,
        viewer: Option<Viewer>,
    ) -> Result<Prepared, Vec<ServerError>> {
        let Operation { document, operation_name, variables } = operation;
        let admitted = self.documents.admit(document, operation_name.as_deref(), variables)?;
        if admitted.document.introspects() && viewer.is_none() && !self.app.config.introspection() {
            return Err(vec![closed_to_strangers()]);
        }
        let Admitted { document, variables, kind, name } = admitted;
        Ok(Prepared { document, variables, kind, name })
    }

    /// Runs a query or mutation to its end.
    pub async fn run(&self, prepared: Prepared, info: RequestInfo) -> Outcome {
        let started = Instant::now();
        let Prepared { document, variables, kind, name } = prepared;
        let request_id = info.id.clone();
        let (loaders, write_rate) = (self.loaders(&info), LastRate::default());
        let info = RequestInfo { merges: document.merges(), ..info };
        let schema = if document.introspects() {
            self.introspected.get_or_init(|| introspected_schema(self.app.clone()))
        } else {
            &self.schema
        };
        let request = document.request(name.as_deref(), variables);
        let request = request.data(info).data(loaders).data(write_rate.clone());
        let statements = Statements::default();
        // Boxed, since it is large and what stands around it would move it some more times.
        let work = Box::pin(schema.execute(request));
        let work = settled(statements.during(work));
        let (response, user_errors) = refusals::during(work).await;
        let mut outcome = Outcome::finished(response, kind, name, &request_id, &statements);
        outcome.write_rate = write_rate.get();
        metrics::operation(kind.into(), Some(started.elapsed()), &outcome.summary.codes);
        metrics::user_errors(&user_errors);
        outcome.summary.user_errors = user_errors;
        outcome
    }

    /// Runs a query or mutation, or stops it when its time is over.
    pub async fn run_within(
        &self,
        prepared: Prepared,
        info: RequestInfo,
        within: Duration,
    ) -> Outcome {
        let (started, request_id) = (Instant::now(), info.id.clone());
        let known = Known::of(&prepared);
        match tokio::time::timeout(within, self.run(prepared, info)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::stopped(known, started, &request_id),
        }
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }

    pub(super) fn schema(&self) -> &RookerySchema {
        &self.schema
    }

    pub(super) fn types(&self) -> &SchemaTypes {
        self.documents.types()
    }

    pub(super) fn loaders(&self, info: &RequestInfo) -> Loaders {
        Loaders::new(&self.app.db, info.viewer.map(|viewer| viewer.user_id))
    }
}

fn closed_to_strangers() -> ServerError {
    let message = "Only those who are logged in may ask about the schema; /schema.graphql has it.";
    request_error(Code::ValidationFailed, message, &[])
}

/// The answer, also where a resolver panics: the others on this thread go on.
async fn settled(work: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_panic| panicked())
}

/// The panic itself was reported by the panic hook, in the thread that it happened in.
pub(super) fn panicked() -> Response {
    Response::from_errors(vec![failure(Error::internal("a resolver panicked"))])
}

pub(super) fn timed_out() -> Response {
    let error = request_error(Code::Timeout, Error::Timeout.to_string(), &[]);
    Response::from_errors(vec![error])
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};

    use super::*;

    struct Clumsy {
        nothing: Option<i32>,
    }

    #[Object]
    impl Clumsy {
        async fn fine(&self) -> i32 {
            1
        }

        async fn stumbles(&self) -> Option<i32> {
            Some(self.nothing.expect("secret reason"))
        }
    }

    #[tokio::test]
    async fn a_resolver_that_panics_is_an_internal_error_and_no_more() {
        let schema = Schema::new(Clumsy { nothing: None }, EmptyMutation, EmptySubscription);
        let statements = Statements::default();
        let answer = async |query: &str| {
            let response = settled(schema.execute(query)).await;
            let kind = OperationType::Query;
            Outcome::finished(response, kind, None, "the-request", &statements)
        };
        let outcome = answer("{ fine stumbles }").await;
        assert_eq!(outcome.summary.codes, ["INTERNAL_SERVER_ERROR"]);
        let extensions = serde_json::json!({
            "code": "INTERNAL_SERVER_ERROR", "requestId": "the-request",
        });
        let told = serde_json::to_value(&outcome.response.errors).unwrap();
        let expected = serde_json::json!([{
            "message": "Something went wrong on the server.", "extensions": extensions,
        }]);
        assert_eq!(told, expected);
        let after = answer("{ fine }").await;
        assert!(after.response.is_ok(), "the schema still serves");
    }
}
