//! How much each user has of something, and all together.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use fslaunch_access::Sid;
use fslaunch_core::limits::{Limit, Reached};

/// Counts what each user has.
#[derive(Debug)]
pub(crate) struct Tallies {
    limit: Limit,
    counts: RefCell<HashMap<Sid, usize>>,
}

/// What is counted, until it is dropped.
#[derive(Debug)]
pub(crate) struct Tally {
    tallies: Rc<Tallies>,
    user: Sid,
    count: usize,
}

impl Tallies {
    /// Nothing is counted yet.
    pub(crate) fn new(limit: Limit) -> Rc<Tallies> {
        Rc::new(Tallies {
            limit,
            counts: RefCell::default(),
        })
    }

    /// Counts so many more for a user. Whether that is an administrator is
    /// asked only where another would be refused.
    ///
    /// # Errors
    /// Which limit is reached; nothing is counted then.
    pub(crate) fn admit(
        self: &Rc<Self>,
        user: &Sid,
        administrator: impl FnOnce() -> bool,
        count: usize,
    ) -> Result<Tally, Reached> {
        let mut counts = self.counts.borrow_mut();
        let in_all = counts.values().sum();
        let of_user = counts.get(user).copied().unwrap_or(0);
        let admit = |administrator| self.limit.admit(administrator, of_user, in_all, count);
        admit(false).or_else(|reached| match administrator() {
            true => admit(true),
            false => Err(reached),
        })?;
        *counts.entry(*user).or_default() += count;
        Ok(Tally {
            tallies: Rc::clone(self),
            user: *user,
            count,
        })
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let mut counts = self.tallies.counts.borrow_mut();
        if let Some(count) = counts.get_mut(&self.user) {
            *count -= self.count;
            if *count == 0 {
                counts.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fslaunch_access::well_known;

    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_tally_is_dropped_and_only_who_finds_none_is_looked_at() {
        let tallies = Tallies::new(Limit {
            per_user: 1,
            total: 2,
        });
        let [anna, berta, clara] = [1000, 1001, 1002].map(well_known::unix_user);
        let unasked = || panic!("there is room");
        let first = tallies.admit(&anna, unasked, 1).unwrap();
        let refused = tallies.admit(&anna, || false, 1).unwrap_err();
        assert_eq!(refused, Reached::PerUser(1));
        let _other = tallies.admit(&berta, unasked, 1).unwrap();
        let refused = tallies.admit(&clara, || false, 1).unwrap_err();
        assert_eq!(refused, Reached::Total(2));
        // Bound by the total only, of which there is a rest for administrators.
        let more = tallies.admit(&anna, || true, 1).unwrap();
        drop((first, more));
        tallies.admit(&anna, || false, 1).unwrap();
    }
}
