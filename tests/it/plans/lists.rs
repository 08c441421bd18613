//! Every list of the API, by every order.

use std::{collections::HashSet, fmt};

use rookery::id::{CommentKind, Id, PostKind, UserKind};
use serde_json::Value;
use uuid::Uuid;

use super::{
    plan::Allowed,
    seed::{self, Hubs},
};
use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    user::TestUser,
};

const POST: &str = "id title content createdAt owner { id username displayName }
    score upvotes commentCount viewerVote viewerCanUpdate viewerCanDelete";
const USER: &str = "id username followerCount viewerIsFollowing";
const COMMENT: &str = "id content author { username } replyCount viewerCanDelete post { title }";
/// Lists in lists.
const WITH_LISTS: &str = "id voters(first: 3) { nodes { username } }
    comments(first: 3) { nodes { author { username } replies(first: 2, orderBy: NEWEST) { nodes { content } } } }
    owner { posts(first: 2, orderBy: HOT) { nodes { score } } comments(first: 2) { nodes { content } }
        followers(first: 2) { nodes { username } } following(first: 2) { nodes { username } }
        likedPosts(first: 2) { nodes { title } } }";

/// For six pages of up to 20 rows with all that is shown of each, also to somebody who blocks 50 people
/// and mutes 100.
const MOST_ROWS: i64 = 20_000;

/// Who reads a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Stranger,
    /// Somebody who follows 20 people.
    Few,
    /// Somebody who follows very many.
    Many,
    Admin,
}

/// A list.
pub struct List {
    pub who: Who,
    /// The field in which it stands; nothing for one at the root.
    within: String,
    /// The field up to the arguments of its page.
    field: String,
    rows: &'static str,
    pub allowed: Allowed,
    /// How many rows its pages may read.
    pub most_rows: i64,
    /// Whether its count is looked at, too.
    pub counted: bool,
    /// Whether the count is that of a table, or of most of one. It runs on a connection of its own.
    pub counts_all: bool,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (within, field) = (self.within.split('(').next().unwrap_or_default(), &self.field);
        write!(f, "{:?}: {within} {field})", self.who)
    }
}

impl List {
    fn wrap(&self, list: &str) -> String {
        let open = self.within.matches('{').count() - self.within.matches('}').count();
        let closing = open + usize::from(!self.within.is_empty());
        let opening = if self.within.is_empty() { "" } else { "{" };
        format!("{{ {} {opening} {list} {} }}", self.within, "}".repeat(closing))
    }

    /// The document that asks for a page.
    pub fn document(&self, range: &str) -> String {
        let (field, rows) = (&self.field, self.rows);
        let info = "pageInfo { endCursor startCursor hasNextPage }";
        self.wrap(&format!("list: {field} {range}) {{ nodes {{ {rows} }} {info} }}"))
    }

    /// The document that asks how many rows there are.
    pub fn count(&self) -> String {
        self.wrap(&format!("list: {} first: 1) {{ totalCount }}", self.field))
    }

    /// The list in the answer.
    pub fn found<'a>(&self, answer: &'a Answer) -> &'a Value {
        answer.data(if self.within.is_empty() { "/list" } else { "/at/list" })
    }
}

/// A large world and those who look at it.
pub struct World {
    stranger: Client,
    pub few: TestUser,
    pub many: TestUser,
    admin: TestUser,
    pub hubs: Hubs,
}

impl World {
    pub async fn new(app: &TestApp, stranger: Client, posts: i32) -> Self {
        let (few, many) = (app.user("few").await, app.user("many").await);
        let admin = app.admin("root").await;
        let hubs = seed::fill(app, posts, &few, &many).await;
        Self { stranger, few, many, admin, hubs }
    }

    pub fn client(&self, who: Who) -> &Client {
        match who {
            Who::Stranger => &self.stranger,
            Who::Few => &self.few,
            Who::Many => &self.many,
            Who::Admin => &self.admin,
        }
    }

    /// How large it is.
    pub async fn told(&self, app: &TestApp) -> String {
        let mut told = Vec::new();
        for table in ["users", "posts", "votes", "comments", "follows"] {
            told.push(format!("{} {table}", app.count(table).await));
        }
        told.join(", ")
    }

    /// Every list there is.
    pub fn lists(&self) -> Vec<List> {
        self.hubs.lists()
    }

    /// Those that differ in more than who reads them and what is shown.
    pub fn different_lists(&self) -> Vec<List> {
        let mut lists = self.lists();
        lists.retain(|list| list.field != "posts(" && list.who != Who::Stranger);
        let mut seen = HashSet::new();
        lists.retain(|list| seen.insert((list.within.clone(), list.field.clone())));
        lists
    }
}

impl Hubs {
    fn lists(&self) -> Vec<List> {
        let mut lists = self.lists_of_posts();
        for who in [Who::Stranger, Who::Few] {
            lists.extend(self.lists_of_somebody(who));
            lists.extend(self.lists_under_posts(who));
            let counts_all = true;
            lists.push(List { counts_all, ..list(who, "", "users(", USER) });
            lists.push(found(list(who, "", "users(search: \"8f14e4\"", USER)));
        }
        for field in ["sessions(", "blockedUsers(", "mutedUsers("] {
            let rows = if field == "sessions(" { "id createdAt" } else { USER };
            lists.push(list(Who::Few, "at: me", field, rows));
        }
        lists.push(list(Who::Few, "", "drafts(", POST));
        let reports = "id reporter { username } subject { __typename }";
        let log = "id action actor { username }";
        let of_author = format!("moderationLog(targetId: \"{}\"", self.author());
        lists.extend([
            List { counts_all: true, ..list(Who::Admin, "", "reports(status: OPEN", reports) },
            List { counts_all: true, ..list(Who::Admin, "", "reports(status: RESOLVED", reports) },
            List { counts_all: true, ..list(Who::Admin, "", "moderationLog(", log) },
            list(Who::Admin, "", &of_author, log),
        ]);
        lists
    }

    fn lists_of_posts(&self) -> Vec<List> {
        let author = self.author();
        let mut lists = Vec::new();
        for order in ["NEWEST", "OLDEST", "TOP", "HOT"] {
            for who in [Who::Stranger, Who::Few, Who::Many, Who::Admin] {
                let all = format!("posts(orderBy: {order}");
                // All have the same count.
                let counted = order == "NEWEST";
                lists.push(List { counted, counts_all: true, ..list(who, "", &all, POST) });
                let theirs = format!("posts(orderBy: {order} ownedBy: \"{author}\"");
                lists.push(List { counted, ..list(who, "", &theirs, POST) });
                let search = format!("posts(orderBy: {order} search: \"word81\"");
                lists.push(found(List { counted, ..list(who, "", &search, POST) }));
            }
            for who in [Who::Few, Who::Many] {
                let allowed = Allowed { sorts: true, bitmaps: false };
                let feed = list(who, "", &format!("feed(orderBy: {order}"), POST);
                // In a small world almost all is in the feed of who follows many.
                let (counted, counts_all) = (order == "NEWEST", who == Who::Many);
                lists.push(List { allowed, counted, counts_all, ..feed });
            }
        }
        for who in [Who::Stranger, Who::Few] {
            lists.push(found(list(who, "", "posts(orderBy: RELEVANCE search: \"word81\"", POST)));
            let with_lists = list(who, "", "posts(", WITH_LISTS);
            lists.push(List { counted: false, most_rows: 2 * MOST_ROWS, ..with_lists });
        }
        lists
    }

    fn lists_of_somebody(&self, who: Who) -> Vec<List> {
        let within = format!("at: user(by: {{ id: \"{}\" }})", self.author());
        let mut lists: Vec<_> = ["NEWEST", "OLDEST", "TOP", "HOT"]
            .into_iter()
            .map(|order| {
                let posts = list(who, &within, &format!("posts(orderBy: {order}"), POST);
                List { counted: order == "NEWEST", ..posts }
            })
            .collect();
        lists.extend([
            list(who, &within, "followers(", USER),
            list(who, &within, "following(", USER),
            list(who, &within, "likedPosts(", POST),
            list(who, &within, "comments(", COMMENT),
        ]);
        lists
    }

    fn lists_under_posts(&self, who: Who) -> Vec<List> {
        let post = Id::<PostKind>::from(self.post);
        let comment = Id::<CommentKind>::from(self.comment);
        let post = format!("at: post(id: \"{post}\")");
        let comment = format!("at: node(id: \"{comment}\") {{ ... on Comment");
        let mut lists = Vec::new();
        for direction in ["UP", "DOWN"] {
            lists.push(list(who, &post, &format!("voters(direction: {direction}"), USER));
        }
        for order in ["OLDEST", "NEWEST"] {
            let counted = order == "OLDEST";
            let comments = list(who, &post, &format!("comments(orderBy: {order}"), COMMENT);
            lists.push(List { counted, ..comments });
            let replies = list(who, &comment, &format!("replies(orderBy: {order}"), COMMENT);
            lists.push(List { counted, ..replies });
        }
        lists
    }

    fn author(&self) -> Id<UserKind> {
        Id::from(self.author)
    }
}

fn list(who: Who, within: &str, field: &str, rows: &'static str) -> List {
    let (within, field) = (within.to_owned(), field.to_owned());
    let allowed = Allowed::default();
    let most_rows = MOST_ROWS;
    List { who, within, field, rows, allowed, most_rows, counted: true, counts_all: false }
}

/// A search: no index has its order. PostgreSQL sorts what it found; or, where much fits the search,
/// walks the order until it has enough of it.
fn found(list: List) -> List {
    let most_rows = list.most_rows * 10;
    List { allowed: Allowed { sorts: true, bitmaps: true }, most_rows, ..list }
}

/// The names of all fields that are lists.
fn lists_of_schema() -> Vec<String> {
    let schema = rookery::graphql::sdl();
    let mut field = String::new();
    let mut lists = Vec::new();
    for line in schema.lines() {
        if let Some(name) =
            line.strip_prefix("  ").filter(|rest| rest.starts_with(char::is_alphabetic))
        {
            field = name.split(['(', ':']).next().unwrap_or_default().to_owned();
        }
        if line.starts_with("  )") && line.trim_end_matches('!').ends_with("Connection") {
            lists.push(field.clone());
        }
    }
    lists
}

#[test]
fn every_list_of_the_schema_is_looked_at() {
    let [author, post, other_post, comment] = [Uuid::nil(); 4];
    let hubs = Hubs { author, post, other_post, comment };
    let looked_at: Vec<String> = hubs.lists().into_iter().map(|list| list.field).collect();
    let lists = lists_of_schema();
    assert!(lists.len() > 10, "{lists:?}");
    for list in lists {
        let head = format!("{list}(");
        assert!(looked_at.iter().any(|field| field.starts_with(&head)), "{list}");
    }
}
