//! The people who try, and the things on which they do.

use rookery::id::{CommentKind, Id, PostKind, ReportKind, UserKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    picture::png,
    user::TestUser,
};

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Anonymous,
    Stranger,
    Follower,
    Owner,
    Admin,
    Suspended,
}

impl Actor {
    pub const ALL: [Self; 6] = [
        Self::Anonymous,
        Self::Stranger,
        Self::Follower,
        Self::Owner,
        Self::Admin,
        Self::Suspended,
    ];
}

/// What there is, made anew for every attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// Posts of the owner's: for everybody, for followers, for nobody, not yet out.
    Open,
    Followers,
    Private,
    Draft,
    /// Somebody with whom nobody has to do.
    Target,
    /// Somebody whom everybody follows.
    Friend,
    /// Somebody whom everybody blocks.
    Foe,
    /// Somebody whom everybody mutes.
    Bore,
    /// Somebody suspended.
    Gone,
    /// A public post of the target's.
    Elsewhere,
    /// A public post of the foe's.
    Enmity,
    /// A public post of somebody suspended.
    Silenced,
    /// A comment of the owner's under the target's post.
    Said,
    /// A comment of the target's under the owner's public post.
    Heard,
    /// A comment of the target's under the owner's private post.
    Whispered,
    /// A comment of the foe's under the target's post.
    Shouted,
    /// A report by the owner about the target.
    Complaint,
    /// Whoever the owner is.
    TheOwner,
}

/// What exists once for all attempts.
pub struct Stage {
    app: TestApp,
    anonymous: Client,
    stranger: TestUser,
    follower: TestUser,
    owner: TestUser,
    admin: TestUser,
    suspended: TestUser,
}

impl Stage {
    pub async fn new() -> Self {
        let (app, anonymous) = TestApp::with_settings(&[("WRITES_PER_MINUTE", "100000")]).await;
        let (stranger, follower) = (app.user("stranger").await, app.user("follower").await);
        let (owner, admin) = (app.user("owner").await, app.admin("root").await);
        let suspended = app.user("suspended").await;
        app.suspend(&suspended).await;
        app.followed(&follower, &owner).await;
        Self { app, anonymous, stranger, follower, owner, admin, suspended }
    }

    /// Makes the things for an attempt of this one.
    pub async fn set(&self, actor: Actor) -> Scene<'_> {
        let (client, me) = match actor {
            Actor::Anonymous => (&self.anonymous, Uuid::nil()),
            Actor::Stranger => (&*self.stranger, self.stranger.key),
            Actor::Follower => (&*self.follower, self.follower.key),
            Actor::Owner => (&*self.owner, self.owner.key),
            Actor::Admin => (&*self.admin, self.admin.key),
            Actor::Suspended => (&*self.suspended, self.suspended.key),
        };
        let scene = Scene { stage: self, client, me, made: Uuid::now_v7() };
        self.app.sql(&scene.fill(THINGS)).await;
        scene
    }
}

/// One attempt.
pub struct Scene<'a> {
    stage: &'a Stage,
    client: &'a Client,
    me: Uuid,
    made: Uuid,
}

const THINGS: &str = "
    INSERT INTO users (id, username, email, password_hash)
    SELECT id, replace(right(id::text, 24), '-', '_'), id || '@example.com', '' FROM unnest
        (ARRAY[{target}, {friend}, {foe}, {bore}, {gone}]::uuid[]) AS id;
    UPDATE users SET suspended_at = now() WHERE id = {gone};
    INSERT INTO posts (id, owner_id, title, content, published, visibility) VALUES
        ({open}, {owner}, 'open', 'content', true, 'public'),
        ({followers}, {owner}, 'followers', 'content', true, 'followers'),
        ({private}, {owner}, 'private', 'content', true, 'private'),
        ({draft}, {owner}, 'draft', 'content', false, 'public'),
        ({elsewhere}, {target}, 'elsewhere', 'content', true, 'public'),
        ({enmity}, {foe}, 'enmity', 'content', true, 'public'),
        ({silenced}, {gone}, 'silenced', 'content', true, 'public');
    INSERT INTO comments (id, post_id, author_id, content) VALUES
        ({said}, {elsewhere}, {owner}, 'said'),
        ({heard}, {open}, {target}, 'heard'),
        ({whispered}, {private}, {target}, 'whispered'),
        ({shouted}, {elsewhere}, {foe}, 'shouted');
    INSERT INTO reports (id, reporter_id, user_id, reason) VALUES ({complaint}, {owner}, {target}, 'spam');
    INSERT INTO follows SELECT id, {friend} FROM users WHERE id = {me};
    INSERT INTO blocks SELECT id, {foe} FROM users WHERE id = {me};
    INSERT INTO mutes SELECT id, {bore} FROM users WHERE id = {me};
    -- All of them have pictures, called after them.
    INSERT INTO images (name, owner_id) SELECT rpad(replace(id::text, '-', ''), 52, '0'), {me}
    FROM unnest(ARRAY[{open}, {followers}, {private}, {draft}, {elsewhere}, {enmity}, {silenced},
                      {target}, {foe}, {gone}]::uuid[]) AS id;
    UPDATE posts SET image = rpad(replace(id::text, '-', ''), 52, '0') || ' 4 3 jpg AAAA' WHERE id IN
        ({open}, {followers}, {private}, {draft}, {elsewhere}, {enmity}, {silenced});
    UPDATE users SET avatar = rpad(replace(id::text, '-', ''), 52, '0') || ' 4 3 jpg AAAA'
    WHERE id IN ({target}, {foe}, {gone});";

impl Scene<'_> {
    pub async fn send(&self, document: &str, about: Thing) -> Answer {
        let mut variables = json!({ "id": self.id(about), "elsewhere": self.id(Thing::Elsewhere) });
        if !document.contains("$file: Upload") {
            return self.client.query(document, variables).await;
        }
        variables["file"] = Value::Null;
        self.client.upload(document, variables, &[("variables.file", png(4, 3))]).await
    }

    pub async fn holds(&self, condition: &str) -> bool {
        let query = self.fill(&format!("SELECT {condition}"));
        let row = self.stage.app.shared().await.query_one(&query, &[]).await;
        row.unwrap_or_else(|e| panic!("{query}: {e}")).get(0)
    }

    fn fill(&self, template: &str) -> String {
        let keys = [("{me}", self.me), ("{owner}", self.stage.owner.key)];
        let things = NAMES.map(|(name, thing)| (name, self.key(thing)));
        let keys = keys.into_iter().chain(things);
        keys.fold(template.to_owned(), |text, (name, key)| text.replace(name, &format!("'{key}'")))
    }

    /// Each thing's key is near that of its scene.
    fn key(&self, thing: Thing) -> Uuid {
        match thing {
            Thing::TheOwner => self.stage.owner.key,
            other => Uuid::from_u128(self.made.as_u128() & !0xff | other as u128),
        }
    }

    fn id(&self, thing: Thing) -> String {
        let key = self.key(thing);
        match thing {
            Thing::Target | Thing::Friend | Thing::Foe | Thing::Bore => {
                Id::<UserKind>::from(key).to_string()
            }
            Thing::Gone | Thing::TheOwner => Id::<UserKind>::from(key).to_string(),
            Thing::Said | Thing::Heard | Thing::Whispered | Thing::Shouted => {
                Id::<CommentKind>::from(key).to_string()
            }
            Thing::Complaint => Id::<ReportKind>::from(key).to_string(),
            Thing::Open | Thing::Followers | Thing::Private | Thing::Draft => {
                Id::<PostKind>::from(key).to_string()
            }
            Thing::Elsewhere | Thing::Enmity | Thing::Silenced => {
                Id::<PostKind>::from(key).to_string()
            }
        }
    }
}

const NAMES: [(&str, Thing); 17] = [
    ("{open}", Thing::Open),
    ("{followers}", Thing::Followers),
    ("{private}", Thing::Private),
    ("{draft}", Thing::Draft),
    ("{target}", Thing::Target),
    ("{friend}", Thing::Friend),
    ("{foe}", Thing::Foe),
    ("{bore}", Thing::Bore),
    ("{gone}", Thing::Gone),
    ("{elsewhere}", Thing::Elsewhere),
    ("{enmity}", Thing::Enmity),
    ("{silenced}", Thing::Silenced),
    ("{said}", Thing::Said),
    ("{heard}", Thing::Heard),
    ("{whispered}", Thing::Whispered),
    ("{shouted}", Thing::Shouted),
    ("{complaint}", Thing::Complaint),
];
