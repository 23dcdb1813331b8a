//! Passwords in the kernel's keyring of the user. They are never written to a disk, are there
//! for all processes of the user, and are gone when the machine is restarted.

use std::io;

use fslaunch_protocol::Secret;
use zeroize::{Zeroize, Zeroizing};

use super::super::keyctl;
use crate::credential::Credential;

/// What descriptions of our keys begin with.
const PREFIX: &str = "fslaunch:";

#[derive(Debug)]
pub(super) struct Keyring(());

impl Keyring {
    /// Makes sure that there is a keyring and that the system lets us use it.
    pub(super) fn open() -> io::Result<Self> {
        keyctl::make(keyctl::OF_USER)?;
        keyctl::list(keyctl::OF_USER)?;
        Ok(Self(()))
    }

    pub(super) fn targets(&self) -> io::Result<Vec<String>> {
        let mut targets = vec![];
        for key in keyctl::list(keyctl::OF_USER)? {
            // Keys of other programs may be such that we can't look at them.
            if let Ok((kind, description)) = keyctl::describe(key)
                && kind == "user"
            {
                targets.extend(description.strip_prefix(PREFIX).map(str::to_owned));
            }
        }
        Ok(targets)
    }

    pub(super) fn get(&self, target: &str) -> io::Result<Option<Credential>> {
        let Some(key) = keyctl::search(keyctl::OF_USER, &description(target))? else {
            return Ok(None);
        };
        match keyctl::read(key) {
            Ok(payload) => decode(&payload).map(Some),
            Err(error) if keyctl::is_absence(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn set(&self, target: &str, credential: &Credential) -> io::Result<()> {
        // A key belongs to the user's keyring for good only after its rights are set, and these
        // may be set by who possesses it: by the keyring of the process.
        let payload = encode(credential);
        let key = keyctl::add(keyctl::OF_PROCESS, &description(target), &payload)?;
        let kept = keyctl::share_with_user(key).and_then(|()| keyctl::link(key, keyctl::OF_USER));
        let dropped = keyctl::unlink(key, keyctl::OF_PROCESS);
        kept.and(dropped)
    }

    pub(super) fn remove(&self, target: &str) -> io::Result<bool> {
        match keyctl::search(keyctl::OF_USER, &description(target))? {
            Some(key) => keyctl::unlink(key, keyctl::OF_USER).map(|()| true),
            None => Ok(false),
        }
    }
}

fn description(target: &str) -> String {
    format!("{PREFIX}{target}")
}

/// The user's name, a NUL, and the secret.
fn encode(credential: &Credential) -> Zeroizing<Vec<u8>> {
    let user = credential.user.as_deref().unwrap_or_default();
    let secret = credential.secret.expose();
    // Made in one piece, so that nothing is left where it grew.
    let mut payload = Zeroizing::new(Vec::with_capacity(user.len() + 1 + secret.len()));
    payload.extend_from_slice(user.as_bytes());
    payload.push(0);
    payload.extend_from_slice(secret.as_bytes());
    payload
}

fn decode(payload: &[u8]) -> io::Result<Credential> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "what is kept there is not ours");
    let end = payload.iter().position(|byte| *byte == 0);
    let (user, secret) = payload.split_at(end.ok_or_else(broken)?);
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).map_err(|error| {
            error.into_bytes().zeroize();
            broken()
        })
    };
    let user = text(user)?;
    Ok(Credential {
        user: (!user.is_empty()).then_some(user),
        secret: Secret::new(text(&secret[1..])?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(user: Option<&str>, secret: &str) -> Credential {
        Credential {
            user: user.map(str::to_owned),
            secret: Secret::new(secret.into()),
        }
    }

    #[test]
    fn what_is_kept_comes_back_as_it_was() {
        for kept in [
            credential(None, "open sesame"),
            credential(Some("anna"), "with a\0NUL and a\nline"),
            credential(Some("anna"), ""),
        ] {
            assert_eq!(decode(&encode(&kept)).unwrap(), kept);
        }
    }

    #[test]
    fn what_another_program_wrote_is_an_error() {
        assert!(decode(b"no NUL").is_err());
        assert!(decode(b"\xff\0x").is_err());
        assert!(decode(b"x\0\xff").is_err());
        assert!(decode(b"").is_err());
    }
}
