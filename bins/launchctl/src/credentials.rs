//! `credentials`, and what starts remember: the user's own store of passwords.
//! No launcher has a part in it.

mod user;

use crate::exit;
use crate::options::Options;
use crate::outcome::Outcome;
use crate::present::{self, Form, Local};
use fslaunch_client::Error as Failure;
use fslaunch_credentials::{
    AskError, Credential, Done, Failed, Nobody, People, Source, Store, Wish, find, forget, target,
    with_credential,
};
use fslaunch_os::vault::Vault;
use fslaunch_protocol::{Class, Error, Reply, Start};
use std::io;
use user::Place;

/// What to do with what is remembered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    List,
    Remove(String),
}

/// Lists what is remembered, without the passwords, or forgets one.
pub(crate) fn credentials(options: &Options, what: &Credentials) -> Outcome {
    let form = Form::from(options.json);
    let done = Vault::open().and_then(|vault| match what {
        Credentials::List => listed(&vault).map(|all| present::credentials(&all, form)),
        Credentials::Remove(target) => match forget(&vault, target)? {
            true => Ok(present::credentials(&[], form)),
            false => {
                let cause = match vault.get(target).ok().flatten() {
                    Some(_) => format!("another program remembers {target}: remove it there"),
                    None => format!("nothing is remembered for {target}"),
                };
                let (name, code) = ("CredentialNotFound", exit::NOT_FOUND);
                Ok(present::local_failure(&Local { name, code, cause }, form))
            }
        },
    });
    done.unwrap_or_else(|error| {
        let cause = format!("the store of passwords can't be used: {error}");
        let (name, code) = ("CredentialStore", exit::OTHER);
        present::local_failure(&Local { name, code, cause }, form)
    })
}

fn listed(store: &dyn Store) -> io::Result<Vec<(String, Option<String>)>> {
    let mut all = vec![];
    for target in store.targets()? {
        // What can't be read is there all the same, and can be removed.
        let kept = store.get(&target).ok().flatten();
        let user = kept.and_then(|kept| kept.user);
        all.push((target, user));
    }
    all.sort();
    Ok(all)
}

/// How a start is asked for once more, or not at all.
pub(crate) struct Attempts<'a> {
    pub(crate) start: &'a Start,
    /// Keep the secret once it has worked; ask for it if there is none.
    pub(crate) remember: bool,
}

/// A start that worked, and what should be known of it.
pub(crate) struct Started {
    pub(crate) reply: Reply,
    pub(crate) remark: Option<String>,
}

/// A start that failed, and what can be done about it.
pub(crate) struct NotStarted {
    pub(crate) failure: Box<Failure>,
    pub(crate) remark: Option<String>,
}

impl From<Failure> for NotStarted {
    fn from(failure: Failure) -> Self {
        Self {
            failure: Box::new(failure),
            remark: None,
        }
    }
}

impl Attempts<'_> {
    /// Starts with the secret that is there; without one, with a remembered
    /// one if the class wants any. What the launcher tells of the class is asked
    /// for where a user's name may have a part in it.
    pub(crate) fn run(
        &self,
        mut ask: impl FnMut(&Start) -> Result<Reply, Failure>,
        class: impl Fn() -> Option<Class>,
    ) -> Result<Started, NotStarted> {
        let plain = |reply| Started {
            reply,
            remark: None,
        };
        if !self.remember {
            let wanted = match ask(self.start) {
                Err(wanted @ Failure::Launcher(Error::SecretRequired { .. })) => wanted,
                other => return Ok(other.map(plain)?),
            };
            return match self.is_remembered() {
                true => self.with_secret(&mut ask, class, wanted),
                false => Err(wanted.into()),
            };
        }
        let name = self.start.class.clone();
        let wanted = Error::SecretRequired { class: name }.into();
        self.with_secret(&mut ask, class, wanted)
    }

    fn is_remembered(&self) -> bool {
        let target = target(&self.start.class, &self.start.instance);
        let (Ok(vault), Ok(target)) = (Vault::open(), target) else {
            return false;
        };
        find(&vault, &target).is_ok_and(|found| found.is_some())
    }

    fn with_secret(
        &self,
        mut ask: impl FnMut(&Start) -> Result<Reply, Failure>,
        class: impl Fn() -> Option<Class>,
        wanted: Failure,
    ) -> Result<Started, NotStarted> {
        let Ok(target) = target(&self.start.class, &self.start.instance) else {
            // Nothing can be remembered for it; the launcher says what else is wrong.
            let reply = ask(self.start)?;
            return Ok(Started {
                reply,
                remark: None,
            });
        };
        let place = class().as_ref().and_then(Place::of);
        let user = place.as_ref().and_then(|place| place.user(self.start));
        let wish = Wish {
            source: match &self.start.secret {
                Some(secret) => Source::Given(secret.clone()),
                None => Source::Remembered,
            },
            remember: self.remember,
            needs_user: user.is_none() && place.as_ref().is_some_and(|place| place.is_needed),
            user,
        };
        let vault = Vault::open();
        let store = vault.as_ref().ok().map(|vault| vault as &dyn Store);
        let attempt = |credential: &Credential| ask(&self.with(credential, place.as_ref()));
        let refused =
            |error: &Failure| matches!(error, Failure::Launcher(Error::SecretRefused { .. }));
        let done = match self.remember {
            true => with_credential(&target, &wish, store, &mut People, attempt, refused),
            false => with_credential(&target, &wish, store, &mut Nobody, attempt, refused),
        };
        match done {
            Ok(Done { value, kept }) => {
                let remark = kept.and_then(Result::err).map(|error| {
                    let cause = vault.err().unwrap_or(error);
                    format!("the secret could not be remembered: {cause}")
                });
                let reply = value;
                Ok(Started { reply, remark })
            }
            Err(Failed::Attempt { error, remembered }) => {
                let remark = (remembered && refused(&error)).then(|| {
                    format!("the secret was a remembered one: launchctl credentials remove '{target}' forgets it, and start --remember asks for another")
                });
                let failure = Box::new(error);
                Err(NotStarted { failure, remark })
            }
            Err(Failed::Ask {
                error: AskError::Nobody | AskError::Failed(_),
                ..
            }) => Err(wanted.into()),
        }
    }

    /// The start with a credential; its user name goes where there is room.
    fn with(&self, credential: &Credential, place: Option<&Place>) -> Start {
        let mut start = self.start.clone();
        start.secret = Some(credential.secret.clone());
        if let Some(user) = &credential.user
            && let Some(place) = place
        {
            place.fill(&mut start, user);
        }
        start
    }
}
