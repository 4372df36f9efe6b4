//! Medians of repeats, and how far they lie apart.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// One figure over all repeats.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// A quarter of the repeats are below.
    pub low: f64,
    /// A quarter of the repeats are above.
    pub high: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// All of them, in the order in which they were measured.
    pub each: Vec<f64>,
}

impl Spread {
    /// Of these, which may be none.
    pub(crate) fn of(each: Vec<f64>) -> Self {
        let each: Vec<f64> = each.into_iter().map(rounded).collect();
        let mut sorted = each.clone();
        sorted.sort_by(f64::total_cmp);
        Self {
            median: quantile(&sorted, 0.5),
            low: quantile(&sorted, 0.25),
            high: quantile(&sorted, 0.75),
            min: quantile(&sorted, 0.0),
            max: quantile(&sorted, 1.0),
            each,
        }
    }

    /// How many times `other` this is: the median over repeats, because those of one repeat met the same machine.
    #[must_use]
    pub fn times(&self, other: &Self) -> f64 {
        if self.each.len() == other.each.len() && !self.each.is_empty() {
            let pairs = self.each.iter().zip(&other.each);
            let mut ratios: Vec<f64> = pairs.map(|(mine, theirs)| mine / theirs).collect();
            ratios.sort_by(f64::total_cmp);
            return quantile(&ratios, 0.5);
        }
        self.median / other.median
    }
}

/// Between two of them where it falls between; 0 if there are none.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index among a few repeats"
)]
fn quantile(sorted: &[f64], quantile: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = quantile * last as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    rounded(below + (above - below) * place.fract())
}

/// Four digits after the point: less than any clock tells, and the file stays readable.
pub(crate) fn rounded(value: f64) -> f64 {
    if value.abs() < 1e11 {
        (value * 1e4).round() / 1e4
    } else {
        value
    }
}

/// For sums and rates that people read.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

/// Nanoseconds as microseconds.
pub(crate) fn us(ns: u64) -> f64 {
    float(ns) / 1e3
}

/// Bytes as MiB.
pub(crate) fn mib(bytes: u64) -> f64 {
    float(bytes) / f64::from(1 << 20)
}

/// Latencies up to a minute in nanoseconds, with three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    // These bounds are allowed.
    Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap_or_else(|_| unreachable!())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small whole numbers and halves are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_median_and_the_quarters_of_its_repeats() {
        let spread = Spread::of(vec![5.0, 1.0, 3.0, 2.0, 4.0]);
        let told = [
            spread.min,
            spread.low,
            spread.median,
            spread.high,
            spread.max,
        ];
        assert_eq!(told, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(Spread::of(vec![1.0, 2.0]).median, 1.5);
        assert_eq!(Spread::of(Vec::new()).median, 0.0);
    }

    #[test]
    fn a_ratio_compares_what_met_the_same_machine() {
        // The machine became ten times slower after the first repeat: the medians alone would tell nothing.
        let slow = Spread::of(vec![2.0, 20.0, 20.0]);
        let fast = Spread::of(vec![1.0, 10.0, 10.0]);
        assert_eq!(slow.times(&fast), 2.0);
    }
}
