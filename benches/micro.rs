//! `cargo bench --bench micro`: what the server itself does to a request, piece by piece, without a
//! database. Counts allocations too, which are the same on every machine.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::Variables;
use divan::{AllocProfiler, Bencher, black_box};
use futures_util::FutureExt;
use rookery::{
    app::App,
    auth::{Keys, Tokens, Viewer},
    config::{Config, Source},
    db::{
        ConnectOptions,
        page::{Page, Position},
    },
    graphql::{
        context::RequestInfo,
        documents::DocumentSource,
        execution::{Executor, Operation},
        page::{Connection, Count, ListTag, PageArguments},
    },
    id::{Id, PostKind},
};
use uuid::Uuid;

const PAGE: &str = "query Page($after: String) { posts(first: 20, after: $after) { nodes { \
                    id title content createdAt owner { id username displayName } score \
                    commentCount } pageInfo { endCursor hasNextPage } } }";
const NOTHING: &str = "{ __typename }";

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn config() -> Config {
    let settings = [
        ("SECRET_KEY", "a key for the bench, which guards nothing"),
        // Never connected to.
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
    ];
    Config::read(&Source::from_pairs(settings)).expect("the settings are right")
}

fn executor() -> Executor {
    let config = config();
    let options = ConnectOptions::new(&config, None).expect("there is a database's address");
    let app = App::new(config, &options).expect("the app needs no more");
    Executor::new(app).expect("the schema is whole")
}

fn operation(query: String) -> Operation {
    let document = DocumentSource::Text(query);
    Operation { document, operation_name: None, variables: Variables::default() }
}

/// A document that the server has not seen before.
#[divan::bench]
fn prepare_new_document(bencher: Bencher<'_, '_>) {
    let (executor, number) = (executor(), AtomicU64::new(0));
    bencher
        .with_inputs(|| operation(format!("{PAGE} # {}", number.fetch_add(1, Ordering::Relaxed))))
        .bench_local_values(|operation| executor.prepare(operation, None).is_ok());
}

/// A document that it has.
#[divan::bench]
fn prepare_known_document(bencher: Bencher<'_, '_>) {
    let executor = executor();
    bencher
        .with_inputs(|| operation(PAGE.to_owned()))
        .bench_local_values(|operation| executor.prepare(operation, None).is_ok());
}

/// What stands around every operation: context, loaders, masking, counting.
#[divan::bench]
fn execute_nothing(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let executor = executor();
    let info = RequestInfo {
        id: "bench".into(),
        viewer: None,
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        host: None,
        secure: false,
        uploads: Default::default(),
        user_agent: None,
        merges: false,
    };
    bencher.with_inputs(|| info.clone()).bench_local_values(|info| {
        let prepared = executor.prepare(operation(NOTHING.to_owned()), None).ok()?;
        Some(runtime.block_on(executor.run(prepared, info)))
    });
}

/// A page of 20 posts with a paragraph each, as JSON.
#[divan::bench]
fn serialise_a_page(bencher: Bencher<'_, '_>) {
    let post = serde_json::json!({
        "id": "post_01h455vb4pex5vsknk084sn02q", "title": "A title of some words",
        "content": "The quick brown fox jumps over a lazy dog. ".repeat(8),
        "createdAt": "2026-01-01T00:00:00Z", "score": 12, "commentCount": 3,
        "owner": { "id": "user_01h455vb4pex5vsknk084sn02q", "username": "ada", "displayName": "Ada" },
    });
    let page = serde_json::json!({ "posts": { "nodes": vec![post; 20] } });
    let answer = async_graphql::Response::new(
        async_graphql::Value::from_json(page).expect("JSON is a value"),
    );
    bencher.bench_local(|| serde_json::to_vec(black_box(&answer)));
}

fn count() -> Count {
    Box::new(|_| async { Ok(0) }.boxed())
}

/// The cursors of a page of 20 rows.
#[divan::bench]
fn write_cursors(bencher: Bencher<'_, '_>) {
    let rows: Vec<Uuid> = (0..20).map(|_| Uuid::now_v7()).collect();
    let page = || Page { rows: rows.clone(), has_previous: false, has_next: true };
    bencher.with_inputs(page).bench_local_values(|page| {
        let tag = ListTag::new(&["posts", "Newest", "", ""]);
        Connection::new(page, &tag, |id| Position { key: 0.0, id: *id }, |id| id, count())
    });
}

/// A cursor that a client sends back.
#[divan::bench]
fn read_cursor(bencher: Bencher<'_, '_>) {
    let tag = ListTag::new(&["posts", "Newest", "", ""]);
    // A cursor of another list costs the same, and needs no cursor of this one.
    let arguments = || PageArguments {
        first: Some(20),
        after: Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
        last: None,
        before: None,
    };
    bencher
        .with_inputs(arguments)
        .bench_local_values(|arguments| arguments.window::<f64>(&tag).is_ok());
}

fn viewer() -> Viewer {
    Viewer { user_id: Uuid::now_v7(), session_id: Uuid::now_v7() }
}

fn tokens() -> Tokens {
    let config = config();
    Tokens::new(&config, &Keys::new(&config).expect("a key is set"))
}

/// A token that the server has seen before.
#[divan::bench]
fn verify_known_token(bencher: Bencher<'_, '_>) {
    let tokens = tokens();
    let token = tokens.issue(viewer()).expect("a token can be signed");
    bencher.bench_local(|| tokens.verify(black_box(&token)).is_ok());
}

/// A token that it has not.
#[divan::bench]
fn verify_new_token(bencher: Bencher<'_, '_>) {
    let tokens = tokens();
    bencher
        .with_inputs(|| tokens.issue(viewer()).expect("a token can be signed"))
        .bench_local_values(|token| tokens.verify(black_box(&token)).is_ok());
}

#[divan::bench]
fn write_an_id(bencher: Bencher<'_, '_>) {
    let id = Id::<PostKind>::from(Uuid::now_v7());
    bencher.bench_local(|| black_box(id).to_string());
}

#[divan::bench]
fn read_an_id(bencher: Bencher<'_, '_>) {
    let id = Id::<PostKind>::from(Uuid::now_v7()).to_string();
    bencher.bench_local(|| Id::<PostKind>::parse(black_box(&id)).is_ok());
}
