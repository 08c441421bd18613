//! What costs the same however many votes, followers and blocks there are.

use rookery::id::{Id, PostKind, UserKind};
use serde_json::json;

use super::{Watch, lists::World};
use crate::support::user::TestUser;

/// What is asked for by key, and done.
struct Documents {
    post: String,
    /// A post on which everybody voted and thousands commented.
    popular: String,
    person: String,
    vote: String,
}

impl Documents {
    fn new(world: &World) -> Self {
        let hubs = &world.hubs;
        let [post, popular] = [hubs.other_post, hubs.post].map(Id::<PostKind>::from);
        let author = Id::<UserKind>::from(hubs.author);
        let read = |post| {
            format!("{{ post(id: \"{post}\") {{ score upvotes viewerVote commentCount }} }}")
        };
        let person = format!(
            "{{ user(by: {{ id: \"{author}\" }}) {{
                viewerIsFollowing isFollowingViewer viewerIsBlocking viewerIsMuting }} }}"
        );
        let input = format!("{{ postId: \"{post}\", direction: DOWN }}");
        let vote = format!("mutation {{ vote(input: {input}) {{ post {{ score }} }} }}");
        Self { post: read(post), popular: read(popular), person, vote }
    }
}

/// Of the two who ask, `few` blocks fifty people, and `many` voted on thousands of posts, follows hundreds
/// and is followed by everybody.
pub async fn assert_many_cost_as_few(world: &World, watch: &mut Watch) {
    let Documents { post, popular, person, vote } = Documents::new(world);
    let (few, many) = (&world.few, &world.many);
    let posts = rows(watch, &[(few, &post), (few, &popular), (many, &post)]).await;
    let people = rows(watch, &[(few, &person), (many, &person)]).await;
    let votes = rows(watch, &[(few, &vote), (many, &vote)]).await;
    println!("rows of posts: {posts:?}, of people: {people:?}, of votes: {votes:?}");
    for (rows, most) in [(posts, 4), (people, 4), (votes, 10)] {
        assert!(rows.iter().all(|rows| *rows <= most), "{rows:?}");
    }
}

/// How many rows each of these reads.
async fn rows(watch: &mut Watch, asked: &[(&TestUser, &String)]) -> Vec<i64> {
    let mut rows = Vec::new();
    for (client, document) in asked {
        let ask = async {
            let answer = client.query(document, json!({})).await;
            assert_eq!(answer.code(), None, "{}", answer.text);
            assert!(!answer.text.contains("null"), "{}", answer.text);
        };
        rows.push(watch.during(ask).await.reads.rows);
    }
    rows
}
