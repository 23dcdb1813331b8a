//! How much of the launcher one user, and all users together, may take
//! (security specification, rule 6).

/// The launcher's limits. Administrators are bound by the totals only, and may
/// pass those by a sixteenth: nobody can lock them out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Instances that start, run or stop.
    pub instances: Limit,
    /// Starts that have not been answered.
    pub starts: Limit,
    /// Connections that are open.
    pub connections: Limit,
    /// Failures that stay visible; past it, the oldest is forgotten.
    pub failures: Limit,
    /// Bytes of long messages, in and out, that are held at one time.
    pub message_bytes: Limit,
}

/// One limit, for a user and for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The most that one user who is not an administrator may have.
    pub per_user: usize,
    /// The most that there may be in all.
    pub total: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        let limit = |per_user, total| Limit { per_user, total };
        Limits {
            instances: limit(256, 4096),
            starts: limit(64, 1024),
            connections: limit(512, 4096),
            failures: limit(32, 1024),
            message_bytes: limit(16 << 20, 128 << 20),
        }
    }
}

/// Which side of a limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The user's own.
    PerUser(usize),
    /// Everybody's together.
    Total(usize),
}

impl Limit {
    /// Whether there is room for so many `more`.
    ///
    /// # Errors
    /// Which limit is reached.
    pub fn admit(
        self,
        administrator: bool,
        of_user: usize,
        in_all: usize,
        more: usize,
    ) -> Result<(), Reached> {
        let reserve = if administrator {
            self.total.div_ceil(16)
        } else {
            0
        };
        if in_all.saturating_add(more) > self.total.saturating_add(reserve) {
            Err(Reached::Total(self.total))
        } else if !administrator && of_user.saturating_add(more) > self.per_user {
            Err(Reached::PerUser(self.per_user))
        } else {
            Ok(())
        }
    }
}

impl Reached {
    /// As the error that the caller gets. `what` is a plural noun.
    pub fn error(self, what: &str) -> fslaunch_protocol::Error {
        let (limit, scope) = match self {
            Reached::PerUser(limit) => (limit, "user"),
            Reached::Total(limit) => (limit, "total"),
        };
        fslaunch_protocol::Error::LimitReached {
            what: what.into(),
            limit: limit as u64,
            scope: scope.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit {
        per_user: 2,
        total: 5,
    };

    #[test]
    fn a_user_may_not_pass_the_users_limit() {
        assert_eq!(LIMIT.admit(false, 1, 1, 1), Ok(()));
        assert_eq!(LIMIT.admit(false, 2, 2, 1), Err(Reached::PerUser(2)));
        assert_eq!(LIMIT.admit(false, 0, 0, 3), Err(Reached::PerUser(2)));
    }

    #[test]
    fn an_administrator_may_pass_the_users_limit() {
        assert_eq!(LIMIT.admit(true, 4, 4, 1), Ok(()));
    }

    #[test]
    fn nobody_can_lock_an_administrator_out() {
        assert_eq!(LIMIT.admit(false, 0, 5, 1), Err(Reached::Total(5)));
        assert_eq!(LIMIT.admit(true, 0, 5, 1), Ok(()));
        assert_eq!(LIMIT.admit(true, 1, 6, 1), Err(Reached::Total(5)));
    }

    #[test]
    fn one_user_at_the_limit_leaves_room_for_another() {
        assert_eq!(LIMIT.admit(false, 2, 2, 1), Err(Reached::PerUser(2)));
        assert_eq!(LIMIT.admit(false, 0, 2, 1), Ok(()));
    }
}
