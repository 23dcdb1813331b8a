//! A figure beside its baseline, and what is wanted of it.

use std::fmt;
use std::time::Duration;

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// The launcher's.
    pub(crate) measured: Amount,
    /// What the same costs without a launcher.
    pub(crate) baseline: Option<Amount>,
    /// What is wanted.
    pub(crate) target: Target,
    /// How many samples were taken.
    pub(crate) samples: usize,
    /// What a reader should know beside it.
    pub(crate) note: Option<String>,
}

/// Something measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Amount {
    /// A time.
    Time(Duration),
    /// Memory in bytes.
    Bytes(u64),
    /// How often something happened.
    Count(usize),
}

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    /// At most that many times the baseline.
    Times(f64),
    /// Less than that.
    Under(Amount),
    /// At most that.
    AtMost(Amount),
    /// Nothing: it is there to be seen.
    None,
}

impl Figure {
    /// A time beside its baseline.
    pub(crate) fn time(name: impl Into<String>, measured: Duration, baseline: Duration) -> Self {
        Self {
            name: name.into(),
            measured: Amount::Time(measured),
            baseline: Some(Amount::Time(baseline)),
            target: Target::None,
            samples: 0,
            note: None,
        }
    }

    /// Memory.
    pub(crate) fn memory(name: impl Into<String>, bytes: u64) -> Self {
        Self {
            name: name.into(),
            measured: Amount::Bytes(bytes),
            baseline: None,
            target: Target::None,
            samples: 1,
            note: None,
        }
    }

    /// How often something happened that is to happen never.
    pub(crate) fn never(name: impl Into<String>, count: usize) -> Self {
        Self {
            name: name.into(),
            measured: Amount::Count(count),
            baseline: None,
            target: Target::AtMost(Amount::Count(0)),
            samples: 1,
            note: None,
        }
    }

    /// The same with a target.
    pub(crate) fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// The same with the number of samples of each side.
    pub(crate) fn samples(mut self, count: usize) -> Self {
        self.samples = count;
        self
    }

    /// The same with a note.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// How many times the baseline it is.
    pub(crate) fn times(&self) -> Option<f64> {
        let baseline = self.baseline?.number();
        (baseline > 0.0).then(|| self.measured.number() / baseline)
    }

    /// Whether it is what is wanted; `None` if nothing is.
    pub(crate) fn is_met(&self) -> Option<bool> {
        match self.target {
            Target::Times(limit) => self.times().map(|times| times <= limit),
            Target::Under(limit) => Some(self.measured.number() < limit.number()),
            Target::AtMost(limit) => Some(self.measured.number() <= limit.number()),
            Target::None => None,
        }
    }
}

impl Amount {
    /// In seconds, in bytes, or as it is.
    fn number(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64(),
            // Memory of one process is far below what an f64 can't hold.
            Self::Bytes(bytes) => bytes as f64,
            Self::Count(count) => count as f64,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number();
        match self {
            Self::Time(time) if *time < Duration::from_millis(1) => {
                write!(f, "{:.1} µs", number * 1e6)
            }
            Self::Time(_) => write!(f, "{:.2} ms", number * 1e3),
            Self::Bytes(bytes) if *bytes < 1 << 20 => write!(f, "{:.1} KiB", number / 1024.0),
            Self::Bytes(_) => write!(f, "{:.2} MiB", number / 1_048_576.0),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(limit) => write!(f, "at most {limit} ×"),
            Self::Under(limit) => write!(f, "under {limit}"),
            Self::AtMost(limit) => write!(f, "at most {limit}"),
            Self::None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_target_in_times_is_met_up_to_its_limit() {
        let figure = |measured| Figure::time("x", measured, 2 * MS).target(Target::Times(1.5));
        assert_eq!(figure(3 * MS).is_met(), Some(true));
        assert_eq!(figure(4 * MS).is_met(), Some(false));
        assert_eq!(figure(4 * MS).times(), Some(2.0));
    }

    #[test]
    fn under_a_limit_is_less_than_it() {
        let limit = Amount::Bytes(8 << 20);
        let figure = Figure::memory("x", 8 << 20);
        assert_eq!(figure.is_met(), None);
        assert_eq!(figure.target(Target::Under(limit)).is_met(), Some(false));
        let figure = Figure::memory("x", 8 << 20).target(Target::AtMost(limit));
        assert_eq!(figure.is_met(), Some(true));
    }

    #[test]
    fn amounts_are_shown_in_the_unit_that_fits() {
        let shown = |amount: Amount| amount.to_string();
        assert_eq!(shown(Amount::Time(MS / 20)), "50.0 µs");
        assert_eq!(shown(Amount::Time(5 * MS)), "5.00 ms");
        assert_eq!(shown(Amount::Bytes(16 << 10)), "16.0 KiB");
        assert_eq!(shown(Amount::Bytes(8 << 20)), "8.00 MiB");
        assert_eq!(shown(Amount::Count(7)), "7");
    }
}
