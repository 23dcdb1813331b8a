//! Times of a node.

/// A point in time: seconds since 1970-01-01T00:00:00Z, negative before, and nanoseconds to add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Whole seconds, rounded down.
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// The four times of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Last read; kept as with `relatime`.
    pub accessed: Timestamp,
    /// Last change of the contents.
    pub modified: Timestamp,
    /// Last change of the contents or of anything else.
    pub changed: Timestamp,
    /// Creation.
    pub created: Timestamp,
}

impl Times {
    pub(super) fn all(now: Timestamp) -> Self {
        Self {
            accessed: now,
            modified: now,
            changed: now,
            created: now,
        }
    }

    /// Notes that the contents have changed: data, or entries of a folder.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.modified = now;
        self.changed = now;
    }

    /// Whether `relatime` wants a read noted: if nothing was read since the last change, or for a day.
    pub(super) fn access_is_stale(&self, now: Timestamp) -> bool {
        const DAY: i64 = 24 * 60 * 60;
        self.accessed <= self.modified
            || self.accessed <= self.changed
            || now.seconds.saturating_sub(self.accessed.seconds) >= DAY
    }
}
