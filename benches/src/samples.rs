//! Samples, in rounds.

use std::time::Duration;

use crate::failure::Failure;
use crate::interrupt;

/// The times of one round, or of all rounds together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<Duration>);

/// Samples round by round. A figure is the median of the rounds' figures, so
/// that one round in which the machine was busy does not decide it.
#[derive(Debug, Default)]
pub(crate) struct Rounds(Vec<Samples>);

impl Samples {
    /// Adds one.
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The time that this share of the samples does not exceed; nothing is
    /// zero.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}

impl Rounds {
    /// Adds the samples of a round.
    pub(crate) fn push(&mut self, round: Samples) {
        self.0.push(round);
    }

    /// The median of the rounds' percentiles.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rounds = self.0.iter().map(|round| round.percentile(percent));
        Samples(rounds.collect()).percentile(50)
    }

    /// The percentile of all samples: where a round has too few of them.
    pub(crate) fn percentile_of_all(&self, percent: usize) -> Duration {
        Samples(self.0.iter().flat_map(|round| &round.0).copied().collect()).percentile(percent)
    }

    /// How many samples there are.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|round| round.0.len()).sum()
    }
}

/// Takes `count` samples of each of two measures, `rounds` times in turns: so
/// both see the same noise of the machine.
pub(crate) fn in_turns(
    rounds: usize,
    count: usize,
    mut first: impl FnMut() -> Result<Duration, Failure>,
    mut second: impl FnMut() -> Result<Duration, Failure>,
) -> Result<(Rounds, Rounds), Failure> {
    let mut both = (Rounds::default(), Rounds::default());
    for _ in 0..rounds {
        both.0.push(round(count, &mut first)?);
        both.1.push(round(count, &mut second)?);
    }
    Ok(both)
}

fn round(
    count: usize,
    measure: &mut impl FnMut() -> Result<Duration, Failure>,
) -> Result<Samples, Failure> {
    interrupt::check()?;
    let mut samples = Samples::default();
    for _ in 0..count {
        samples.push(measure()?);
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(milliseconds: &[u64]) -> Samples {
        let times = milliseconds.iter().map(|time| Duration::from_millis(*time));
        Samples(times.collect())
    }

    #[test]
    fn a_percentile_is_a_sample_that_was_taken() {
        let all: Vec<u64> = (1..=200).rev().collect();
        assert_eq!(samples(&all).percentile(50), Duration::from_millis(100));
        assert_eq!(samples(&all).percentile(99), Duration::from_millis(198));
        assert_eq!(samples(&[7]).percentile(99), Duration::from_millis(7));
        assert_eq!(samples(&[]).percentile(50), Duration::ZERO);
    }

    #[test]
    fn one_noisy_round_does_not_decide() {
        let rounds = Rounds(vec![
            samples(&[1, 2]),
            samples(&[900, 950]),
            samples(&[2, 3]),
        ]);
        assert_eq!(rounds.percentile(99), Duration::from_millis(3));
        assert_eq!(rounds.percentile_of_all(99), Duration::from_millis(950));
        assert_eq!(rounds.count(), 6);
    }
}
