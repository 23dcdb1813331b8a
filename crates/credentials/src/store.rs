//! Where a user's credentials are kept for the next time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use fslaunch_core::name::InstanceName;
use fslaunch_os::credential::Credential;
use fslaunch_os::vault::Vault;

/// A store of credentials, each under a target: see [`target`].
pub trait Store {
    /// What the store is called, for messages.
    fn place(&self) -> &str;

    /// The targets that something is kept for.
    ///
    /// # Errors
    /// What the store says.
    fn targets(&self) -> io::Result<Vec<String>>;

    /// What is kept for exactly this target.
    ///
    /// # Errors
    /// What the store says.
    fn get(&self, target: &str) -> io::Result<Option<Credential>>;

    /// Keeps this for the target, in the place of what was kept for it.
    ///
    /// # Errors
    /// What the store says.
    fn set(&self, target: &str, credential: &Credential) -> io::Result<()>;

    /// Forgets what is kept for the target; says whether there was anything.
    ///
    /// # Errors
    /// What the store says.
    fn remove(&self, target: &str) -> io::Result<bool>;
}

/// A name that no credential can be kept under: it has a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name with a control character in it can't be remembered")]
pub struct Unnameable;

/// What the credential of an instance is kept under: `\\class\instance`, the
/// name that Windows has for it.
///
/// # Errors
/// The names have control characters.
pub fn target(class: &str, instance: &str) -> Result<String, Unnameable> {
    let target = format!(r"\\{class}\{instance}");
    match target.chars().any(char::is_control) {
        true => Err(Unnameable),
        false => Ok(target),
    }
}

/// What is kept for a target; as the names of classes and instances do, it
/// ignores case. Gives it with the target as it is spelled in the store.
///
/// # Errors
/// What the store says.
pub fn find(store: &dyn Store, target: &str) -> io::Result<Option<(String, Credential)>> {
    // A store may have more than it lists: what other programs keep there.
    if let Some(credential) = store.get(target)? {
        return Ok(Some((target.to_owned(), credential)));
    }
    let Some(known) = spelled(store, target)? else {
        return Ok(None);
    };
    Ok(store.get(&known)?.map(|credential| (known, credential)))
}

/// Forgets what is kept for a target, however it is spelled; says whether
/// there was anything.
///
/// # Errors
/// What the store says.
pub fn forget(store: &dyn Store, target: &str) -> io::Result<bool> {
    let mut found = false;
    while let Some(known) = spelled(store, target)? {
        if !store.remove(&known)? {
            break;
        }
        found = true;
    }
    Ok(found)
}

fn spelled(store: &dyn Store, target: &str) -> io::Result<Option<String>> {
    let key = |name: &str| InstanceName::parse(name).map(|name| name.key().to_owned());
    let Ok(wanted) = key(target) else {
        return Ok(None);
    };
    let mut targets = store.targets()?.into_iter();
    Ok(targets.find(|known| key(known).is_ok_and(|known| known == wanted)))
}

impl Store for Vault {
    fn place(&self) -> &str {
        Vault::place(self)
    }

    fn targets(&self) -> io::Result<Vec<String>> {
        Vault::targets(self)
    }

    fn get(&self, target: &str) -> io::Result<Option<Credential>> {
        Vault::get(self, target)
    }

    fn set(&self, target: &str, credential: &Credential) -> io::Result<()> {
        Vault::set(self, target, credential)
    }

    fn remove(&self, target: &str) -> io::Result<bool> {
        Vault::remove(self, target)
    }
}

/// A store that forgets when it is dropped, for tests.
#[derive(Debug, Default)]
pub struct InMemory(RefCell<BTreeMap<String, Credential>>);

impl Store for InMemory {
    fn place(&self) -> &str {
        "memory"
    }

    fn targets(&self) -> io::Result<Vec<String>> {
        Ok(self.0.borrow().keys().cloned().collect())
    }

    fn get(&self, target: &str) -> io::Result<Option<Credential>> {
        Ok(self.0.borrow().get(target).cloned())
    }

    fn set(&self, target: &str, credential: &Credential) -> io::Result<()> {
        let mut kept = self.0.borrow_mut();
        kept.insert(target.to_owned(), credential.clone());
        Ok(())
    }

    fn remove(&self, target: &str) -> io::Result<bool> {
        Ok(self.0.borrow_mut().remove(target).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fslaunch_protocol::Secret;

    #[test]
    fn targets_ignore_case_as_names_do() {
        let store = InMemory::default();
        let credential = Credential {
            user: None,
            secret: Secret::new("pw".into()),
        };
        store
            .set(&target("vault", "Größe").unwrap(), &credential)
            .unwrap();
        let (spelled, found) = find(&store, r"\\VAULT\GRÖßE").unwrap().unwrap();
        assert_eq!((spelled.as_str(), found), (r"\\vault\Größe", credential));
        assert!(find(&store, r"\\vault\other").unwrap().is_none());
        assert!(forget(&store, r"\\Vault\größe").unwrap());
        assert!(!forget(&store, r"\\Vault\größe").unwrap());
    }

    /// As the Credential Manager: it has more than it lists.
    struct Silent(InMemory);

    impl Store for Silent {
        fn place(&self) -> &str {
            self.0.place()
        }
        fn targets(&self) -> io::Result<Vec<String>> {
            Ok(vec![])
        }
        fn get(&self, target: &str) -> io::Result<Option<Credential>> {
            self.0.get(target)
        }
        fn set(&self, target: &str, credential: &Credential) -> io::Result<()> {
            self.0.set(target, credential)
        }
        fn remove(&self, target: &str) -> io::Result<bool> {
            self.0.remove(target)
        }
    }

    #[test]
    fn what_is_not_listed_is_found_by_its_name_and_not_forgotten() {
        let (store, target) = (Silent(InMemory::default()), r"\\vault\one");
        let credential = Credential {
            user: None,
            secret: Secret::new("pw".into()),
        };
        store.set(target, &credential).unwrap();
        let found = find(&store, target).unwrap();
        assert_eq!(found, Some((target.to_owned(), credential)));
        assert!(!forget(&store, target).unwrap());
        assert!(store.get(target).unwrap().is_some());
    }

    #[test]
    fn a_name_with_control_characters_has_no_target() {
        assert_eq!(target("vault", "a\nb"), Err(Unnameable));
        assert_eq!(target("vault", r"a\b").unwrap(), r"\\vault\a\b");
    }
}
