//! Token buckets in memory: how often somebody may do something in a minute.
//!
//! Each instance counts for itself, so that of several instances each allows the whole rate. What
//! must hold across instances is counted in the database ([`crate::db::throttle`]).

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// From how many buckets on full ones are looked for and dropped.
const CROWD: usize = 10_000;

/// What is left of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How often in a minute.
    pub limit: u32,
    /// How often still now.
    pub remaining: u32,
    /// When it is the whole limit again.
    pub full_after: Duration,
}

/// Nothing is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// What is left of the rate: nothing.
    pub rate: Rate,
    /// How long to wait for the next.
    pub retry_after: Duration,
}

/// The rate as the last of several that take from it left it. Cheap to clone; all clones see it.
#[derive(Clone, Debug, Default)]
pub struct LastRate(Arc<Mutex<Option<Rate>>>);

impl LastRate {
    /// Notes what is left now.
    pub fn set(&self, rate: Rate) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(rate);
    }

    /// What was noted last, if anything was.
    #[must_use]
    pub fn get(&self) -> Option<Rate> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Bucket {
    tokens: f64,
    at: Instant,
}

/// A bucket for each of many keys.
pub struct Buckets<K> {
    per_minute: u32,
    buckets: Mutex<HashMap<K, Bucket>>,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Buckets that hold, and refill in a minute, this many tokens; at least one.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), buckets: Mutex::default() }
    }

    /// Takes a token out of a key's bucket.
    ///
    /// # Errors
    /// With the time to wait when it is empty.
    pub fn take(&self, key: K) -> Result<Rate, Exhausted> {
        self.take_at(key, Instant::now())
    }

    /// Puts back a token that was taken for something that was not done.
    pub fn give_back(&self, key: &K) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(key) {
            bucket.tokens = (bucket.tokens + 1.0).min(f64::from(self.per_minute));
        }
    }

    fn take_at(&self, key: K, now: Instant) -> Result<Rate, Exhausted> {
        let most = f64::from(self.per_minute);
        let per_second = most / 60.0;
        let level = |bucket: &Bucket| {
            let elapsed = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.tokens + elapsed * per_second).min(most)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CROWD && buckets.len() == buckets.capacity() {
            // Just before the map would grow, so that looking through it is rare.
            buckets.retain(|_, bucket| level(bucket) < most);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: most, at: now });
        *bucket = Bucket { tokens: level(bucket), at: now };
        let until =
            |tokens: f64, wanted: f64| Duration::from_secs_f64((wanted - tokens) / per_second);
        let rate = |tokens: f64| Rate {
            limit: self.per_minute,
            remaining: tokens as u32,
            full_after: until(tokens, most),
        };
        if bucket.tokens < 1.0 {
            let retry_after = until(bucket.tokens, 1.0);
            return Err(Exhausted { rate: rate(bucket.tokens), retry_after });
        }
        bucket.tokens -= 1.0;
        Ok(rate(bucket.tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_refills() {
        let (buckets, start) = (Buckets::new(60), Instant::now());
        for left in (0..60).rev() {
            assert_eq!(buckets.take_at("ada", start).unwrap().remaining, left);
        }
        let minute = Duration::from_secs(60);
        let rate = Rate { limit: 60, remaining: 0, full_after: minute };
        let retry_after = Duration::from_secs(1);
        assert_eq!(buckets.take_at("ada", start), Err(Exhausted { rate, retry_after }));
        assert!(buckets.take_at("bob", start).is_ok(), "each key has its own");
        assert!(buckets.take_at("ada", start + Duration::from_secs(1)).is_ok());
        assert!(buckets.take_at("ada", start + Duration::from_secs(1)).is_err());
        let later = buckets.take_at("ada", start + Duration::from_secs(600)).unwrap();
        assert_eq!(later.remaining, 59, "no more than a minute's worth is saved up");
    }

    #[test]
    fn what_was_not_done_is_given_back() {
        let (buckets, start) = (Buckets::new(2), Instant::now());
        buckets.give_back(&"ada");
        for left in [1, 0, 0] {
            assert_eq!(buckets.take_at("ada", start).unwrap().remaining, left);
            if left == 0 {
                buckets.give_back(&"ada");
            }
        }
        buckets.give_back(&"ada");
        buckets.give_back(&"ada");
        let most = buckets.take_at("ada", start).unwrap().remaining;
        assert_eq!(most, 1, "no more than there may be");
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let (buckets, start) = (Buckets::new(60), Instant::now());
        for key in 0..200_000 {
            let turn = start + Duration::from_millis(key);
            assert!(buckets.take_at(key, turn).is_ok());
        }
        assert!(buckets.buckets.lock().unwrap().len() < 20_000);
    }
}
