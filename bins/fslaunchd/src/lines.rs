//! How many lines of the log one user may cause: nobody hides another's lines
//! behind a flood of their own.

use std::{
    cell::RefCell,
    collections::HashMap,
    time::{Duration, Instant},
};

use fslaunch_access::Sid;
use fslaunch_core::table::Starter;

/// Lines that one user may cause within [`SPAN`].
const MOST: u32 = 100;
const SPAN: Duration = Duration::from_secs(30);

/// Counts lines by the user who caused them.
#[derive(Debug, Default)]
pub(crate) struct Lines(RefCell<HashMap<Sid, (Instant, u32)>>);

impl Lines {
    /// Whether a line about a user's instance may be written. Administrators
    /// are not counted.
    pub(crate) fn admit(&self, starter: &Starter) -> bool {
        starter.administrator || self.count(starter, Instant::now())
    }

    fn count(&self, starter: &Starter, now: Instant) -> bool {
        let mut users = self.0.borrow_mut();
        users.retain(|_, (since, _)| now.duration_since(*since) < SPAN);
        let (_, count) = users.entry(starter.sid).or_insert((now, 0));
        *count += 1;
        if *count == MOST + 1 {
            let starter = &starter.name;
            tracing::warn!(
                ?starter,
                "more of this user's lines are left out for a while"
            );
        }
        *count <= MOST
    }
}

#[cfg(test)]
mod tests {
    use fslaunch_access::well_known;

    use super::*;

    fn starter(uid: u32) -> Starter {
        Starter {
            name: uid.to_string(),
            sid: well_known::unix_user(uid),
            administrator: uid == 0,
        }
    }

    #[test]
    fn a_flood_of_one_user_leaves_the_lines_of_others() {
        let lines = Lines::default();
        let now = Instant::now();
        let written = (0..10 * MOST).filter(|_| lines.count(&starter(1000), now));
        assert_eq!(written.count(), MOST as usize);
        assert!(lines.count(&starter(1001), now));
        assert!(lines.count(&starter(1000), now + SPAN));
    }

    #[test]
    fn administrators_are_not_counted() {
        let lines = Lines::default();
        assert!((0..2 * MOST).all(|_| lines.admit(&starter(0))));
    }
}
