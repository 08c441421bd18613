//! Walking lists of people, reports, sessions and acts while rows come and go; and cursors that were
//! taken to another list. Posts and what hangs on them are walked in `post_pages` and `nested`.

use std::collections::HashSet;

use rookery::id::{CommentKind, Id, ModerationKind, ReportKind, SessionKind, UserKind};
use serde_json::json;
use uuid::Uuid;

use crate::{
    plans::lists::World,
    support::{app::TestApp, list::List, user::TestUser},
};

/// As many rows stay, and as many come, go and change.
const STAYING: usize = 25;

struct Walk {
    /// The field in which the list stands, and the list up to the arguments of its page.
    within: &'static str,
    field: &'static str,
    id: fn(Uuid) -> String,
    /// The keys of the rows that stay.
    staying: &'static str,
    /// What happens between two pages.
    between: &'static str,
}

/// Half of the people stay, of those whom the viewer muted, too, who are in no other list.
const ROWS: &str = "
    INSERT INTO users (id, username, email, password_hash)
        SELECT gen_random_uuid(), CASE n % 2 WHEN 0 THEN 'hal_stays_' ELSE 'hal_moves_' END || n, n || '@example.com', ''
        FROM generate_series(1, 50) AS n;
    INSERT INTO users (id, username, email, password_hash)
        SELECT gen_random_uuid(), CASE n % 2 WHEN 0 THEN 'jay_stays_' ELSE 'jay_moves_' END || n, n || '@example.org', ''
        FROM generate_series(1, 50) AS n;
    INSERT INTO sessions (id, user_id, user_agent, idle_expires_at, expires_at)
        SELECT gen_random_uuid(), {me}, CASE n % 2 WHEN 0 THEN 'stays' ELSE 'moves' END, now() + interval '1 day', now() + interval '1 day'
        FROM generate_series(1, 50) AS n;
    INSERT INTO blocks SELECT {me}, id, now() - random() * interval '3 s' FROM users WHERE username LIKE 'hal%';
    INSERT INTO mutes SELECT {me}, id, now() - random() * interval '3 s' FROM users WHERE username LIKE 'jay%';
    INSERT INTO posts (id, owner_id, title, content) SELECT gen_random_uuid(), {me}, 'title', 'content';
    INSERT INTO comments (id, post_id, author_id, content)
        SELECT gen_random_uuid(), posts.id, {me}, CASE n % 2 WHEN 0 THEN 'stays' ELSE 'moves' END FROM posts, generate_series(1, 50) AS n;
    INSERT INTO reports (id, reporter_id, post_id, reason, resolved_at)
        SELECT gen_random_uuid(), users.id, posts.id, CASE WHEN username LIKE '%stays%' THEN 'stays' ELSE 'moves' END, resolved
        FROM posts, users, (VALUES (now()), (NULL)) AS of (resolved) WHERE username LIKE 'hal%';
    INSERT INTO moderation_log (id, action, target_kind, target_id, reason)
        SELECT gen_random_uuid(), 'set_role', 'user', {me}, 'stays' FROM generate_series(1, 25) AS n;";

const USERS: &str = "
    DELETE FROM users WHERE id IN (SELECT id FROM users WHERE username LIKE 'hal_moves%' ORDER BY random() LIMIT 1);
    UPDATE users SET display_name = CASE WHEN random() < 0.5 THEN 'hal' END
        WHERE id IN (SELECT id FROM users WHERE username LIKE 'hal_moves%' ORDER BY random() LIMIT 5);
    INSERT INTO users (id, username, email, password_hash)
        SELECT key, 'hal_moves_' || left(key::text, 8), key || '@example.com', '' FROM gen_random_uuid() AS key";
const SESSIONS: &str = "
    DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_agent = 'moves' ORDER BY random() LIMIT 1);
    INSERT INTO sessions (id, user_id, user_agent, idle_expires_at, expires_at)
        SELECT gen_random_uuid(), {me}, 'moves', now() + interval '1 day', now() + interval '1 day'";
const COMMENTS: &str = "
    DELETE FROM comments WHERE id IN (SELECT id FROM comments WHERE content = 'moves' ORDER BY random() LIMIT 1);
    INSERT INTO comments (id, post_id, author_id, content)
        SELECT gen_random_uuid(), id, {me}, 'moves' FROM posts LIMIT 1";
const BLOCKS: &str = "
    UPDATE blocks SET created_at = now() - random() * interval '3 s' FROM users
        WHERE id = blocked_id AND username LIKE 'hal_moves%' AND random() < 0.3;
    DELETE FROM blocks USING users WHERE id = blocked_id AND username LIKE 'hal_moves%' AND random() < 0.1";
const MUTES: &str = "
    UPDATE mutes SET created_at = now() - random() * interval '3 s' FROM users
        WHERE id = muted_id AND username LIKE 'jay_moves%' AND random() < 0.3;
    DELETE FROM mutes USING users WHERE id = muted_id AND username LIKE 'jay_moves%' AND random() < 0.1";
const REPORTS: &str = "
    DELETE FROM reports WHERE id IN (SELECT id FROM reports WHERE reason = 'moves' ORDER BY random() LIMIT 1);
    INSERT INTO reports (id, reporter_id, post_id, reason, resolved_at)
        SELECT gen_random_uuid(), {me}, posts.id, 'moves', now() FROM posts";
const ACTS: &str = "
    INSERT INTO moderation_log (id, action, target_kind, target_id)
        SELECT gen_random_uuid(), 'set_role', 'user', {me}";

fn walks() -> Vec<Walk> {
    let user = |key| Id::<UserKind>::from(key).to_string();
    let stays = "SELECT id FROM users WHERE username LIKE 'hal_stays%'";
    let walk = |within, field, id, staying, between| Walk { within, field, id, staying, between };
    let log = "SELECT id FROM moderation_log WHERE reason = 'stays'";
    let act = |key| Id::<ModerationKind>::from(key).to_string();
    let report = |key| Id::<ReportKind>::from(key).to_string();
    vec![
        walk("", "users(", user, stays, USERS),
        walk("", "users(search: \"hal\"", user, stays, USERS),
        walk(
            "at: me",
            "sessions(",
            |key| Id::<SessionKind>::from(key).to_string(),
            "SELECT id FROM sessions WHERE user_agent = 'stays'",
            SESSIONS,
        ),
        walk(
            "at: me",
            "comments(",
            |key| Id::<CommentKind>::from(key).to_string(),
            "SELECT id FROM comments WHERE content = 'stays'",
            COMMENTS,
        ),
        walk("at: me", "blockedUsers(", user, stays, BLOCKS),
        walk(
            "at: me",
            "mutedUsers(",
            user,
            "SELECT id FROM users WHERE username LIKE 'jay_stays%'",
            MUTES,
        ),
        walk(
            "",
            "reports(",
            report,
            "SELECT id FROM reports WHERE reason = 'stays' AND resolved_at IS NULL",
            REPORTS,
        ),
        walk(
            "",
            "reports(status: RESOLVED",
            report,
            "SELECT id FROM reports WHERE reason = 'stays' AND resolved_at IS NOT NULL",
            REPORTS,
        ),
        walk("", "moderationLog(", act, log, ACTS),
        walk("", "moderationLog(targetId: $me", act, log, ACTS),
    ]
}

fn list<'a>(viewer: &'a TestUser, walk: &Walk) -> List<'a> {
    let (within, field) = (walk.within, walk.field);
    let (open, close) = if within.is_empty() { ("", "") } else { ("{", "}") };
    let me = if field.contains("$me") { "$me: ID!, " } else { "" };
    let document = format!(
        "query ({me}$first: Int, $after: String, $last: Int, $before: String) {{ {within} {open}
            list: {field} first: $first, after: $after, last: $last, before: $before) {{
                nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} {close} }}"
    );
    let path = if within.is_empty() { "/list" } else { "/at/list" };
    List { client: viewer, document, variables: json!({ "me": viewer.id }), path }
}

#[tokio::test]
async fn walking_a_list_meets_every_row_that_stays_once() {
    let (app, _) = TestApp::init().await;
    let root = app.admin("root").await;
    let me = format!("'{}'::uuid", root.key);
    let sql = app.shared().await;
    sql.batch_execute(&ROWS.replace("{me}", &me)).await.unwrap();
    for walk in walks() {
        let rows = sql.query(&format!("SELECT id::text FROM ({}) AS _", walk.staying), &[]).await;
        let key = |text: &str| text.parse::<Uuid>().unwrap();
        let staying: HashSet<String> =
            rows.unwrap().iter().map(|row| (walk.id)(key(row.get(0)))).collect();
        let list = list(&root, &walk);
        // Their order is that of the list while nothing happens.
        let whole = list.walk_by(100..=100, false, async || {}).await;
        let staying: Vec<_> = whole.into_iter().filter(|id| staying.contains(id)).collect();
        assert_eq!(staying.len(), STAYING, "{}", walk.field);
        let between = walk.between.replace("{me}", &me);
        list.assert_stable(&staying, async || sql.batch_execute(&between).await.unwrap()).await;
    }
}

#[tokio::test]
async fn a_cursor_of_one_list_is_refused_by_every_other() {
    let (app, stranger) = TestApp::with_settings(&[("MAX_COMPLEXITY", "100000")]).await;
    let world = World::new(&app, stranger, 200).await;
    let lists = world.different_lists();
    let mut cursors = Vec::new();
    for list in &lists {
        let answer = world.client(list.who).query(&list.document("first: 1"), json!({})).await;
        let cursor = list.found(&answer)["pageInfo"]["endCursor"].clone();
        assert!(cursor.is_string(), "{list} has no row: {}", answer.text);
        cursors.push(cursor);
    }
    for (n, list) in lists.iter().enumerate() {
        // Itself, its neighbours, which are most like it, and one far away.
        for step in [0, 1, 2, lists.len() - 1, lists.len() / 2] {
            let other = (n + step) % lists.len();
            let document = list.document(&format!("first: 1 after: {}", cursors[other]));
            let answer = world.client(list.who).query(&document, json!({})).await;
            let refused = (step != 0).then_some("BAD_USER_INPUT");
            assert_eq!(answer.code(), refused, "{list} with a cursor of {}", lists[other]);
        }
    }
}
