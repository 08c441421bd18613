//! Texts, put together from sentences.

use super::{
    World,
    random::Random,
    words::{
        talk::{COMMENTS, REPLIES},
        topics::{CLOSINGS, OPENINGS, PLACES, TOPICS, Topic},
    },
};

/// Fills the blanks of a text: each `{thing}`, `{place}` and `{n}` anew. `friend` is for
/// `{friend}`.
pub(super) fn fill_in(text: &str, friend: &str, random: &mut Random) -> String {
    let topic = random.pick(TOPICS);
    fill_in_about(&topic, text, friend, random)
}

fn fill_in_about(topic: &Topic, text: &str, friend: &str, random: &mut Random) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, blank)) = rest.split_once('{') {
        let (name, after) = blank.split_once('}').unwrap_or((blank, ""));
        filled.push_str(before);
        match name {
            "thing" => filled.push_str(random.pick(topic.things)),
            "place" => filled.push_str(random.pick(PLACES)),
            "friend" => filled.push_str(friend),
            _ => filled.push_str(&(2 + random.below(98)).to_string()),
        }
        rest = after;
    }
    filled.push_str(rest);
    capitalised(&filled)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A post's subject.
pub(super) fn topic(random: &mut Random) -> Topic {
    random.pick(TOPICS)
}

pub(super) fn title(topic: &Topic, friend: &str, random: &mut Random) -> String {
    let pattern = random.pick(topic.titles);
    fill_in_about(topic, pattern, friend, random)
}

/// One to four paragraphs.
pub(super) fn content(topic: &Topic, friend: &str, random: &mut Random) -> String {
    let mut paragraphs = Vec::new();
    for number in 0..=random.below(4) {
        let mut sentences = Vec::new();
        if number == 0 {
            sentences.push(random.pick(OPENINGS));
        }
        for _ in 0..2 + random.below(3) {
            let sentence = random.pick(topic.sentences);
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        paragraphs.push(sentences);
    }
    if let Some(last) = paragraphs.last_mut().filter(|_| random.chance(0.6)) {
        last.push(random.pick(CLOSINGS));
    }
    let mut written = |sentences: Vec<&str>| {
        let filled = sentences.iter().map(|text| fill_in_about(topic, text, friend, random));
        filled.collect::<Vec<_>>().join(" ")
    };
    paragraphs.into_iter().map(&mut written).collect::<Vec<_>>().join("\n\n")
}

/// What somebody says under a post, or to somebody else there.
pub(super) fn comment(topic: &Topic, reply: bool, random: &mut Random) -> String {
    let pattern = random.pick(if reply { REPLIES } else { COMMENTS });
    fill_in_about(topic, pattern, "", random)
}

impl World {
    /// Somebody to mention.
    pub(super) fn friend(&self, random: &mut Random) -> &'static str {
        self.first_name(random.below(self.sizes.users))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::random::Kind;

    #[test]
    fn no_blank_stays_empty() {
        for index in 0..500 {
            let random = &mut Random::of(1, Kind::Post, index);
            let topic = topic(random);
            let all = [
                title(&topic, "Ada", random),
                content(&topic, "Ada", random),
                comment(&topic, false, random),
                comment(&topic, true, random),
            ];
            for text in all {
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
                assert!(text.chars().next().is_some_and(|c| !c.is_lowercase()), "{text}");
            }
        }
    }
}
