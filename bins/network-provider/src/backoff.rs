//! How long is waited between two looks.

use std::time::Duration;

/// A look costs little, and somebody waits for what it sees.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(10);

/// Pauses that double up to the longest.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    let double = |pause: &Duration| Some((*pause * 2).min(LONGEST));
    std::iter::successors(Some(SHORTEST), double)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_several_looks_in_the_first_ten_milliseconds_and_a_hundred_a_second_later_on() {
        let mut at = Duration::ZERO;
        let looks: Vec<Duration> = pauses()
            .map(|pause| {
                at += pause;
                at
            })
            .take(100)
            .collect();
        assert!(looks.iter().filter(|at| at.as_millis() <= 10).count() >= 3);
        assert_eq!(looks[99] - looks[98], LONGEST);
    }
}
