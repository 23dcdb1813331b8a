//! Where the passwords of a user are kept for the next time.

use std::io;

use crate::credential::Credential;

/// The user's own store of passwords. Each is kept under a name, its target.
///
/// # Platform behaviour
/// On Windows there is none yet: the Credential Manager is asked by the network provider.
#[derive(Debug)]
pub enum Vault {}

impl Vault {
    /// The store of the user whom this process belongs to.
    ///
    /// # Errors
    /// Always on Windows.
    pub fn open() -> io::Result<Self> {
        let words = "passwords can't be remembered on Windows yet";
        Err(io::Error::new(io::ErrorKind::Unsupported, words))
    }

    /// What the store is called, for messages.
    pub fn place(&self) -> &'static str {
        match *self {}
    }

    /// The targets that something is kept for.
    ///
    /// # Errors
    /// What the store says.
    pub fn targets(&self) -> io::Result<Vec<String>> {
        match *self {}
    }

    /// What is kept for exactly this target.
    ///
    /// # Errors
    /// What the store says.
    pub fn get(&self, _target: &str) -> io::Result<Option<Credential>> {
        match *self {}
    }

    /// Keeps this for the target, in the place of what was kept for it.
    ///
    /// # Errors
    /// What the store says.
    pub fn set(&self, _target: &str, _credential: &Credential) -> io::Result<()> {
        match *self {}
    }

    /// Forgets what is kept for the target; says whether there was anything.
    ///
    /// # Errors
    /// What the store says.
    pub fn remove(&self, _target: &str) -> io::Result<bool> {
        match *self {}
    }
}
