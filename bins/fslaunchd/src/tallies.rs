//! How much each user has of something, and all together.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use fslaunch_core::limits::{Limit, Reached};

/// Counts what each user has.
#[derive(Debug)]
pub(crate) struct Tallies {
    limit: Limit,
    counts: RefCell<HashMap<u32, usize>>,
}

/// What is counted, until it is dropped.
#[derive(Debug)]
pub(crate) struct Tally {
    tallies: Rc<Tallies>,
    uid: u32,
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

    /// Counts so many more for a user.
    ///
    /// # Errors
    /// Which limit is reached; nothing is counted then.
    pub(crate) fn admit(
        self: &Rc<Self>,
        uid: u32,
        administrator: bool,
        count: usize,
    ) -> Result<Tally, Reached> {
        let mut counts = self.counts.borrow_mut();
        let in_all = counts.values().sum();
        let of_user = counts.get(&uid).copied().unwrap_or(0);
        self.limit.admit(administrator, of_user, in_all, count)?;
        *counts.entry(uid).or_default() += count;
        Ok(Tally {
            tallies: Rc::clone(self),
            uid,
            count,
        })
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let mut counts = self.tallies.counts.borrow_mut();
        if let Some(count) = counts.get_mut(&self.uid) {
            *count -= self.count;
            if *count == 0 {
                counts.remove(&self.uid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_tally_is_dropped() {
        let tallies = Tallies::new(Limit {
            per_user: 1,
            total: 2,
        });
        let first = tallies.admit(1000, false, 1).unwrap();
        let refused = tallies.admit(1000, false, 1).unwrap_err();
        assert_eq!(refused, Reached::PerUser(1));
        let _other = tallies.admit(1001, false, 1).unwrap();
        let refused = tallies.admit(1002, false, 1).unwrap_err();
        assert_eq!(refused, Reached::Total(2));
        drop(first);
        tallies.admit(1000, false, 1).unwrap();
    }
}
