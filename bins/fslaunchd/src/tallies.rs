//! How many connections there are, by user and in all.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use fslaunch_core::limits::{Limit, Reached};

/// Counts what each user has open.
#[derive(Debug)]
pub(crate) struct Tallies {
    limit: Limit,
    counts: RefCell<HashMap<u32, usize>>,
}

/// One that is counted, until it is dropped.
#[derive(Debug)]
pub(crate) struct Tally {
    tallies: Rc<Tallies>,
    uid: u32,
}

impl Tallies {
    /// Nothing is counted yet.
    pub(crate) fn new(limit: Limit) -> Rc<Tallies> {
        Rc::new(Tallies {
            limit,
            counts: RefCell::default(),
        })
    }

    /// Counts one more for a user.
    ///
    /// # Errors
    /// Which limit is reached.
    pub(crate) fn admit(self: &Rc<Self>, uid: u32, administrator: bool) -> Result<Tally, Reached> {
        let mut counts = self.counts.borrow_mut();
        let in_all = counts.values().sum();
        let of_user = counts.get(&uid).copied().unwrap_or(0);
        self.limit.admit(administrator, of_user, in_all)?;
        *counts.entry(uid).or_default() += 1;
        Ok(Tally {
            tallies: Rc::clone(self),
            uid,
        })
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let mut counts = self.tallies.counts.borrow_mut();
        if let Some(count) = counts.get_mut(&self.uid) {
            *count -= 1;
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
        let first = tallies.admit(1000, false).unwrap();
        assert_eq!(tallies.admit(1000, false).unwrap_err(), Reached::PerUser(1));
        let _other = tallies.admit(1001, false).unwrap();
        assert_eq!(tallies.admit(0, true).unwrap_err(), Reached::Total(2));
        drop(first);
        tallies.admit(1000, false).unwrap();
    }
}
