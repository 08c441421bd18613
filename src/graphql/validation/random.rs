//! Documents by chance, from soup to nearly right, must never make anything panic, and what is
//! wrong with them must stay within bounds.

use async_graphql::Variables;

use super::{check_variables, validate};
use crate::graphql::{limits, sample_schema};

const DOCUMENTS: usize = 4_000;

const WORDS: &[&str] = &[
    "{",
    "}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    "$",
    "@",
    "...",
    "!",
    "=",
    "query",
    "mutation",
    "subscription",
    "fragment",
    "on",
    "F",
    "G",
    "User",
    "Post",
    "Node",
    "PostConnection",
    "me",
    "id",
    "posts",
    "nodes",
    "edges",
    "node",
    "first",
    "ids",
    "input",
    "by",
    "true",
    "null",
    "1",
    "-0",
    "1e400",
    "99999999999999999999",
    "\"a\"",
    "\"\"\"b\"\"\"",
    "\"\\u{1F600}\"",
    "\"\\ud800\"",
    "TOP",
    "skip",
    "if",
    "__schema",
    "__typename",
    "é",
    "#",
    "\n",
    ",",
    "\u{feff}",
    "\0",
    "\"",
];

const SEEDS: &[&str] = &[
    "query A($n:Int=3 $i:[ID!]!){posts(first:$n){edges{cursor node{...F}}} nodes(ids:$i){id}}
     fragment F on Post{id title owner{...on Node{id}} comments(last:2){nodes{replyTo{id}}}}",
    "mutation M($input:CreatePostInput!){createPost(input:$input){post{id} userErrors{message}}}",
    "{a:user(by:{username:\"a\"}){id} search(text:\"b\"){...on User{x:username} ...on Post{x:title}}}",
    "subscription S{postChanged(postId:\"1\"){...F}} fragment F on Post{score@include(if:true)}",
    "{__schema{types{name fields(includeDeprecated:true){args{type{ofType{name}}}}}}}",
];

/// A linear congruence: the same documents at each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    fn document(&mut self) -> String {
        if self.below(4) == 0 {
            return (0..self.below(60)).map(|_| format!("{} ", self.word())).collect();
        }
        let mut text = SEEDS[self.below(SEEDS.len())].to_owned();
        for _ in 0..=self.below(3) {
            let places: Vec<_> = text.char_indices().map(|(index, _)| index).collect();
            let from = places[self.below(places.len())];
            let to = places[self.below(places.len())].clamp(from, from + 8);
            let to = places.iter().copied().find(|place| *place >= to).unwrap_or(from);
            let replacement = match self.below(3) {
                0 => String::new(),
                1 => self.word().to_owned(),
                _ => text[from..to].repeat(2),
            };
            text.replace_range(from..to, &replacement);
        }
        text
    }
}

#[test]
fn documents_by_chance_are_judged_without_a_panic() {
    let types = sample_schema::types();
    let limits = limits::Limits::default();
    let variables = Variables::from_value(async_graphql::value!({"n": 5, "i": ["a"], "input": {}}));
    let mut chance = Chance(42);
    let mut valid = 0;
    for _ in 0..DOCUMENTS {
        let text = chance.document();
        let Ok(checked) = limits::check(&text, &limits) else { continue };
        // Whatever was admitted can be judged again with other variables.
        for name in [None, Some("A"), Some("M")] {
            let admission = checked.admit(name, &variables, &types, &limits);
            assert!(admission.is_err() || name.is_none() || text.contains(name.unwrap()));
        }
        match validate(checked.document(), &types) {
            Ok(()) => valid += 1,
            Err(errors) => assert!(!errors.is_empty() && errors.len() <= 50, "{text}"),
        }
        for (_, operation) in checked.document().operations.iter() {
            let problems = check_variables(&operation.node, &variables, &types).err();
            assert!(problems.is_none_or(|problems| !problems.is_empty()), "{text}");
        }
    }
    // Otherwise chance would only show that nonsense is refused.
    assert!(valid > DOCUMENTS / 50, "{valid} of {DOCUMENTS} documents were valid");
}
