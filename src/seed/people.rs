//! People: names, addresses, what they say about themselves.

use uuid::Uuid;

use super::{
    LOGIN, World,
    moments::{key, time},
    prose,
    random::{Kind, Random, Shuffle},
    words::{
        names::{FIRST, LAST, plain},
        talk::{CALLINGS, SIDES},
    },
};
use crate::db::bulk::Rows;

pub(super) const COLUMNS: &str = "users (id, username, email, display_name, bio, password_hash, created_at, updated_at, \
     avatar)";

struct Name {
    first: &'static str,
    last: &'static str,
    /// How often the two have been given before.
    namesakes: u64,
}

impl World {
    /// A person's key.
    pub(super) fn user_id(&self, user: u64) -> Uuid {
        key(self.joined(user), &mut Random::of(self.seed, Kind::User, user))
    }

    pub(super) fn write_user(&self, user: u64, rows: &mut Rows) {
        let id = self.user_id(user);
        let random = &mut Random::of(self.seed, Kind::User, user);
        // The first numbers went into the key.
        random.next();
        random.next();
        let name = self.name(user);
        let username = if user == 0 { LOGIN.to_owned() } else { name.username(random) };
        let joined = time(self.joined(user));
        rows.uuid(id).text(&username).text(&format!("{}@example.com", username.to_lowercase()));
        match user {
            0 => rows.text("Demo Person").text("This account is yours to play with."),
            _ => {
                rows.optional(random.chance(0.9).then(|| name.display(random)).as_deref());
                rows.optional(random.chance(0.7).then(|| bio(random)).as_deref())
            }
        };
        rows.text(&self.password_hash).time(joined).time(joined);
        rows.optional(self.avatars.get(&user).map(String::as_str)).end();
    }

    fn name(&self, user: u64) -> Name {
        let pairs = (FIRST.len() * LAST.len()) as u64;
        let order = Shuffle::new(pairs, &mut Random::of(self.seed, Kind::Order, 0));
        let pair = order.at(user % pairs) as usize;
        Name {
            first: FIRST[pair % FIRST.len()],
            last: LAST[pair / FIRST.len()],
            namesakes: user / pairs,
        }
    }

    /// The first letters of somebody's names.
    pub(super) fn initials(&self, user: u64) -> [char; 2] {
        let Name { first, last, .. } = self.name(user);
        [first, last].map(|name| letters(name).chars().next().unwrap_or('X').to_ascii_uppercase())
    }

    /// What people call somebody.
    pub(super) fn first_name(&self, user: u64) -> &'static str {
        self.name(user).first
    }
}

impl Name {
    /// Each name only once, without regard to case: the number of namesakes sees to that.
    fn username(&self, random: &mut Random) -> String {
        let mut username = match random.below(3) {
            0 => format!("{}_{}", letters(self.first), letters(self.last)),
            1 => format!("{}_{}", letters(self.first), letters(self.last)).to_lowercase(),
            _ => format!("{}_{}", letters(self.last), letters(self.first)).to_lowercase(),
        };
        if self.namesakes > 0 {
            username.push_str(&(self.namesakes + 1).to_string());
        }
        username
    }

    fn display(&self, random: &mut Random) -> String {
        let Self { first, last, .. } = self;
        match random.below(8) {
            0 => (*first).to_owned(),
            1 => format!("{first} {}.", last.chars().next().unwrap_or('X')),
            2 => format!(
                "{first} {last} {}",
                random.pick(&["🌿", "🚲", "📷", "☕", "🦉", "🎻", "🌙"])
            ),
            _ => format!("{first} {last}"),
        }
    }
}

/// A name in the letters of a username.
fn letters(name: &str) -> String {
    let mut letters = String::new();
    for letter in name.chars() {
        match letter.is_ascii() {
            true => letters.push(letter),
            false => letters.push_str(plain(letter)),
        }
    }
    letters
}

fn bio(random: &mut Random) -> String {
    let (calling, side) = (random.pick(CALLINGS), random.pick(SIDES));
    prose::fill_in(&format!("{calling}, {side}."), "", random)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::seed::Sizes;

    #[test]
    fn usernames_are_valid_and_each_is_there_once() {
        let world = World::new(3, Sizes { posts: 0, ..Sizes::of(30_000) }, String::new());
        let mut met = HashSet::new();
        for user in 1..30_000 {
            let random = &mut Random::of(3, Kind::User, user);
            let username = world.name(user).username(random);
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!((3..=30).contains(&username.len()) && username.chars().all(fits), "{username}");
            assert!(met.insert(username.to_lowercase()), "{username} is there twice");
        }
    }

    #[test]
    fn every_letter_has_a_plain_form() {
        for name in FIRST.iter().chain(LAST) {
            assert_eq!(letters(name).chars().count(), name.chars().count(), "{name}");
        }
    }
}
