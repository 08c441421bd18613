//! How many SQL statements an operation takes, whatever the length of its lists.
//!
//! An operation that is added to the API gets a row in [`operations`]; what stands there is printed
//! into the README. Where a number changes with good reason, the test tells the new one.

mod operations;

use rookery::id::{CommentKind, Id, PostKind, ReportKind, SessionKind, UserKind};
use serde_json::{Value, json};
use uuid::Uuid;

use self::operations::{OPERATIONS, Operation, Who};
use crate::support::{
    app::TestApp,
    client::Client,
    generated,
    user::{PASSWORD, TestUser},
    world::Seen,
};

/// A hundred rows and more in every list: people who follow ada and whom she follows, who voted and
/// commented under bob's post, and answered one of the comments. Others are blocked and muted.
const CROWD: &str = "
    INSERT INTO users (id, username, email, password_hash)
        SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'user_' || n, n || '@example.com', '' FROM generate_series(1, 240) AS n;
    INSERT INTO posts (id, owner_id, title, content, published)
        SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, {ada}, 'draft', 'content', false FROM generate_series(1, 100) AS n;
    INSERT INTO posts (id, owner_id, title, content)
        SELECT md5('post' || n)::uuid, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'A heron', 'content' FROM generate_series(1, 120) AS n;
    INSERT INTO posts (id, owner_id, title, content)
        SELECT md5('own' || n)::uuid, {bob}, 'Of bob', 'content' FROM generate_series(1, 120) AS n;
    INSERT INTO follows SELECT {ada}, id FROM users WHERE username LIKE 'user%' AND id IN (SELECT owner_id FROM posts);
    INSERT INTO follows SELECT {ada}, {bob};
    INSERT INTO follows SELECT id, {bob} FROM users WHERE username LIKE 'user%';
    INSERT INTO follows SELECT {bob}, id FROM users WHERE username LIKE 'user%';
    INSERT INTO votes (post_id, user_id, value) SELECT {post}, id, 1 FROM users WHERE username LIKE 'user%';
    INSERT INTO votes (post_id, user_id, value)
        SELECT id, {bob}, 1 FROM posts WHERE title = 'A heron';
    INSERT INTO comments (id, post_id, author_id, content)
        SELECT md5('comment' || n)::uuid, {post}, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'said' FROM generate_series(1, 120) AS n;
    INSERT INTO comments (id, post_id, author_id, content) VALUES ({comment}, {post}, {bob}, 'said'), ({own}, {post}, {ada}, 'said');
    INSERT INTO comments (id, post_id, author_id, reply_to, content)
        SELECT md5('reply' || n)::uuid, {post}, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, {comment}, 'so' FROM generate_series(1, 120) AS n;
    INSERT INTO comments (id, post_id, author_id, reply_to, content)
        SELECT md5('answer' || n)::uuid, {post}, {eve}, md5('comment' || n)::uuid, 'so' FROM generate_series(1, 120) AS n;
    INSERT INTO comments (id, post_id, author_id, content)
        SELECT md5('of' || id)::uuid, id, owner_id, 'so' FROM posts WHERE title = 'A heron' OR title = 'Of bob';
    INSERT INTO comments (id, post_id, author_id, reply_to, content)
        SELECT md5('to' || id)::uuid, id, {eve}, md5('of' || id)::uuid, 'so' FROM posts WHERE title = 'A heron' OR title = 'Of bob';
    INSERT INTO blocks SELECT {ada}, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid FROM generate_series(121, 240) AS n;
    INSERT INTO mutes SELECT {ada}, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid FROM generate_series(121, 240) AS n;
    INSERT INTO reports (id, reporter_id, user_id, reason)
        SELECT md5('report' || n)::uuid, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, {bob}, 'spam' FROM generate_series(1, 120) AS n;
    INSERT INTO reports (id, reporter_id, user_id, reason) VALUES ({report}, {bob}, {ada}, 'spam');
    INSERT INTO moderation_log (id, actor_id, action, target_kind, target_id)
        SELECT md5('act' || n)::uuid, {eve}, 'set_role', 'user', {bob} FROM generate_series(1, 120) AS n;";

struct World {
    _app: TestApp,
    stranger: Client,
    ada: TestUser,
    bob: TestUser,
    eve: TestUser,
    root: TestUser,
    keys: [Uuid; 5],
}

impl World {
    async fn new() -> Self {
        // With one connection of each kind, whoever held one and waited for another would wait for ever.
        let settings = [
            ("WRITES_PER_MINUTE", "100000"),
            ("MAX_COMPLEXITY", "1000000"),
            ("DATABASE_POOL_SIZE", "1"),
            ("DATABASE_WIDE_READS", "1"),
            ("DATABASE_READERS", "1"),
        ];
        let (app, stranger) = TestApp::with_settings(&settings).await;
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let root = app.admin("root").await;
        let post = app.post(&bob).await.key;
        let draft = app.post_seen(&ada, Seen::Draft).await.key;
        let keys = [post, draft, Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
        let names = ["{post}", "{draft}", "{comment}", "{own}", "{report}"].into_iter().zip(keys);
        let names = names.chain([("{ada}", ada.key), ("{bob}", bob.key), ("{eve}", eve.key)]);
        let crowd = names.fold(CROWD.to_owned(), |text, (name, key)| {
            text.replace(name, &format!("'{key}'::uuid"))
        });
        app.sql(&crowd).await;
        Self { _app: app, stranger, ada, bob, eve, root, keys }
    }

    fn client(&self, who: Who) -> &Client {
        match who {
            Who::Stranger => &self.stranger,
            Who::Viewer => &self.ada,
            Who::Admin => &self.root,
            Who::Leaver => &self.eve,
        }
    }

    fn variables(&self, rows: usize) -> Value {
        let [post, draft, comment, own, report] = self.keys;
        let blocked: Uuid = "00000000-0000-7000-8000-000000000121".parse().unwrap();
        json!({
            "first": rows,
            "user": self.bob.id,
            "other": self.eve.id,
            "blocked": Id::<UserKind>::from(blocked).to_string(),
            "viewer": self.ada.id,
            "post": Id::<PostKind>::from(post).to_string(),
            "draft": Id::<PostKind>::from(draft).to_string(),
            "comment": Id::<CommentKind>::from(comment).to_string(),
            "own": Id::<CommentKind>::from(own).to_string(),
            "report": Id::<ReportKind>::from(report).to_string(),
            "session": Id::<SessionKind>::from(self.ada.session).to_string(),
            "refresh": self.eve.refresh_token,
            "password": PASSWORD,
        })
    }

    /// The statements of each of its sizes.
    async fn count(&self, operation: &Operation) -> Vec<u32> {
        let sizes: &[usize] = if operation.document.contains("$first") { &[2, 100] } else { &[0] };
        let mut counts = Vec::new();
        for size in sizes {
            let client = self.client(operation.who);
            let answer = client.query(operation.document, self.variables(*size)).await;
            let (document, text) = (operation.document, &answer.text);
            assert_eq!(answer.code(), None, "{document}: {text}");
            assert!(!text.contains("\"code\":"), "{document}: {text}");
            assert_eq!(text.matches("\"row\":").count(), *size, "{document}: {text:.500}");
            counts.push(answer.statements());
        }
        counts
    }
}

#[tokio::test]
async fn operations_take_the_statements_that_the_table_says() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for operation in OPERATIONS {
        let counts = world.count(operation).await;
        if counts.iter().any(|count| *count != operation.statements) {
            let (what, said) = (operation.what, operation.statements);
            wrong.push(format!("{what}: {counts:?} instead of {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of the fields of a type in the printed schema.
fn fields(of: &str) -> Vec<String> {
    let schema = rookery::graphql::sdl();
    let (_, rest) = schema.split_once(&format!("\ntype {of} {{")).unwrap();
    let (body, _) = rest.split_once("\n}").unwrap();
    let named = |line: &str| {
        let field = line.strip_prefix("  ")?;
        let name = field.split(['(', ':']).next()?;
        let is_name = name.chars().all(char::is_alphanumeric) && field.len() > name.len();
        (is_name && !name.is_empty()).then(|| name.to_owned())
    };
    body.lines().filter_map(named).collect()
}

#[test]
fn every_operation_is_in_the_table() {
    for root in ["Query", "Mutation"] {
        let fields = fields(root);
        assert!(fields.len() > 5);
        for field in fields {
            let has = |operation: &&Operation| {
                let document = operation.document;
                let head = if root == "Mutation" { "mutation" } else { "" };
                document.trim_start().starts_with(head)
                    && document.split(|c: char| !c.is_alphanumeric()).any(|word| word == field)
            };
            assert!(OPERATIONS.iter().any(|operation| has(&operation)), "{root}.{field}");
        }
    }
}

#[test]
fn generated_readme_has_the_statements_of_every_operation() {
    let row = |operation: &Operation| format!("| {} | {} |", operation.what, operation.statements);
    let rows: Vec<_> = OPERATIONS.iter().map(row).collect();
    let table = format!("| Operation | Statements |\n|---|---|\n{}\n", rows.join("\n"));
    generated::assert_part("README.md", "statements", &table);
}
