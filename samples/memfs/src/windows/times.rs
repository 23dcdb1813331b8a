//! Times as Windows counts them: in units of 100 nanoseconds since 1601.

use crate::core::Timestamp;

/// Units of 100 nanoseconds in a second.
const SECOND: i64 = 10_000_000;
/// Seconds from 1601 to 1970.
const EPOCH: i64 = 11_644_473_600;

/// A time for Windows; what is before 1601 is 1601, and what it cannot count is the last time it can.
pub fn filetime(time: Timestamp) -> u64 {
    let ticks = time
        .seconds
        .saturating_add(EPOCH)
        .saturating_mul(SECOND)
        .saturating_add(i64::from(time.nanoseconds / 100));
    ticks.max(0).cast_unsigned()
}

/// A time from Windows.
pub fn timestamp(ticks: u64) -> Timestamp {
    let ticks = i64::try_from(ticks).unwrap_or(i64::MAX);
    // What is left of a division by a second fits.
    Timestamp {
        seconds: ticks / SECOND - EPOCH,
        nanoseconds: (ticks % SECOND) as u32 * 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_from_1601_in_100_nanoseconds() {
        let time = |seconds, nanoseconds| Timestamp {
            seconds,
            nanoseconds,
        };
        assert_eq!(filetime(time(-EPOCH, 0)), 0);
        assert_eq!(filetime(time(0, 0)), 116_444_736_000_000_000);
        assert_eq!(filetime(time(-1, 999_999_900)), 116_444_735_999_999_999);
        assert_eq!(timestamp(116_444_735_999_999_999), time(-1, 999_999_900));
        assert_eq!(filetime(time(i64::MIN, 0)), 0);
        assert_eq!(filetime(time(i64::MAX, 0)), i64::MAX as u64);
        for ticks in [0, 1, 9_999_999, 133_000_000_000_000_001] {
            assert_eq!(filetime(timestamp(ticks)), ticks);
        }
    }
}
