//! Who may see what, as plainly as it can be said: loops over everything there is. Written from the
//! rules, not from the queries, which are held against it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

pub struct User {
    pub name: String,
    pub admin: bool,
    pub suspended: bool,
    /// How many more people the stored count says they follow, to try the feed of who follows many.
    pub inflated: i64,
}

pub struct Post {
    pub owner: Uuid,
    pub published: bool,
    pub visibility: &'static str,
    pub word_in_title: bool,
    pub word_in_content: bool,
    /// Seconds since 1970.
    pub created: i64,
}

pub struct Comment {
    pub post: Uuid,
    /// None on a tombstone.
    pub author: Option<Uuid>,
    pub reply_to: Option<Uuid>,
}

pub struct Vote {
    pub value: i64,
    pub at: i64,
}

#[derive(Default)]
pub struct World {
    pub users: BTreeMap<Uuid, User>,
    pub posts: BTreeMap<Uuid, Post>,
    pub comments: BTreeMap<Uuid, Comment>,
    /// By post and voter.
    pub votes: BTreeMap<(Uuid, Uuid), Vote>,
    /// By follower and followee, since when.
    pub follows: BTreeMap<(Uuid, Uuid), i64>,
    pub blocks: BTreeSet<(Uuid, Uuid)>,
    pub mutes: BTreeSet<(Uuid, Uuid)>,
    /// By post or person, the name of their picture.
    pub pictures: BTreeMap<Uuid, String>,
    /// Names of pictures that went with their posts or people, or were replaced.
    pub gone_pictures: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    Newest,
    Oldest,
    Top,
    Hot,
    Relevance,
}

pub type Viewer = Option<Uuid>;

/// What goes, with all that hangs on it.
impl World {
    pub fn remove_post(&mut self, id: Uuid) {
        self.posts.remove(&id);
        self.gone_pictures.extend(self.pictures.remove(&id));
        self.votes.retain(|(post, _), _| *post != id);
        self.comments.retain(|_, comment| comment.post != id);
    }

    /// Deletes a comment, which may leave a tombstone. Returns what is gone, with the tombstones on
    /// which nothing hangs any more.
    pub fn remove_comment(&mut self, id: Uuid) -> BTreeSet<Uuid> {
        self.comments.get_mut(&id).unwrap().author = None;
        self.prune()
    }

    /// A tombstone stays only as long as something hangs on it.
    pub fn prune(&mut self) -> BTreeSet<Uuid> {
        let mut gone = BTreeSet::new();
        loop {
            let answered: BTreeSet<Uuid> =
                self.comments.values().filter_map(|comment| comment.reply_to).collect();
            let bare = |(id, comment): (&Uuid, &Comment)| {
                (comment.author.is_none() && !answered.contains(id)).then_some(*id)
            };
            let bare: Vec<Uuid> = self.comments.iter().filter_map(bare).collect();
            if bare.is_empty() {
                return gone;
            }
            self.comments.retain(|id, _| !bare.contains(id));
            gone.extend(bare);
        }
    }

    pub fn remove_follows_between(&mut self, one: Uuid, other: Uuid) {
        self.follows.remove(&(one, other));
        self.follows.remove(&(other, one));
    }
}

/// What one sees.
impl World {
    pub fn is_admin(&self, viewer: Viewer) -> bool {
        viewer.is_some_and(|viewer| self.users[&viewer].admin && !self.users[&viewer].suspended)
    }

    pub fn blocked(&self, viewer: Viewer, other: Uuid) -> bool {
        let either_way =
            |one| self.blocks.contains(&(one, other)) || self.blocks.contains(&(other, one));
        viewer.is_some_and(either_way)
    }

    pub fn mutes(&self, viewer: Viewer, other: Uuid) -> bool {
        viewer.is_some_and(|viewer| self.mutes.contains(&(viewer, other)))
    }

    pub fn follows(&self, viewer: Viewer, other: Uuid) -> bool {
        viewer.is_some_and(|viewer| self.follows.contains_key(&(viewer, other)))
    }

    pub fn sees_user(&self, viewer: Viewer, user: Uuid) -> bool {
        viewer == Some(user)
            || self.is_admin(viewer)
            || !self.users[&user].suspended && !self.blocked(viewer, user)
    }

    pub fn sees_post(&self, viewer: Viewer, id: Uuid) -> bool {
        let post = &self.posts[&id];
        if viewer == Some(post.owner) {
            return true;
        }
        if !post.published || !self.sees_user(viewer, post.owner) {
            return false;
        }
        match post.visibility {
            "public" => true,
            "followers" => self.follows(viewer, post.owner) || self.is_admin(viewer),
            _ => false,
        }
    }

    /// Who shows the picture of a post, or of a person.
    pub fn shown_by(&self, shown: Uuid) -> Uuid {
        self.posts.get(&shown).map_or(shown, |post| post.owner)
    }

    pub fn sees_comment(&self, viewer: Viewer, id: Uuid) -> bool {
        let comment = &self.comments[&id];
        let author_seen = comment.author.is_none_or(|author| self.sees_user(viewer, author));
        self.sees_post(viewer, comment.post) && author_seen
    }
}

/// Lists and counts.
impl World {
    pub fn score(&self, post: Uuid) -> i64 {
        self.votes.iter().filter(|((of, _), _)| *of == post).map(|(_, vote)| vote.value).sum()
    }

    fn hot(&self, post: Uuid) -> f64 {
        let score = self.score(post) as f64;
        let age = self.posts[&post].created as f64 / 45_000.0;
        if score == 0.0 { age } else { score.signum() * score.abs().log10() + age }
    }

    /// Posts in this order; the id decides where the key does not.
    pub fn ordered(&self, mut posts: Vec<Uuid>, order: Order) -> Vec<Uuid> {
        let relevance =
            |post: &Post| i64::from(post.word_in_title) * 2 + i64::from(post.word_in_content);
        posts.sort();
        posts.sort_by(|one, other| match order {
            Order::Newest | Order::Oldest => one.cmp(other),
            Order::Top => self.score(*one).cmp(&self.score(*other)),
            Order::Hot => self.hot(*one).total_cmp(&self.hot(*other)),
            Order::Relevance => relevance(&self.posts[one]).cmp(&relevance(&self.posts[other])),
        });
        if order != Order::Oldest {
            posts.reverse();
        }
        posts
    }

    pub fn posts(&self, viewer: Viewer, keep: impl Fn(&Post) -> bool) -> Vec<Uuid> {
        let seen =
            self.posts.iter().filter(|(id, post)| self.sees_post(viewer, **id) && keep(post));
        seen.map(|(id, _)| *id).collect()
    }

    /// What lists of everybody's posts hold: without muted people.
    pub fn listed(&self, viewer: Viewer, keep: impl Fn(&Post) -> bool) -> Vec<Uuid> {
        self.posts(viewer, |post| !self.mutes(viewer, post.owner) && keep(post))
    }

    pub fn posts_of(&self, viewer: Viewer, owner: Uuid) -> Vec<Uuid> {
        self.posts(viewer, |post| post.owner == owner)
    }

    pub fn drafts(&self, viewer: Uuid) -> Vec<Uuid> {
        self.posts(Some(viewer), |post| post.owner == viewer && !post.published)
    }

    /// The feed has no drafts, and nothing of suspended people, not even for admins.
    pub fn feed(&self, viewer: Uuid) -> Vec<Uuid> {
        let followed = |post: &Post| {
            self.follows(Some(viewer), post.owner) && !self.users[&post.owner].suspended
        };
        self.listed(Some(viewer), |post| post.published && (post.owner == viewer || followed(post)))
    }

    pub fn users(&self, viewer: Viewer) -> Vec<Uuid> {
        self.users.keys().rev().copied().filter(|user| self.lists_user(viewer, *user)).collect()
    }

    /// Lists of people are without whom the viewer muted.
    pub fn lists_user(&self, viewer: Viewer, user: Uuid) -> bool {
        self.sees_user(viewer, user) && !self.mutes(viewer, user)
    }

    /// Followers (or with `following` those whom somebody follows), the latest first.
    pub fn follow_list(&self, viewer: Viewer, user: Uuid, following: bool) -> Vec<Uuid> {
        let ends = self.follows.iter().map(|((follower, followee), at)| {
            let (of, listed) = if following { (follower, followee) } else { (followee, follower) };
            (*of, (*at, *listed))
        });
        let listed =
            ends.filter(|(of, (_, listed))| *of == user && self.lists_user(viewer, *listed));
        latest_first(listed.map(|(_, row)| row).collect())
    }

    pub fn follow_count(&self, user: Uuid, following: bool) -> usize {
        let end =
            |(follower, followee): &(Uuid, Uuid)| if following { *follower } else { *followee };
        self.follows.keys().filter(|follow| end(follow) == user).count()
    }

    pub fn voters(&self, viewer: Viewer, post: Uuid, value: i64) -> Vec<Uuid> {
        let votes = self.votes.iter().filter(|((of, voter), vote)| {
            *of == post && vote.value == value && self.lists_user(viewer, *voter)
        });
        latest_first(votes.map(|((_, voter), vote)| (vote.at, *voter)).collect())
    }

    pub fn liked(&self, viewer: Viewer, user: Uuid) -> Vec<Uuid> {
        let votes = self.votes.iter().filter(|((post, voter), vote)| {
            let muted = self.mutes(viewer, self.posts[post].owner);
            *voter == user && vote.value == 1 && self.sees_post(viewer, *post) && !muted
        });
        latest_first(votes.map(|((post, _), vote)| (vote.at, *post)).collect())
    }

    /// The comments that answer a post itself, or another comment; the oldest first.
    pub fn thread(&self, viewer: Viewer, post: Uuid, reply_to: Option<Uuid>) -> Vec<Uuid> {
        let listed = |id: &Uuid, comment: &Comment| {
            let muted = comment.author.is_some_and(|author| self.mutes(viewer, author));
            comment.post == post
                && comment.reply_to == reply_to
                && self.sees_comment(viewer, *id)
                && !muted
        };
        self.comments
            .iter()
            .filter(|(id, comment)| listed(id, comment))
            .map(|(id, _)| *id)
            .collect()
    }

    pub fn comments_of(&self, viewer: Viewer, author: Uuid) -> Vec<Uuid> {
        let own = self.comments.iter().filter(|(_, comment)| comment.author == Some(author));
        let mut ids: Vec<_> =
            own.map(|(id, _)| *id).filter(|id| self.sees_comment(viewer, *id)).collect();
        ids.reverse();
        ids
    }

    /// The stored count: what stands and is not a suspended person's.
    pub fn comment_count(&self, post: Uuid) -> usize {
        let counted = |comment: &&Comment| {
            comment.post == post
                && comment.author.is_some_and(|author| !self.users[&author].suspended)
        };
        self.comments.values().filter(counted).count()
    }
}

fn latest_first(mut rows: Vec<(i64, Uuid)>) -> Vec<Uuid> {
    rows.sort();
    rows.into_iter().rev().map(|(_, id)| id).collect()
}
