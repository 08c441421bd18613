//! Many people at once on a few posts: no deadlock, no failure, and every count right at the end.
//!
//! `STORM_SECONDS=60 cargo test storm -- --nocapture` lets it last, with the settings that a server
//! has by default, and prints what came of it. Where the machine has far more to do than it can,
//! some wait longer for a lock than they may, and are told `TIMEOUT`; that is not what is tested, so
//! the short storm among other tests has more patience, and so has that of CI.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rookery::id::{CommentKind, Id};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::Answer,
    recount::{assert_none, differences},
    user::{PASSWORD, TestUser},
    world::Made,
};

/// How long it lasts among other tests: longer where not everything has happened by then.
const SHORT: Duration = Duration::from_secs(1);
const AT_LONGEST: Duration = Duration::from_secs(30);
const CLIENTS: usize = 64;
const USERS: usize = 10;
const POSTS: usize = 20;

const OPERATIONS: &str = "
    mutation Vote($post: ID!, $direction: VoteDirection!) {
        vote(input: { postId: $post, direction: $direction }) { post { score } userErrors { code } } }
    mutation Comment($post: ID!, $replyTo: ID) {
        comment(input: { postId: $post, replyTo: $replyTo, content: \"said\" }) {
            comment { id } userErrors { code } } }
    mutation Edit($comment: ID!) {
        updateComment(input: { commentId: $comment, content: \"meant\" }) { userErrors { code } } }
    mutation Delete($comment: ID!) {
        deleteComment(input: { commentId: $comment }) { userErrors { code } } }
    mutation Follow($user: ID!) { follow(input: { userId: $user }) { userErrors { code } } }
    mutation Unfollow($user: ID!) { unfollow(input: { userId: $user }) { userErrors { code } } }
    mutation Report($post: ID!) {
        report(input: { subjectId: $post, reason: \"of no use\" }) { userErrors { code } } }
    mutation DeletePost($post: ID!) { deletePost(input: { id: $post }) { userErrors { code } } }
    mutation Suspend($user: ID!) { suspendUser(input: { userId: $user }) { userErrors { code } } }
    mutation Restore($user: ID!) { restoreUser(input: { userId: $user }) { userErrors { code } } }
    mutation Leave($password: String!) {
        deleteAccount(input: { password: $password }) { userErrors { code } } }
    query Read($post: ID!) { post(id: $post) { score commentCount viewerVote
        comments(last: 5) { totalCount nodes { replyCount author { followerCount } } }
        voters(first: 5) { nodes { id } } } }";

/// The people, posts and comments of the moment.
struct Crowd {
    app: TestApp,
    /// Whoever deletes what is not theirs, and suspends.
    admin: TestUser,
    users: RwLock<Vec<Arc<TestUser>>>,
    posts: RwLock<Vec<Made>>,
    comments: Mutex<Vec<String>>,
    /// How many answers had which code; what went well is `ok`.
    codes: Mutex<BTreeMap<String, usize>>,
    born: AtomicUsize,
    upheavals: AtomicUsize,
}

fn pick<T: Clone>(from: &[T]) -> T {
    from[rand::random_range(0..from.len())].clone()
}

impl Crowd {
    async fn gather(patient: bool) -> Self {
        // Ten people do the work of many here.
        let mut settings = vec![("WRITES_PER_MINUTE", "100000000")];
        if patient {
            settings.extend([
                ("DATABASE_LOCK_TIMEOUT_SECONDS", "20"),
                ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "20"),
                ("DATABASE_WAIT_SECONDS", "20"),
                ("REQUEST_TIMEOUT_SECONDS", "40"),
            ]);
        }
        let (app, _) = TestApp::alone_with(&settings).await;
        let admin = app.admin("root").await;
        let crowd = Self {
            app,
            admin,
            users: RwLock::default(),
            posts: RwLock::default(),
            comments: Mutex::default(),
            codes: Mutex::default(),
            born: AtomicUsize::default(),
            upheavals: AtomicUsize::default(),
        };
        for _ in 0..USERS {
            let user = crowd.newcomer().await;
            crowd.users.write().unwrap().push(user);
        }
        for _ in 0..POSTS {
            let post = crowd.app.post(&crowd.user()).await;
            crowd.posts.write().unwrap().push(post);
        }
        crowd
    }

    async fn newcomer(&self) -> Arc<TestUser> {
        let number = self.born.fetch_add(1, Ordering::Relaxed);
        Arc::new(self.app.user(&format!("user_{number}")).await)
    }

    fn user(&self) -> Arc<TestUser> {
        pick(&self.users.read().unwrap())
    }

    /// A comment that may be there still.
    fn comment(&self) -> Option<String> {
        let comments = self.comments.lock().unwrap();
        let recent = &comments[comments.len().saturating_sub(200)..];
        (!recent.is_empty()).then(|| pick(recent))
    }

    async fn act(&self) {
        let (user, other) = (self.user(), self.user());
        let post = pick(&self.posts.read().unwrap()).id;
        let comment = self.comment().unwrap_or(Id::<CommentKind>::from(user.key).to_string());
        let (name, variables) = match rand::random_range(0..100) {
            0..30 => ("Vote", json!({ "post": post, "direction": "UP" })),
            30..40 => ("Vote", json!({ "post": post, "direction": "DOWN" })),
            40..50 => ("Vote", json!({ "post": post, "direction": "NONE" })),
            50..60 => ("Comment", json!({ "post": post })),
            60..68 => ("Comment", json!({ "post": post, "replyTo": comment })),
            68..72 => ("Edit", json!({ "comment": comment })),
            72..82 => ("Delete", json!({ "comment": comment })),
            82..88 => ("Follow", json!({ "user": other.id })),
            88..91 => ("Unfollow", json!({ "user": other.id })),
            91..93 => ("Report", json!({ "post": post })),
            _ => ("Read", json!({ "post": post })),
        };
        let answer = self.run(&user, name, variables).await;
        if let Some(id) = answer.json.pointer("/data/comment/comment/id").and_then(Value::as_str) {
            self.comments.lock().unwrap().push(id.to_owned());
        }
    }

    /// Runs an operation and notes what came of it.
    async fn run(&self, who: &TestUser, name: &str, variables: Value) -> Answer {
        let request = json!({ "query": OPERATIONS, "operationName": name, "variables": variables });
        let answer = who.post(&request).await;
        let code = answer.code().unwrap_or(if answer.status == 200 { "ok" } else { "no code" });
        *self.codes.lock().unwrap().entry(format!("{name} {code}")).or_default() += 1;
        answer
    }

    /// Which operations have not gone well so far.
    fn never_went_well(&self) -> Vec<&'static str> {
        let codes = self.codes.lock().unwrap();
        let names = OPERATIONS.split("mutation ").skip(1).filter_map(|text| text.split('(').next());
        let names = names.chain(["Read"]);
        names.filter(|name| !codes.contains_key(&format!("{name} ok"))).collect()
    }

    fn lasts(&self, since: Instant, lasting: Duration) -> bool {
        let so_far = since.elapsed();
        so_far < lasting || so_far < AT_LONGEST && !self.never_went_well().is_empty()
    }

    /// Somebody or something goes and is replaced; somebody is suspended and comes back.
    async fn upheave(&self) {
        let place = rand::random_range(0..USERS);
        let leaving = self.users.read().unwrap()[place].clone();
        // In turns, so that each happens also where time is short.
        match self.upheavals.fetch_add(1, Ordering::Relaxed) % 10 {
            0 => {
                let newcomer = self.newcomer().await;
                self.users.write().unwrap()[place] = newcomer;
                self.run(&leaving, "Leave", json!({ "password": PASSWORD })).await;
            }
            1 | 2 => {
                let newcomer = self.newcomer().await;
                self.users.write().unwrap()[place] = newcomer;
                self.run(&self.admin, "Suspend", json!({ "user": leaving.id })).await;
                self.run(&self.admin, "Restore", json!({ "user": leaving.id })).await;
            }
            _ => {
                let place = rand::random_range(0..POSTS);
                let old = self.posts.read().unwrap()[place].clone();
                let new = self.app.post(&self.user()).await;
                self.posts.write().unwrap()[place] = new;
                self.run(&self.admin, "DeletePost", json!({ "post": old.id })).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_leaves_every_count_right() {
    let asked = std::env::var("STORM_SECONDS").ok();
    let lasting = asked.as_ref().map(|text| Duration::from_secs(text.parse().unwrap()));
    let patient = lasting.is_none() || std::env::var_os("CI").is_some();
    let crowd = Arc::new(Crowd::gather(patient).await);
    let (began, lasting) = (Instant::now(), lasting.unwrap_or(SHORT));
    let mut people = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let crowd = crowd.clone();
        people.spawn(async move {
            while crowd.lasts(began, lasting) {
                crowd.act().await;
            }
        });
    }
    for _ in 0..2 {
        let crowd = crowd.clone();
        people.spawn(async move {
            while crowd.lasts(began, lasting) {
                crowd.upheave().await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
    }
    people.join_all().await;

    let mut crowd = Arc::into_inner(crowd).unwrap();
    crowd.app.stop().await;
    assert_eq!(crowd.never_went_well(), Vec::<&str>::new());
    let codes = crowd.codes.into_inner().unwrap();
    println!("{codes:#?}");
    let failures: Vec<_> = codes
        .keys()
        // Whoever is deleted or suspended is told so.
        .filter(|code| !code.ends_with(" ok") && !code.ends_with(" UNAUTHENTICATED"))
        .collect();
    assert!(failures.is_empty(), "{failures:?}");
    let database = crowd.app.database().await;
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(database.query_one(deadlocks, &[]).await.unwrap().get::<_, i64>(0), 0, "deadlocks");
    assert_none(&differences(&database).await, "the storm");
}
