//! What is asked for, as whole HTTP requests written beforehand.

use rookery::{
    auth::{Keys, Tokens, Viewer},
    config::{Config, Source},
    id::{Id, PostKind},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Outcome,
    generator::Connection,
    server::{SECRET_KEY, Server},
    world::World,
};

/// How deep pages are asked for.
const PAGES: usize = 200;
/// How many the people with a feed follow.
const FOLLOWING: i32 = 100;

/// One kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Post,
    Page,
    Feed,
    Vote,
    HotPost,
}

/// What every post is asked for.
macro_rules! post {
    () => {
        "id title content imageUrl createdAt owner { id username displayName } score commentCount"
    };
}

pub const POST: &str = concat!("query Post($id: ID!) { post(id: $id) { ", post!(), " } }");
pub const PAGE: &str = concat!(
    "query Page($first: Int, $after: String) { posts(first: $first, after: $after) { nodes { ",
    post!(),
    " } pageInfo { endCursor hasNextPage } } }"
);
pub const FEED: &str =
    concat!("query Feed { feed(first: 20) { nodes { ", post!(), " viewerVote } } }");
pub const VOTE: &str =
    "mutation Vote($input: VoteInput!) { vote(input: $input) { post { id score } } }";

impl Operation {
    pub const ALL: [Self; 5] = [Self::Post, Self::Page, Self::Feed, Self::Vote, Self::HotPost];

    pub fn letter(self) -> char {
        match self {
            Self::Post => 'A',
            Self::Page => 'B',
            Self::Feed => 'C',
            Self::Vote => 'D',
            Self::HotPost => 'H',
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Post => "post by id",
            Self::Page => "page of 20 posts",
            Self::Feed => "feed of 20 posts",
            Self::Vote => "vote",
            Self::HotPost => "hottest posts by id",
        }
    }

    /// The requests to draw from.
    pub async fn requests(self, world: &World, server: &Server) -> Outcome<Vec<Vec<u8>>> {
        match self {
            Self::Post => Ok(posts(&world.posts().await?)),
            Self::HotPost => Ok(posts(&world.hot_posts().await?)),
            Self::Page => pages(server, 20, PAGES).await,
            Self::Feed => feeds(&world.following(FOLLOWING).await?),
            Self::Vote => votes(&world.pairs().await?),
        }
    }
}

/// A request for each of these posts.
pub fn posts(ids: &[Uuid]) -> Vec<Vec<u8>> {
    let id = |id: &Uuid| Id::<PostKind>::from(*id).to_string();
    ids.iter().map(|post| request(POST, &json!({ "id": id(post) }), None)).collect()
}

/// A request for each page of this size, as deep as asked for or as there are.
pub async fn pages(server: &Server, size: usize, depth: usize) -> Outcome<Vec<Vec<u8>>> {
    let mut connection = Connection::open(server.address).await?;
    let mut after = Value::Null;
    let mut requests = Vec::new();
    while requests.len() < depth {
        let request = request(PAGE, &json!({ "first": size, "after": after }), None);
        let answer: Value = serde_json::from_slice(connection.call(&request).await?.body)?;
        requests.push(request);
        let info = &answer["data"]["posts"]["pageInfo"];
        if info["hasNextPage"] != true {
            break;
        }
        after = info["endCursor"].clone();
    }
    Ok(requests)
}

/// A request for the feed of each of these people.
pub fn feeds(viewers: &[Uuid]) -> Outcome<Vec<Vec<u8>>> {
    let tokens = tokens()?;
    let feed = |viewer: &Uuid| Ok(request(FEED, &json!({}), Some(&token(&tokens, *viewer)?)));
    viewers.iter().map(feed).collect()
}

/// A search that no index helps: for everything but a word that nobody wrote.
pub fn searches() -> Vec<Vec<u8>> {
    const SEARCH: &str = "{ posts(search: \"-zyzzyva\", orderBy: RELEVANCE) { nodes { id } } }";
    vec![request(SEARCH, &json!({}), None)]
}

/// A vote for each of these posts by its person, by turns for it and against it.
pub fn votes(pairs: &[(Uuid, Uuid)]) -> Outcome<Vec<Vec<u8>>> {
    let tokens = tokens()?;
    let mut requests = Vec::with_capacity(pairs.len() * 2);
    for (post, viewer) in pairs {
        let token = token(&tokens, *viewer)?;
        let post = Id::<PostKind>::from(*post).to_string();
        for direction in ["UP", "DOWN"] {
            let variables = json!({ "input": { "postId": post, "direction": direction } });
            requests.push(request(VOTE, &variables, Some(&token)));
        }
    }
    Ok(requests)
}

/// Makes tokens that the server accepts for as long as the bench may take.
fn tokens() -> Outcome<Tokens> {
    let settings = [("SECRET_KEY", SECRET_KEY), ("ACCESS_TOKEN_EXPIRE_MINUTES", "1440")];
    let config = Config::read(&Source::from_pairs(settings))?;
    Ok(Tokens::new(&config, &Keys::new(&config)?))
}

/// Everybody's session has the user's own key: see `world`.
fn token(tokens: &Tokens, user: Uuid) -> Outcome<String> {
    Ok(tokens.issue(Viewer { user_id: user, session_id: user })?)
}

fn request(query: &str, variables: &Value, token: Option<&str>) -> Vec<u8> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let credential =
        token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n{credential}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
