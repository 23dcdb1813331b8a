//! Where the passwords of a user are kept for the next time: by the Secret Service where the
//! session has one, otherwise by the kernel.

mod keyring;
mod secret_service;

use std::io;

use crate::credential::Credential;
use keyring::Keyring;
use secret_service::SecretService;

/// The user's own store of passwords. Each is kept under a name, its target.
#[derive(Debug)]
pub struct Vault(Kind);

#[derive(Debug)]
enum Kind {
    SecretService(SecretService),
    Keyring(Keyring),
}

impl Vault {
    /// The store of the user whom this process belongs to.
    ///
    /// # Errors
    /// There is none that can be used here.
    ///
    /// # Platform behaviour
    /// On Unix: the Secret Service if the session has one and `secret-tool` is installed;
    /// otherwise the kernel's keyring of the user, which forgets when the machine is restarted.
    pub fn open() -> io::Result<Self> {
        if let Some(service) = SecretService::open() {
            return Ok(Self(Kind::SecretService(service)));
        }
        Keyring::open().map(|keyring| Self(Kind::Keyring(keyring)))
    }

    /// What the store is called, for messages.
    pub fn place(&self) -> &'static str {
        match self.0 {
            Kind::SecretService(_) => "the Secret Service",
            Kind::Keyring(_) => "the kernel's keyring",
        }
    }

    /// The targets that something is kept for.
    ///
    /// # Errors
    /// What the store says.
    pub fn targets(&self) -> io::Result<Vec<String>> {
        match &self.0 {
            Kind::SecretService(service) => service.targets(),
            Kind::Keyring(keyring) => keyring.targets(),
        }
    }

    /// What is kept for exactly this target.
    ///
    /// # Errors
    /// What the store says.
    pub fn get(&self, target: &str) -> io::Result<Option<Credential>> {
        match &self.0 {
            Kind::SecretService(service) => service.get(target),
            Kind::Keyring(keyring) => keyring.get(target),
        }
    }

    /// Keeps this for the target, in the place of what was kept for it.
    ///
    /// # Errors
    /// What the store says.
    pub fn set(&self, target: &str, credential: &Credential) -> io::Result<()> {
        match &self.0 {
            Kind::SecretService(service) => service.set(target, credential),
            Kind::Keyring(keyring) => keyring.set(target, credential),
        }
    }

    /// Forgets what is kept for the target; says whether there was anything.
    ///
    /// # Errors
    /// What the store says.
    pub fn remove(&self, target: &str) -> io::Result<bool> {
        match &self.0 {
            Kind::SecretService(service) => service.remove(target),
            Kind::Keyring(keyring) => keyring.remove(target),
        }
    }
}
