//! The GraphQL endpoint, by the GraphQL-over-HTTP specification.
//!
//! In the order of what it costs to check: the method, what the client accepts, what it sends, who
//! it says it is, then the body, then the operation.

mod accept;
mod answer;
mod arrival;
mod body;
mod events;
mod multipart;
mod parameters;
mod rate_limit;
mod refusal;

use std::{sync::OnceLock, time::Instant};

use async_graphql::{ServerError, parser::types::OperationType};
use axum::{
    body::Body as RequestBody,
    extract::{Request, State},
    http::{HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Response},
};

use self::accept::{Form, Media};
pub(super) use self::{
    parameters::Parameters,
    rate_limit::{RATE_LIMIT, RATE_LIMIT_POLICY},
    refusal::Refusal,
};
use super::{Shared, envelope::Provenance, places::Holder, playground, viewer, websocket};
use crate::{
    graphql::{
        context::RequestInfo,
        execution::{Known, Outcome, Prepared},
        upload::Uploads,
    },
    realtime::Hangup,
};

/// Everything that arrives at the endpoint.
pub(super) async fn handle(State(http): State<Shared>, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    let waits = body::waits_for_leave(&parts.headers);
    let response = respond(http, parts, &mut body).await;
    if !waits {
        body::let_pass(body).await;
    }
    response
}

async fn respond(http: Shared, parts: Parts, body: &mut RequestBody) -> Response {
    if websocket::is_wanted(&parts.headers) && !http.is_stopping() {
        return websocket::upgrade(&http, parts).await;
    }
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let asks_for_page = reads && accept::wants_page(&parts.headers);
    if asks_for_page && http.app.config.playground() {
        return playground::page();
    }
    let form = match accept::negotiate(&parts.headers) {
        Ok(form) => form,
        Err(refusal) => return refusal.into_response(),
    };
    let media = form.media();
    if http.is_stopping() {
        return Refusal::stopping().respond(media);
    }
    let has_files = multipart::is_sent(&parts.headers);
    let config = &http.app.config;
    let within = if has_files { config.upload_timeout } else { config.request_timeout }.duration();
    let (started, known) = (Instant::now(), OnceLock::new());
    let answered = tokio::time::timeout(within, answer(&http, parts, body, form, &known)).await;
    let (refusal, took) = match answered {
        Ok(Ok(response)) => return response,
        Ok(Err(refusal)) => (refusal, None),
        Err(_) => {
            // It has had its time.
            *body = RequestBody::empty();
            (Refusal::timeout(), Some(started.elapsed()))
        }
    };
    refusal.respond_to(known.into_inner().unwrap_or_default(), took, media)
}

async fn answer(
    http: &Shared,
    parts: Parts,
    body: &mut RequestBody,
    form: Form,
    known: &OnceLock<Known>,
) -> Result<Response, Refusal> {
    let reads_only = match parts.method {
        Method::POST => false,
        Method::GET | Method::HEAD => true,
        _ => return Err(Refusal::method_not_allowed()),
    };
    if !reads_only {
        body::check_encoding(&parts.headers)?;
    }
    if !reads_only && multipart::is_sent(&parts.headers) {
        return Box::pin(answer_with_files(http, parts, body, form, known)).await;
    }
    let parameters = if reads_only {
        Parameters::from_uri(&parts.uri)
    } else {
        body::check_type(&parts.headers)?;
        let bytes = body::read(&parts.headers, body, http.app.config.max_body_bytes).await?;
        Parameters::from_json(&bytes)
    };
    let info = request_info(http, &parts)?;
    let prepared = prepare(http, parameters?, &info, known);
    run(http, &parts, prepared, info, form, reads_only).await
}

/// A request with files: of somebody who is logged in, and of an operation that may run.
async fn answer_with_files(
    http: &Shared,
    parts: Parts,
    body: &mut RequestBody,
    form: Form,
    known: &OnceLock<Known>,
) -> Result<Response, Refusal> {
    let mut info = request_info(http, &parts)?;
    let viewer = info.viewer.ok_or_else(Refusal::files_of_a_stranger)?;
    if viewer::has_ended(&http.app, viewer).await {
        return Err(Refusal::bad_credential(viewer::BadCredential::Token));
    }
    let place = http.uploads.take(Holder::User(viewer.user_id));
    let _place = place.ok_or_else(Refusal::too_many_uploads)?;
    let (max_body, max_file) = (http.app.config.max_body_bytes, http.app.config.max_upload_bytes);
    let (files, parameters) =
        multipart::Form::open(&parts.headers, body::share(body), max_body, max_file).await?;
    let prepared = prepare(http, parameters, &info, known);
    if prepared.is_ok() {
        info.uploads = files.files(&info.id).await?;
    }
    run(http, &parts, prepared, info, form, false).await
}

/// Decides whether the operation may run, and notes what it is, should it be stopped.
fn prepare(
    http: &Shared,
    parameters: Parameters,
    info: &RequestInfo,
    known: &OnceLock<Known>,
) -> Result<Prepared, Vec<ServerError>> {
    let prepared = http.executor.prepare(parameters.into_operation(), info.viewer)?;
    known.get_or_init(|| Known::of(&prepared));
    Ok(prepared)
}

async fn run(
    http: &Shared,
    parts: &Parts,
    prepared: Result<Prepared, Vec<ServerError>>,
    info: RequestInfo,
    form: Form,
    reads_only: bool,
) -> Result<Response, Refusal> {
    let kind = prepared.as_ref().ok().map(|prepared| prepared.kind);
    if reads_only && kind == Some(OperationType::Mutation) {
        return Err(Refusal::mutation_by_get());
    }
    match (prepared, form) {
        (Ok(prepared), Form::Events) => events::stream(http, prepared, info, hangup(parts)).await,
        (Ok(_), Form::Whole(_)) if kind == Some(OperationType::Subscription) => {
            Err(Refusal::not_a_stream())
        }
        (Ok(prepared), Form::Whole(media)) => {
            Ok(answer::answered(http.executor.run(prepared, info).await, media))
        }
        (Err(errors), Form::Events) => {
            Ok(events::refused(http, &Outcome::refused(errors, &info.id)))
        }
        (Err(errors), Form::Whole(media)) => {
            Ok(answer::answered(Outcome::refused(errors, &info.id), media))
        }
    }
}

/// How to break off the connection that the request came on.
fn hangup(parts: &Parts) -> Hangup {
    parts.extensions.get::<Hangup>().cloned().unwrap_or_default()
}

pub(super) fn request_info(http: &Shared, parts: &Parts) -> Result<RequestInfo, Refusal> {
    let provenance = parts.extensions.get::<Provenance>().ok_or_else(|| Refusal::panicked(""))?;
    let viewer = viewer::credential(&parts.headers)
        .and_then(|credential| viewer::verify(credential, &http.app.tokens))
        .map_err(Refusal::bad_credential)?;
    let user_agent = parts.headers.get(header::USER_AGENT);
    Ok(RequestInfo {
        id: provenance.id.clone(),
        viewer,
        address: provenance.client.address,
        host: host(parts),
        secure: provenance.client.secure,
        uploads: Uploads::default(),
        user_agent: user_agent.and_then(|agent| Some(agent.to_str().ok()?.to_owned())),
        merges: true,
    })
}

/// The host that a request names: in its head, or with HTTP/2 in its address.
fn host(parts: &Parts) -> Option<HeaderValue> {
    let named = parts.headers.get(header::HOST).cloned();
    named.or_else(|| HeaderValue::from_str(parts.uri.authority()?.as_str()).ok())
}
