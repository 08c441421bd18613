//! Lines of which one tells enough.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Allows one of many lines for each length of time.
pub struct Sparse {
    every: Duration,
    /// When one was allowed last, and how many were not since.
    last: Mutex<(Option<Instant>, u64)>,
}

impl Sparse {
    /// Allows one in this time.
    #[must_use]
    pub const fn new(every: Duration) -> Self {
        Self { every, last: Mutex::new((None, 0)) }
    }

    /// Whether the line may be written, and how many before it were not.
    pub fn ask(&self) -> Option<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, untold) = &mut *last;
        if at.is_some_and(|at| at.elapsed() < self.every) {
            *untold += 1;
            return None;
        }
        *at = Some(Instant::now());
        Some(std::mem::take(untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_line_tells_how_many_were_left_out() {
        let hourly = Sparse::new(Duration::from_secs(3600));
        assert_eq!([hourly.ask(), hourly.ask(), hourly.ask()], [Some(0), None, None]);
        let always = Sparse { every: Duration::ZERO, ..hourly };
        assert_eq!([always.ask(), always.ask()], [Some(2), Some(0)]);
    }
}
