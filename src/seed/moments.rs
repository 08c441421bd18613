//! When things happen. The world has a fixed beginning and end, so that it is the same every day;
//! it grows faster and faster in between.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{World, random::Random};

/// Milliseconds since 1970.
pub(super) type Moment = i64;

/// 2024-07-01.
const BEGINNING: Moment = 1_719_792_000_000;
/// 2026-01-01.
pub(super) const END: Moment = 1_767_225_600_000;
pub(super) const HOUR: Moment = 3_600_000;

/// How long people keep joining.
const JOINING: f64 = (END - BEGINNING) as f64 * 0.95;

impl World {
    /// When a person joined.
    pub(super) fn joined(&self, user: u64) -> Moment {
        let part = user as f64 / self.sizes.users as f64;
        BEGINNING + (JOINING * part.sqrt()) as Moment
    }

    /// How many people there were at a moment, at least one.
    pub(super) fn users_at(&self, moment: Moment) -> u64 {
        let part = ((moment - BEGINNING) as f64 / JOINING).clamp(0.0, 1.0);
        ((self.sizes.users as f64 * part * part) as u64).clamp(1, self.sizes.users)
    }

    /// When a post was written: in the order of the posts.
    pub(super) fn written(&self, post: u64, random: &mut Random) -> Moment {
        let part = (post as f64 + random.unit()) / self.sizes.posts as f64;
        BEGINNING + ((END - BEGINNING) as f64 * (0.01 + 0.99 * part.powf(0.6))) as Moment
    }
}

/// Some time after `start`, mostly soon, always before the end of the world.
pub(super) fn after(start: Moment, longest: Moment, random: &mut Random) -> Moment {
    let room = (END - start).clamp(0, longest);
    start + (room as f64 * random.unit().powi(3)) as Moment
}

/// A key of that time.
pub(super) fn key(moment: Moment, random: &mut Random) -> Uuid {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.next().to_be_bytes());
    bytes[8..].copy_from_slice(&random.next().to_be_bytes()[..2]);
    uuid::Builder::from_unix_timestamp_millis(moment.unsigned_abs(), &bytes).into_uuid()
}

pub(super) fn time(moment: Moment) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(moment).unwrap_or_default()
}
