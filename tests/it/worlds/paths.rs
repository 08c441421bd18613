//! Every way to a user, a post or a comment, with what the model says that a viewer finds there.

use rand::{RngExt, rngs::StdRng};
use rookery::id::{CommentKind, Id, PostKind, UserKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    model::{Order, Viewer, World},
    random::WORD,
};

/// A root field, without its alias, and what it must answer.
pub struct Path {
    pub select: String,
    pub expected: Value,
}

pub struct Paths<'a> {
    pub world: &'a World,
    pub viewer: Viewer,
    pub rng: &'a mut StdRng,
    pub all: Vec<Path>,
}

pub fn user_id(id: Uuid) -> String {
    Id::<UserKind>::from(id).to_string()
}

pub fn post_id(id: Uuid) -> String {
    Id::<PostKind>::from(id).to_string()
}

pub fn comment_id(id: Uuid) -> String {
    Id::<CommentKind>::from(id).to_string()
}

impl Paths<'_> {
    /// All paths of this viewer.
    pub fn collect(mut self) -> Vec<Path> {
        self.lists_of_posts();
        self.lists_of_users();
        for user in self.world.users.keys().copied().collect::<Vec<_>>() {
            self.user(user);
        }
        for post in self.world.posts.keys().copied().collect::<Vec<_>>() {
            self.post(post);
        }
        for comment in self.world.comments.keys().copied().collect::<Vec<_>>() {
            self.comment(comment);
        }
        self.nodes();
        self.all
    }

    fn add(&mut self, select: String, expected: Value) {
        self.all.push(Path { select, expected });
    }

    /// A part of a list from either end, or all of it: its field and its answer.
    fn list(
        &mut self,
        field: &str,
        arguments: &str,
        all: &[Uuid],
        id: fn(Uuid) -> String,
    ) -> (String, Value) {
        let size = if self.rng.random_bool(0.5) { 90 } else { self.rng.random_range(1..=4) };
        let (forward, more) = (self.rng.random_bool(0.7), all.len() > size);
        let rows = if forward {
            &all[..size.min(all.len())]
        } else {
            &all[all.len().saturating_sub(size)..]
        };
        let ids: Vec<Value> = rows.iter().map(|row| json!({ "id": id(*row) })).collect();
        let end = if forward { "first" } else { "last" };
        let select = format!(
            "{field}({arguments} {end}: {size}) {{
                totalCount nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage }} }}"
        );
        let info = json!({ "hasNextPage": forward && more, "hasPreviousPage": !forward && more });
        (select, json!({ "totalCount": all.len(), "nodes": ids, "pageInfo": info }))
    }

    fn lists_of_posts(&mut self) {
        let (world, viewer) = (self.world, self.viewer);
        if let Some(viewer) = viewer.filter(|viewer| !world.users[viewer].suspended) {
            self.posts("drafts", "", world.drafts(viewer), Order::Newest);
        }
        for (name, order) in [
            ("NEWEST", Order::Newest),
            ("OLDEST", Order::Oldest),
            ("TOP", Order::Top),
            ("HOT", Order::Hot),
            ("RELEVANCE", Order::Relevance),
        ] {
            let order_by = format!("orderBy: {name},");
            let found = world.listed(viewer, |post| post.word_in_title || post.word_in_content);
            let arguments = format!("{order_by} search: \"{WORD}\",");
            self.posts("posts", &arguments, found, order);
            if order == Order::Relevance {
                continue;
            }
            self.posts("posts", &order_by, world.listed(viewer, |_| true), order);
            if let Some(viewer) = viewer.filter(|viewer| !world.users[viewer].suspended) {
                self.posts("feed", &order_by, world.feed(viewer), order);
            }
            for owner in world.users.keys() {
                let arguments = format!("{order_by} ownedBy: \"{}\",", user_id(*owner));
                self.posts("posts", &arguments, world.posts_of(viewer, *owner), order);
            }
        }
    }

    fn posts(&mut self, field: &str, arguments: &str, posts: Vec<Uuid>, order: Order) {
        let ordered = self.world.ordered(posts, order);
        let (select, expected) = self.list(field, arguments, &ordered, post_id);
        self.add(select, expected);
    }

    fn lists_of_users(&mut self) {
        let users = self.world.users(self.viewer);
        let (select, expected) = self.list("users", "", &users, user_id);
        self.add(select, expected);
        // All are called alike; who fits how well is not the point here.
        let search = format!("users(search: \"{WORD}\", first: 100) {{ totalCount }}");
        self.add(search, json!({ "totalCount": users.len() }));
        if let Some(viewer) = self.viewer.filter(|viewer| !self.world.users[viewer].suspended) {
            self.add("me { id }".into(), json!({ "id": user_id(viewer) }));
        }
    }

    fn user(&mut self, user: Uuid) {
        let (world, viewer, id) = (self.world, self.viewer, user_id(user));
        let sees = world.sees_user(viewer, user);
        let seen = |found: Value| if sees { found } else { Value::Null };
        let name = &world.users[&user].name;
        self.add(
            format!("user(by: {{ username: \"{name}\" }}) {{ id }}"),
            seen(json!({ "id": id })),
        );
        self.add(format!("node(id: \"{id}\") {{ id }}"), seen(json!({ "id": id })));
        // Whom the viewer does not see may make room for somebody of a like name.
        if world.lists_user(viewer, user) {
            let first = json!({ "nodes": [{ "id": id }] });
            self.add(format!("users(search: \"{name}\", first: 1) {{ nodes {{ id }} }}"), first);
        }

        let order = [("NEWEST", Order::Newest), ("TOP", Order::Top)][self.rng.random_range(0..2)];
        let own = world.ordered(world.posts_of(viewer, user), order.1);
        let fields = [
            self.list("followers", "", &world.follow_list(viewer, user, false), user_id),
            self.list("following", "", &world.follow_list(viewer, user, true), user_id),
            self.list("posts", &format!("orderBy: {},", order.0), &own, post_id),
            self.list("likedPosts", "", &world.liked(viewer, user), post_id),
            self.list("comments", "", &world.comments_of(viewer, user), comment_id),
        ];
        let [followers, following, posts, liked, comments] = fields;
        let scalars =
            "id postCount followerCount followingCount viewerIsFollowing isFollowingViewer";
        let select = format!(
            "user(by: {{ id: \"{id}\" }}) {{ {scalars} {} {} {} {} {} }}",
            followers.0, following.0, posts.0, liked.0, comments.0
        );
        let following_count = world.follow_count(user, true) as i64 + world.users[&user].inflated;
        let follows_viewer = viewer.is_some_and(|viewer| world.follows(Some(user), viewer));
        let expected = json!({
            "id": id,
            "postCount": own.len(),
            "followerCount": world.follow_count(user, false),
            "followingCount": following_count,
            "viewerIsFollowing": world.follows(viewer, user),
            "isFollowingViewer": follows_viewer,
            "followers": followers.1,
            "following": following.1,
            "posts": posts.1,
            "likedPosts": liked.1,
            "comments": comments.1,
        });
        self.add(select, seen(expected));
    }

    fn post(&mut self, post: Uuid) {
        let (world, viewer, id) = (self.world, self.viewer, post_id(post));
        let sees = world.sees_post(viewer, post);
        let seen = |found: Value| if sees { found } else { Value::Null };
        self.add(format!("node(id: \"{id}\") {{ id }}"), seen(json!({ "id": id })));
        let up = self.list("voters", "", &world.voters(viewer, post, 1), user_id);
        let down =
            self.list("voters", "direction: DOWN,", &world.voters(viewer, post, -1), user_id);
        let comments = self.list("comments", "", &world.thread(viewer, post, None), comment_id);
        let select = format!(
            "post(id: \"{id}\") {{ id score commentCount owner {{ id }} {} down: {} {} }}",
            up.0, down.0, comments.0
        );
        let expected = json!({
            "id": id,
            "score": world.score(post),
            "commentCount": world.comment_count(post),
            "owner": { "id": user_id(world.posts[&post].owner) },
            "voters": up.1,
            "down": down.1,
            "comments": comments.1,
        });
        self.add(select, seen(expected));
    }

    fn comment(&mut self, comment: Uuid) {
        let (world, viewer, id) = (self.world, self.viewer, comment_id(comment));
        let row = &world.comments[&comment];
        let sees = world.sees_comment(viewer, comment);
        let answered = row.reply_to.filter(|above| world.sees_comment(viewer, *above));
        let thread = world.thread(viewer, row.post, Some(comment));
        let replies = self.list("replies", "", &thread, comment_id);
        let select = format!(
            "node(id: \"{id}\") {{ id ... on Comment {{
                author {{ id }} post {{ id }} replyTo {{ id }} replyCount {} }} }}",
            replies.0
        );
        let expected = json!({
            "id": id,
            "author": row.author.map(|author| json!({ "id": user_id(author) })),
            "post": { "id": post_id(row.post) },
            "replyTo": answered.map(|above| json!({ "id": comment_id(above) })),
            "replyCount": thread.len(),
            "replies": replies.1,
        });
        self.add(select, if sees { expected } else { Value::Null });
    }

    fn nodes(&mut self) {
        let (world, viewer) = (self.world, self.viewer);
        let users = world.users.keys().map(|id| (user_id(*id), world.sees_user(viewer, *id)));
        let posts = world.posts.keys().map(|id| (post_id(*id), world.sees_post(viewer, *id)));
        let comments =
            world.comments.keys().map(|id| (comment_id(*id), world.sees_comment(viewer, *id)));
        let (ids, seen): (Vec<_>, Vec<_>) = users.chain(posts).chain(comments).take(100).unzip();
        let found =
            |(id, seen): (&String, bool)| if seen { json!({ "id": id }) } else { Value::Null };
        let expected: Value = ids.iter().zip(seen).map(found).collect();
        self.add(format!("nodes(ids: {}) {{ id }}", json!(ids)), expected);
    }
}
