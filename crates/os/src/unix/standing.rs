//! What the system's name services said of accounts at one time.
//!
//! A process that is made again later gets a user ID and groups that were read
//! long ago. By then the ID may be nobody's, or somebody else's.

use super::{accounts, identity::Identity, peer::Peer};

/// Who a starter and the account of an instance were when it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing(Vec<Known>);

/// What was known of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    uid: u32,
    /// `None` where the system knows no account of this ID.
    name: Option<String>,
    groups: Vec<u32>,
}

impl Standing {
    /// Looks both accounts up. It may take long.
    pub fn of(starter: &Peer, identity: &Identity) -> Standing {
        let mut uids = vec![starter.uid, identity.uid()];
        uids.dedup();
        Standing(uids.into_iter().map(Known::of).collect())
    }

    /// Looks both up again. It may take long.
    ///
    /// # Errors
    /// In words, what has changed: the account of an ID, or its groups.
    pub fn check(&self) -> Result<(), String> {
        self.0
            .iter()
            .try_for_each(|then| then.compare(&Known::of(then.uid)))
    }
}

impl Known {
    fn of(uid: u32) -> Known {
        let user = accounts::user_by_uid(uid);
        let mut groups = user.as_ref().map(accounts::groups_of).unwrap_or_default();
        groups.sort_unstable();
        Known {
            uid,
            name: user.map(|user| user.name),
            groups,
        }
    }

    fn compare(&self, now: &Known) -> Result<(), String> {
        let uid = self.uid;
        match (&self.name, &now.name) {
            (Some(name), None) => Err(format!("user {uid} was '{name}', which is not there now")),
            (then, Some(name)) if then.as_ref() != Some(name) => {
                Err(format!("user {uid} is another account now, '{name}'"))
            }
            (_, Some(name)) if self.groups != now.groups => Err(format!(
                "the groups of '{name}' are others than when it was started"
            )),
            (_, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: Option<&str>, groups: &[u32]) -> Known {
        Known {
            uid: 1000,
            name: name.map(str::to_owned),
            groups: groups.to_vec(),
        }
    }

    #[test]
    fn an_id_that_went_to_nobody_or_to_another_is_not_the_account_any_more() {
        let anna = known(Some("anna"), &[100]);
        assert_eq!(anna.compare(&anna), Ok(()));
        let words = anna.compare(&known(None, &[])).unwrap_err();
        assert_eq!(words, "user 1000 was 'anna', which is not there now");
        let words = anna.compare(&known(Some("bob"), &[100])).unwrap_err();
        assert_eq!(words, "user 1000 is another account now, 'bob'");
    }

    #[test]
    fn an_id_without_an_account_stays_so() {
        let nobody = known(None, &[]);
        assert_eq!(nobody.compare(&nobody), Ok(()));
        let words = nobody.compare(&known(Some("bob"), &[100])).unwrap_err();
        assert_eq!(words, "user 1000 is another account now, 'bob'");
    }

    #[test]
    fn a_group_that_was_taken_away_is_noticed() {
        let then = known(Some("anna"), &[27, 100]);
        let words = then.compare(&known(Some("anna"), &[100])).unwrap_err();
        assert_eq!(
            words,
            "the groups of 'anna' are others than when it was started"
        );
    }

    #[test]
    fn an_account_that_nobody_changed_is_what_it_was() {
        assert_eq!(Standing(vec![Known::of(0)]).check(), Ok(()));
    }
}
