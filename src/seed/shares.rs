//! How a total is shared out unequally: few get much, many get little, nobody more than they can.

/// Shares `total` out in proportion to `weights`, at most `cap` each. The sum is exact, unless the
/// caps leave room for less.
pub(super) fn share(total: u64, cap: u64, weights: &[f64]) -> Vec<u32> {
    let scale = scale(total as f64, cap as f64, weights);
    let mut owed = 0.0;
    let mut given = 0;
    let mut shares: Vec<u32> = weights
        .iter()
        .map(|weight| {
            owed += (weight * scale).min(cap as f64);
            // What rounding takes from one, the next one gets.
            let share = (owed.round() as u64).saturating_sub(given).min(cap).min(total - given);
            given += share;
            share as u32
        })
        .collect();
    let with_room = shares.iter_mut().zip(weights).filter(|(_, weight)| **weight > 0.0);
    for (share, _) in with_room {
        let more = (cap - u64::from(*share)).min(total - given);
        *share += more as u32;
        given += more;
    }
    shares
}

/// The factor that makes the capped weights add up to the total.
fn scale(total: f64, cap: f64, weights: &[f64]) -> f64 {
    let mut scale = 0.0;
    let mut sum = 0.0;
    // Each round shares out what the caps have cut off in the one before.
    for _ in 0..64 {
        let free: f64 = weights.iter().filter(|weight| *weight * scale < cap).sum();
        if free <= 0.0 || total - sum < 0.5 {
            break;
        }
        scale += (total - sum) / free;
        sum = weights.iter().map(|weight| (weight * scale).min(cap)).sum();
    }
    scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(shares: &[u32]) -> u64 {
        shares.iter().map(|share| u64::from(*share)).sum()
    }

    #[test]
    fn the_sum_is_exact_and_nobody_is_over_the_cap() {
        let weights: Vec<f64> = (0..1000).map(|rank| 1.0 / f64::from(rank + 1)).collect();
        for (total, cap) in [(0, 10), (1, 1), (5_000, 50), (49_999, 50), (50_000, 50), (777, 400)] {
            let shares = share(total, cap, &weights);
            assert_eq!(sum(&shares), total);
            assert!(shares.iter().all(|share| u64::from(*share) <= cap));
        }
    }

    #[test]
    fn more_than_all_can_have_is_cut() {
        assert_eq!(share(100, 3, &[1.0, 0.0, 5.0]), [3, 0, 3]);
        assert_eq!(share(100, 3, &[]), [0; 0]);
    }

    #[test]
    fn the_first_get_most() {
        let weights: Vec<f64> = (0..100).map(|rank| 1.0 / f64::from(rank + 1)).collect();
        let shares = share(10_000, 10_000, &weights);
        assert!(shares[0] > 1_500 && shares[99] < 30, "{shares:?}");
    }
}
