//! Chance that can be repeated: the same seed gives the same world on every machine and version.

/// A stream of random numbers (SplitMix64). Written out here, because the streams of a library may
/// change with its version.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of one thing: row `index` of a `kind`. Streams do not depend on one another, so
    /// any row can be made without those before it.
    pub(super) fn of(seed: u64, kind: Kind, index: u64) -> Self {
        let mut random = Self(seed);
        random.0 = random.next() ^ kind as u64;
        random.0 = random.next() ^ index;
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..bound`, 0 when there is none.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product: no division, and no bias that anyone would see.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `0.0..1.0`.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True that often, from 0.0 (never) to 1.0.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// What a stream is for. The numbers are part of what makes a world the same again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    User = 1,
    Post = 2,
    Vote = 3,
    Follow = 4,
    Comment = 5,
    Order = 6,
    Picture = 7,
}

/// The numbers `0..size` in another order, each once, without keeping them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shuffle {
    size: u64,
    step: u64,
    start: u64,
}

impl Shuffle {
    pub(super) fn new(size: u64, random: &mut Random) -> Self {
        let size = size.max(1);
        let mut step = 1 + random.below(size);
        while greatest_common_divisor(step, size) != 1 {
            step += 1;
        }
        Self { size, step: step % size.max(2), start: random.below(size) }
    }

    pub(super) fn at(self, index: u64) -> u64 {
        let sum = u128::from(index) * u128::from(self.step) + u128::from(self.start);
        (sum % u128::from(self.size)) as u64
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_never_change() {
        let mut random = Random::of(1, Kind::Post, 7);
        assert_eq!(
            [random.next(), random.below(100), random.below(0)],
            [937_349_279_089_814_987, 80, 0]
        );
        // The published example of the generator.
        let mut example = Random(1_234_567);
        assert_eq!(
            [example.next(), example.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
        );
    }

    #[test]
    fn numbers_stay_in_their_bounds() {
        let mut random = Random::of(5, Kind::Vote, 0);
        for _ in 0..10_000 {
            assert!(random.below(3) < 3);
            assert!((0.0..1.0).contains(&random.unit()));
        }
    }

    #[test]
    fn a_shuffle_meets_every_number_once() {
        for size in [1, 2, 3, 10, 97, 100, 1024] {
            for seed in 0..20 {
                let shuffle = Shuffle::new(size, &mut Random::of(seed, Kind::Order, 0));
                let mut met: Vec<u64> = (0..size).map(|index| shuffle.at(index)).collect();
                met.sort_unstable();
                assert_eq!(met, (0..size).collect::<Vec<_>>(), "size {size}");
            }
        }
    }
}
