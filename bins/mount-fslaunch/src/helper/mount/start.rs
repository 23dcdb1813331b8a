//! Starting the instance, with a password if its class wants one.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fslaunch_client::{Class, Error as Client, Launcher, State};
use fslaunch_credentials::{
    Credential, Done, Failed, Missing, Source as From, Store, Wish, target, with_credential,
};
use fslaunch_os::vault::Vault;
use fslaunch_protocol::{Error, Instance, Start};

use super::super::exit::Failure;
use super::super::fill::{Filled, USER_AND_PASSWORD, same};
use super::super::interrupt::{Asking, Interrupt, Owed};
use super::super::options::Options;
use super::super::usage::Usage;
use super::super::{credentials_file, place};
use super::LOOK;

/// How long an instance of the same name may take to be gone after its mount.
const GOING: Duration = Duration::from_secs(10);

/// What is started, and on whose behalf.
pub(super) struct Starting<'a> {
    pub(super) class: &'a Class,
    pub(super) filled: &'a Filled,
    pub(super) options: &'a Options,
    pub(super) folder: &'a Path,
    pub(super) address: &'a Path,
    pub(super) interrupt: &'a Interrupt,
}

/// What was started.
pub(super) struct Started {
    pub(super) instance: Instance,
    /// What was mounted at the folder before.
    pub(super) strangers: Vec<u64>,
    /// It is to be stopped if its mount does not become what it should be.
    pub(super) owed: Owed,
}

impl Starting<'_> {
    /// Starts it, with its secret if the class takes one.
    pub(super) fn start(&self, launcher: &mut Launcher) -> Result<Started, Failure> {
        let Self {
            class,
            filled,
            options,
            ..
        } = self;
        if class.credentials == 0 {
            return self.once(launcher, &filled.start_for(filled.user.as_deref()));
        }
        let mut wish = Wish {
            source: From::Remembered,
            remember: options.remember,
            user: filled.user.clone(),
            needs_user: class.credentials == USER_AND_PASSWORD,
        };
        if let Some(file) = &options.credentials {
            let file = file.clone();
            let given = self
                .interrupt
                .or_leave(move || credentials_file::read(&file))??;
            wish.source = From::Given(given.secret);
            wish.user = wish.user.or(given.user);
        }
        let name = target(&class.class, &filled.start.instance);
        let name = name.map_err(|error| Usage::Option(error.to_string()))?;
        let vault = Vault::open();
        let store = vault.as_ref().ok().map(|vault| vault as &dyn Store);
        let attempt = |credential: &Credential| {
            let mut start = filled.start_for(credential.user.as_deref());
            start.secret = Some(credential.secret.clone());
            self.once(launcher, &start)
        };
        let mut people = Asking(self.interrupt);
        let done = with_credential(&name, &wish, store, &mut people, attempt, is_refusal);
        // Whatever came of it: who interrupts a question gets no other answer.
        let interrupted = self.interrupt.check();
        let Done { value, kept } = done.map_err(|failed| match interrupted {
            Ok(()) => explain(failed, &name),
            Err(interrupted) => interrupted,
        })?;
        if let Some(Err(error)) = kept {
            // It is mounted; only the next time it has to be asked for again.
            let cause = vault.err().unwrap_or(error);
            eprintln!("mount.fslaunch: the password could not be remembered: {cause}");
        }
        Ok(value)
    }

    /// Starts it; one of the same name that was just unmounted is waited for.
    fn once(&self, launcher: &mut Launcher, start: &Start) -> Result<Started, Failure> {
        let deadline = Instant::now() + GOING;
        loop {
            let strangers = place::ids_at(self.folder)?;
            let owed = self.interrupt.owe();
            let hang_up = launcher.hang_up()?;
            let start_it = || launcher.start(start.clone());
            let started = self
                .interrupt
                .while_waiting(move || hang_up.hang_up(), start_it)?;
            let error = match started {
                Ok(instance) => {
                    return Ok(Started {
                        instance,
                        strangers,
                        owed,
                    });
                }
                Err(Client::Launcher(late @ Error::StillStarting { .. })) => {
                    return Err(given_up(self.address, start, late, owed));
                }
                Err(error) => error,
            };
            // Nothing is there: the launcher has seen to it.
            drop(owed);
            self.interrupt.check()?;
            let Client::Launcher(exists @ Error::InstanceExists { .. }) = error else {
                return Err(error.into());
            };
            if Instant::now() >= deadline || !is_going(launcher, start)? {
                return Err(already(launcher, start, self.folder, exists));
            }
            std::thread::sleep(LOOK);
        }
    }
}

fn is_refusal(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Launcher(Client::Launcher(Error::SecretRefused { .. }))
    )
}

fn explain(failed: Failed<Failure>, target: &str) -> Failure {
    match failed {
        Failed::Attempt {
            error,
            remembered: true,
        } => {
            let hint = format!(
                "the password was a remembered one: launchctl credentials remove '{target}' forgets it"
            );
            Failure::Hinted(Box::new(error), hint)
        }
        Failed::Attempt { error, .. } => error,
        Failed::Ask { what, error } => {
            let source = std::error::Error::source(&error);
            let cause = source.map_or(String::new(), |source| format!(": {source}"));
            let option = match what {
                Missing::UserName => "user=NAME",
                Missing::Password => "credentials=FILE, or credentials=- for standard input",
            };
            Usage::Option(format!(
                "it needs a {what}: {error}{cause}; or give {option}"
            ))
            .into()
        }
    }
}

fn find(launcher: &mut Launcher, start: &Start) -> Result<Option<Instance>, Failure> {
    let listed = launcher.list()?;
    let is_it =
        |one: &Instance| same(&one.class, &start.class) && same(&one.instance, &start.instance);
    Ok(listed.into_iter().find(is_it))
}

/// Whether it is about to end: it was asked to, or had a mount and has none any more.
fn is_going(launcher: &mut Launcher, start: &Start) -> Result<bool, Failure> {
    let Some(instance) = find(launcher, start)? else {
        // It has gone since, or is somebody else's.
        return Ok(false);
    };
    match &instance.mount_point {
        _ if instance.state == State::Stopping => Ok(true),
        Some(at) => Ok(place::mount_at(Path::new(at))?.is_none()),
        None => Ok(false),
    }
}

fn already(launcher: &mut Launcher, start: &Start, folder: &Path, exists: Error) -> Failure {
    let at = find(launcher, start).ok().flatten();
    let at = at
        .and_then(|instance| instance.mount_point)
        .map(PathBuf::from);
    let hint = match at {
        Some(at) if at == folder => "it is mounted there already".to_owned(),
        Some(at) => format!(
            "it is mounted on {}; instance=NAME mounts it once more under another name",
            at.display()
        ),
        None => "instance=NAME mounts it once more under another name".to_owned(),
    };
    Failure::Hinted(Box::new(Client::from(exists).into()), hint)
}

/// What is mounted later than mount(8) has said that it failed, nobody expects.
/// By a connection of its own, as who was interrupted has hung up; and at once,
/// as nothing but its name is known of it.
fn given_up(address: &Path, start: &Start, late: Error, owed: Owed) -> Failure {
    let stopped = Launcher::connect(address).and_then(|mut launcher| {
        launcher.stop_telling(&start.class, &start.instance, || drop(owed))
    });
    let stopped = match stopped {
        Ok(()) | Err(Client::Launcher(Error::InstanceNotFound { .. })) => {
            "it was stopped".to_owned()
        }
        Err(error) => format!("it could not be stopped: {error}"),
    };
    let hint = format!("{stopped}; start-timeout in the class says how long it may take");
    Failure::Hinted(Box::new(Client::from(late).into()), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_password_that_fails_is_named_with_the_way_to_forget_it() {
        let error = Failure::Mount("refused".to_owned());
        let shown = explain(
            Failed::Attempt {
                error,
                remembered: true,
            },
            r"\\vault\one",
        )
        .shown("mount.fslaunch");
        assert!(
            shown.contains(r"launchctl credentials remove '\\vault\one'"),
            "{shown}"
        );
    }
}
