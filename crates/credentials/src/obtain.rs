//! In which order a credential is looked for, and when it is remembered.

use std::fmt;
use std::io;

use fslaunch_os::credential::{Credential, Question};
use fslaunch_protocol::{Secret, escape};
use zeroize::Zeroizing;

use crate::ask::{Ask, AskError};
use crate::store::{Store, find};

/// What is known of a credential before it is looked for.
#[derive(Debug, Default)]
pub struct Wish {
    /// Where the secret comes from.
    pub source: Source,
    /// Whether it is kept in the store once it has worked.
    pub remember: bool,
    /// The user's name there, if it was given.
    pub user: Option<String>,
    /// Whether there must be a user's name.
    pub needs_user: bool,
}

/// Where a secret comes from.
#[derive(Debug, Default)]
pub enum Source {
    /// From the store; otherwise it is asked for.
    #[default]
    Remembered,
    /// It is asked for, whatever the store has.
    Asked,
    /// It is here.
    Given(Secret),
}

/// An attempt that succeeded.
#[derive(Debug)]
pub struct Done<T> {
    /// What the attempt gave.
    pub value: T,
    /// Whether the credential could be kept; `None` if that was not asked for.
    pub kept: Option<io::Result<()>>,
}

/// Why there is no success.
#[derive(Debug)]
pub enum Failed<E> {
    /// The attempt failed; `remembered` if it was made with what the store had
    /// and there was nobody to ask for another.
    Attempt {
        /// As the attempt said.
        error: E,
        /// Whether the credential came from the store.
        remembered: bool,
    },
    /// What is needed is neither given nor remembered, and could not be asked
    /// for.
    Ask {
        /// What is missing.
        what: Missing,
        /// Why nobody answered.
        error: AskError,
    },
}

/// A part of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The user's name.
    UserName,
    /// The password.
    Password,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserName => "user name",
            Self::Password => "password",
        })
    }
}

/// Tries with the credential for `target`, wherever it comes from. A remembered
/// one that is `refused` is asked for once. Only what worked is kept.
///
/// # Errors
/// See [`Failed`].
pub fn with_credential<T, E>(
    target: &str,
    wish: &Wish,
    store: Option<&dyn Store>,
    ask: &mut dyn Ask,
    mut attempt: impl FnMut(&Credential) -> Result<T, E>,
    refused: impl Fn(&E) -> bool,
) -> Result<Done<T>, Failed<E>> {
    let keep = |credential: &Credential, spelled: Option<&str>| {
        let to = spelled.unwrap_or(target);
        wish.remember.then(|| match store {
            Some(store) => store.set(to, credential),
            None => Err(io::ErrorKind::Unsupported.into()),
        })
    };
    let remembered = match wish.source {
        Source::Remembered => recall(store, target, wish),
        Source::Asked | Source::Given(_) => None,
    };
    let spelled = remembered.as_ref().map(|(spelled, _)| spelled.clone());
    let mut known_user = wish.user.clone();
    let mut refusal = None;
    if let Some((_, credential)) = &remembered {
        match attempt(credential) {
            // It is kept already.
            Ok(value) => return Ok(Done { value, kept: None }),
            Err(error) if refused(&error) => refusal = Some(error),
            Err(error) => {
                return Err(Failed::Attempt {
                    error,
                    remembered: true,
                });
            }
        }
        known_user = credential.user.clone();
    }
    let credential = match (fresh(target, wish, known_user, ask), refusal) {
        (Ok(credential), _) => credential,
        // The refusal says more than that there is nobody to ask.
        (Err(_), Some(error)) => {
            return Err(Failed::Attempt {
                error,
                remembered: true,
            });
        }
        (Err((what, error)), None) => return Err(Failed::Ask { what, error }),
    };
    match attempt(&credential) {
        Ok(value) => {
            let kept = keep(&credential, spelled.as_deref());
            Ok(Done { value, kept })
        }
        Err(error) => Err(Failed::Attempt {
            error,
            remembered: false,
        }),
    }
}

/// What the store has for this, if it is for the user that is meant. A store
/// that fails has nothing: the user is asked then.
fn recall(store: Option<&dyn Store>, target: &str, wish: &Wish) -> Option<(String, Credential)> {
    let found = find(store?, target).ok().flatten();
    found.filter(|(_, credential)| {
        let user = credential.user.as_ref();
        let fits = wish.user.is_none() || wish.user.as_ref() == user;
        fits && (user.is_some() || !wish.needs_user)
    })
}

/// A credential from what was given and what is asked for.
fn fresh(
    target: &str,
    wish: &Wish,
    user: Option<String>,
    ask: &mut dyn Ask,
) -> Result<Credential, (Missing, AskError)> {
    let mut asked = |what: Missing, shown: bool, words: String| {
        let words = escape::line(&words).into_owned();
        let id = format!("fslaunch:{}", escape::line(target));
        let answer = ask.ask(&Question { id, words, shown });
        answer.map_err(|error| (what, error))
    };
    let user = match user {
        None if wish.needs_user => {
            let name = asked(Missing::UserName, true, format!("User name for {target}"))?;
            Some(String::clone(&name))
        }
        user => user,
    };
    let secret = match &wish.source {
        Source::Given(secret) => secret.clone(),
        Source::Remembered | Source::Asked => {
            let words = match &user {
                Some(user) => format!("Password of {user} for {target}"),
                None => format!("Password for {target}"),
            };
            let secret: Zeroizing<String> = asked(Missing::Password, false, words)?;
            Secret::from(secret)
        }
    };
    Ok(Credential { user, secret })
}

#[cfg(test)]
mod tests;
