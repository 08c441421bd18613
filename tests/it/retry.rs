//! Writes that lose to concurrent ones are run again.

use std::time::Duration;

use rookery::id::{Id, Kind, ReportKind, SessionKind};
use serde_json::json;
use tokio_postgres::Client as Sql;
use uuid::Uuid;

use crate::support::{
    app::TestApp,
    client::Answer,
    db::end_connections,
    roots::root_fields,
    user::{PASSWORD, TestUser},
    world::Made,
};

const COMMENT: &str = "mutation ($id: ID!) { comment(input: { postId: $id, content: \"said\" }) {
    comment { content } post { commentCount } userErrors { code } } }";

/// Waits until a statement of this program waits for a lock.
pub async fn waits(sql: &Sql, program: &str) {
    let look = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()
                AND application_name = $1 AND wait_event_type = 'Lock'";
    for _ in 0..5_000 {
        if sql.query_one(look, &[&program]).await.unwrap().get(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("nothing of {program} waits for a lock");
}

async fn lock(sql: &Sql, table: &str, column: &str, key: Uuid) {
    let lock = format!("SELECT FROM {table} WHERE {column} = '{key}' FOR UPDATE");
    sql.batch_execute(&lock).await.unwrap();
}

/// Who comments locks their account, the post, and the post's counts. The rival locks the counts and then
/// the account, and is the more patient of the two, so that it is the comment that PostgreSQL ends.
async fn comment_against_a_rival(app: &TestApp, author: &TestUser, post: &Made) -> Answer {
    let (look, hold, rival) = (app.database().await, app.database().await, app.database().await);
    hold.batch_execute("BEGIN").await.unwrap();
    lock(&hold, "posts", "id", post.key).await;
    let start = "SET application_name = 'rival'; SET deadlock_timeout = '1min'; BEGIN";
    rival.batch_execute(start).await.unwrap();
    lock(&rival, "post_stats", "post_id", post.key).await;
    let wrong_order = async {
        waits(&look, "rookery").await;
        lock(&rival, "users", "id", author.key).await;
        rival.batch_execute("COMMIT").await.unwrap();
    };
    let close_the_ring = async {
        waits(&look, "rival").await;
        hold.batch_execute("COMMIT").await.unwrap();
    };
    let comment = author.query(COMMENT, json!({ "id": post.id }));
    tokio::join!(comment, wrong_order, close_the_ring).0
}

#[tokio::test]
async fn a_write_that_a_deadlock_ended_is_done_in_the_end() {
    let patient = [("DATABASE_LOCK_TIMEOUT_SECONDS", "20"), ("REQUEST_TIMEOUT_SECONDS", "30")];
    let (app, _) = TestApp::with_settings(&patient).await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let post = app.post(&ada).await;
    let sql = app.database().await;
    let name: String = sql.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0);
    app.sql(&format!("ALTER DATABASE {name} SET deadlock_timeout = '10ms'")).await;
    end_connections(&sql).await;

    let answer = comment_against_a_rival(&app, &bob, &post).await;
    let (comment, post) = (json!({ "content": "said" }), json!({ "commentCount": 1 }));
    let expected = json!({ "comment": comment, "post": post, "userErrors": [] });
    assert_eq!(answer.data("/comment"), &expected, "{}", answer.text);
    assert_eq!(app.count("comments").await, 1);
    // Sessions tell their numbers when they end.
    end_connections(&sql).await;
    let count = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(sql.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 1);
}

/// The first statement that writes to these tables fails, as one does that cannot be serialised. What
/// counts is a sequence, since that is not rolled back.
const FIRST_FAILS: &str = "
    CREATE SEQUENCE writes;
    CREATE FUNCTION fail_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('writes') = 1 THEN
            RAISE 'could not serialize access' USING ERRCODE = 'serialization_failure';
        END IF;
        RETURN NULL;
    END $$;
    DO $$ DECLARE name text; BEGIN
        FOREACH name IN ARRAY ARRAY['users', 'sessions', 'refresh_tokens', 'posts', 'votes',
            'comments', 'follows', 'blocks', 'mutes', 'reports']
        LOOP
            EXECUTE format('CREATE TRIGGER fails BEFORE INSERT OR UPDATE OR DELETE ON %I
                FOR EACH STATEMENT EXECUTE FUNCTION fail_first()', name);
        END LOOP;
    END $$";

/// Who writes, by which mutation, with what input: in an order in which each of them does something.
const WRITES: &[(&str, &str, &str)] = &[
    ("stranger", "register", "username: \"fay\", email: \"fay@example.com\", password: {password}"),
    ("stranger", "login", "identifier: \"fay\", password: {password}"),
    ("stranger", "refresh", "refreshToken: {refresh}"),
    ("ada", "updateProfile", "displayName: \"Ada\""),
    ("ada", "revokeSession", "sessionId: {session}"),
    ("ada", "changePassword", "currentPassword: {password}, newPassword: {password}"),
    ("ada", "createPost", "title: \"New\", content: \"New\""),
    ("ada", "updatePost", "id: {post}, title: \"Changed\""),
    ("ada", "vote", "postId: {post}, direction: UP"),
    ("ada", "comment", "postId: {post}, content: \"So\""),
    ("ada", "updateComment", "commentId: {comment}, content: \"Changed\""),
    ("ada", "deleteComment", "commentId: {comment}"),
    ("ada", "deletePost", "id: {post}"),
    ("ada", "follow", "userId: {bob}"),
    ("ada", "unfollow", "userId: {bob}"),
    ("ada", "muteUser", "userId: {bob}"),
    ("ada", "unmuteUser", "userId: {bob}"),
    ("ada", "report", "subjectId: {bob}, reason: \"spam\""),
    ("root", "resolveReport", "reportId: {report}"),
    ("root", "suspendUser", "userId: {bob}"),
    ("root", "restoreUser", "userId: {bob}"),
    ("root", "setUserRole", "userId: {bob}, role: ADMIN"),
    ("ada", "blockUser", "userId: {bob}"),
    ("ada", "unblockUser", "userId: {bob}"),
    ("ada", "deleteAccount", "password: {password}"),
    ("root", "logout", "everywhere: true"),
];

fn id_of<K: Kind>(key: &str) -> String {
    Id::<K>::from(key.parse::<Uuid>().unwrap()).to_string()
}

#[tokio::test]
async fn every_write_that_fails_at_first_is_done_in_the_end() {
    let (app, stranger) = TestApp::alone().await;
    let (ada, bob, root) = (app.user("ada").await, app.user("bob").await, app.admin("root").await);
    let post = app.post(&ada).await;
    let comment = app.comment(&ada, &post, None).await;
    let _other_device = app.log_in(&stranger, "ada", PASSWORD).await;
    let sql = app.database().await;
    let find = |query: &'static str| {
        let sql = &sql;
        async move { sql.query_one(query, &[]).await.unwrap().get::<_, String>(0) }
    };
    let session = find("SELECT max(id::text) FROM sessions").await;
    sql.batch_execute(FIRST_FAILS).await.unwrap();
    let mut ids = vec![
        ("{password}", PASSWORD.to_owned()),
        ("{refresh}", ada.refresh_token.clone()),
        ("{session}", id_of::<SessionKind>(&session)),
        ("{post}", post.id),
        ("{comment}", comment.id),
        ("{bob}", bob.id.clone()),
    ];
    for (who, field, input) in WRITES {
        if *field == "resolveReport" {
            let report = find("SELECT id::text FROM reports").await;
            ids.push(("{report}", id_of::<ReportKind>(&report)));
        }
        let fill = |text: String, (gap, id): &(&str, String)| text.replace(gap, &format!("{id:?}"));
        let input = ids.iter().fold((*input).to_owned(), fill);
        let document =
            format!("mutation {{ {field}(input: {{ {input} }}) {{ userErrors {{ code }} }} }}");
        sql.batch_execute("SELECT setval('writes', 1, false)").await.unwrap();
        let client = match *who {
            "ada" => &*ada,
            "root" => &*root,
            _ => &stranger,
        };
        let answer = client.query(&document, json!({})).await;
        assert_eq!(answer.json["data"][field]["userErrors"], json!([]), "{field}: {}", answer.text);
        let writes = sql.query_one("SELECT last_value FROM writes", &[]).await.unwrap();
        assert!(writes.get::<_, i64>(0) > 1, "{field} was not tried again");
    }
    let tried = WRITES.iter().map(|(_, field, _)| (*field).to_owned()).collect();
    assert_eq!(root_fields("Mutation"), tried);
}
