//! Pictures of the posts that people will look at first, and of those who write most. Each is its
//! own, as those of real people are; so there are only so many, however large the world is.

use futures_util::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::{
    World, drawing,
    random::{Kind, Random},
};
use crate::{
    error::{Error, Result},
    media::{Finished, Media, StoredImage},
};

/// How many of the latest posts are looked at first.
const LATEST: u64 = 120;
/// How often one of them has a picture.
const SHARE: f64 = 0.4;
/// How many of the posts with the most votes have one.
const LIKED: usize = 20;
/// How many of those who came first, who write most, have one of themselves.
const PEOPLE: u64 = 60;

/// What a picture is for.
#[derive(Clone, Copy)]
enum Subject {
    Post(u64),
    Person(u64),
}

/// Draws the pictures of a world and keeps them in the store, where they wait for their rows. Their
/// names are others each time. Returns how many they are.
///
/// # Errors
/// When the database or the store fails.
pub async fn draw(mut world: World, media: &Media) -> Result<(World, usize)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let drawn = stream::iter(world.subjects()).map(|subject| {
        let (owner, drawing) = world.commission(subject);
        async move {
            let finished = tokio::task::spawn_blocking(move || {
                let (width, height, rgba) = drawing();
                Finished::drawn(width, height, rgba)
            });
            let finished = finished.await.map_err(Error::internal)??;
            Ok::<_, Error>((subject, media.keep(owner, finished).await?))
        }
    });
    let drawn: Vec<(Subject, StoredImage)> = drawn.buffered(cores).try_collect().await?;
    let images: Vec<StoredImage> = drawn.iter().map(|(_, image)| image.clone()).collect();
    media.hold_back(&images).await?;
    for (subject, image) in &drawn {
        match subject {
            Subject::Post(post) => world.pictures.insert(*post, image.to_string()),
            Subject::Person(user) => world.avatars.insert(*user, image.to_string()),
        };
    }
    Ok((world, images.len()))
}

type Drawing = Box<dyn FnOnce() -> (u32, u32, Vec<u8>) + Send>;

impl World {
    fn subjects(&self) -> Vec<Subject> {
        let posts = self.sizes.posts;
        let chosen = |post: &u64| Random::of(self.seed, Kind::Picture, *post).chance(SHARE);
        let mut pictured: Vec<u64> = (posts.saturating_sub(LATEST)..posts).filter(chosen).collect();
        let mut by_votes: Vec<u64> = (0..posts).collect();
        by_votes.sort_by_key(|post| std::cmp::Reverse(self.votes[*post as usize]));
        pictured.extend(by_votes.iter().take(LIKED));
        pictured.sort_unstable();
        pictured.dedup();
        let people = (0..PEOPLE.min(self.sizes.users)).map(Subject::Person);
        pictured.into_iter().map(Subject::Post).chain(people).collect()
    }

    /// Whose a picture is, and how it is drawn.
    fn commission(&self, subject: Subject) -> (Uuid, Drawing) {
        match subject {
            Subject::Post(post) => {
                let mut random = Random::of(self.seed, Kind::Picture, post);
                random.next();
                let owner = self.user_id(self.post(post).owner);
                (owner, Box::new(move || drawing::landscape(&mut random)))
            }
            Subject::Person(user) => {
                // Apart from the posts.
                let mut random = Random::of(self.seed, Kind::Picture, u64::MAX - user);
                let initials = self.initials(user);
                (self.user_id(user), Box::new(move || drawing::monogram(initials, &mut random)))
            }
        }
    }
}
