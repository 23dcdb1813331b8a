//! Where the passwords of a user are kept for the next time: by the Credential Manager, as generic
//! credentials, each under the name of the network that its instance has.

mod blob;
mod system;

use std::io;

use crate::credential::Credential;
use system::Kept;

/// The comment of each credential that fslaunch has kept. The network provider
/// writes it as well. What lacks it is another program's: it is used where it
/// has the right name, and otherwise left alone.
const MARK: &str = "fslaunch";
/// How all names of instances begin.
const OF_INSTANCES: &str = r"\\*";
/// The longest name of a user, in UTF-16 units.
const USER_UNITS: usize = 513;

/// The user's own store of passwords. Each is kept under a name, its target.
#[derive(Debug)]
pub struct Vault(());

impl Vault {
    /// The store of the user whom this process belongs to.
    ///
    /// # Errors
    /// There is none on Windows: a session without a store says so when it is
    /// used.
    ///
    /// # Platform behaviour
    /// On Windows it is the Credential Manager, where names ignore case. What
    /// other programs keep under the name of an instance is found by
    /// [`Vault::get`], and neither listed nor removed.
    pub fn open() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// What the store is called, for messages.
    pub fn place(&self) -> &'static str {
        "the Credential Manager"
    }

    /// The targets that something is kept for.
    ///
    /// # Errors
    /// What the store says.
    pub fn targets(&self) -> io::Result<Vec<String>> {
        let ours = |kept: &Kept<'_>| is_ours(kept).then(|| kept.target.clone());
        let mut targets: Vec<String> = system::each(OF_INSTANCES, ours)?
            .into_iter()
            .flatten()
            .collect();
        targets.sort();
        Ok(targets)
    }

    /// What is kept for exactly this target.
    ///
    /// # Errors
    /// What the store says, or it is no text.
    pub fn get(&self, target: &str) -> io::Result<Option<Credential>> {
        system::read(target, credential)?.transpose()
    }

    /// Keeps this for the target, in the place of what was kept for it.
    ///
    /// # Errors
    /// What the store says; the secret is longer than it takes, or has a NUL.
    pub fn set(&self, target: &str, credential: &Credential) -> io::Result<()> {
        let user = credential.user.clone().unwrap_or_default();
        if user.encode_utf16().count() > USER_UNITS {
            let words = format!("the name of the user has more than {USER_UNITS} characters");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        let blob = blob::of(credential.secret.expose())?;
        system::write(&Kept {
            target: target.to_owned(),
            user,
            comment: MARK.to_owned(),
            blob: &blob,
        })
    }

    /// Forgets what is kept for the target; says whether there was anything.
    ///
    /// # Errors
    /// What the store says.
    pub fn remove(&self, target: &str) -> io::Result<bool> {
        match system::read(target, is_ours)? {
            Some(true) => system::delete(target),
            Some(false) | None => Ok(false),
        }
    }
}

fn is_ours(kept: &Kept<'_>) -> bool {
    kept.comment == MARK
}

fn credential(kept: &Kept<'_>) -> io::Result<Credential> {
    Ok(Credential {
        user: (!kept.user.is_empty()).then(|| kept.user.clone()),
        secret: blob::secret(kept.blob)?,
    })
}

#[cfg(test)]
mod tests;
