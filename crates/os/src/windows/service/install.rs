//! Making this program a service.

pub(super) mod error;

use std::{env, io, path::Path, time::Duration};

use super::{
    configuration::{Configuration, command},
    event_source,
    manager::{Manager, Service},
    provider,
    remembered::Remembered,
};
use crate::windows::{
    places::{Chosen, Places},
    trust::{Trust, check_path},
};

pub use error::InstallError;
use error::os;

/// What `install` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The name of the service.
    pub name: String,
    /// Whether a service of somebody else may be replaced.
    pub replace: bool,
    /// Whether it starts a little after the system has.
    pub delayed: bool,
    /// Whether it is started at once.
    pub start: bool,
}

/// How long a service may take without a sign of life.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Makes this program a service; returns what was done, in words. Done once
/// more, it brings the service up to date.
///
/// A service of that name which is somebody else's is stopped and remembered,
/// so that [`super::uninstall`] can put it back exactly as it was.
///
/// # Errors
/// What could not be done; everything is as it was before.
pub fn install(wanted: &Install) -> Result<Vec<String>, InstallError> {
    let name = wanted.name.as_str();
    check_name(name)?;
    let program = own_program()?;
    let manager = Manager::open().map_err(os("connect to", "the service manager"))?;
    // First: what is run as LocalSystem must be nobody else's to change.
    protect(&program)?;
    let mut done = Done::default();
    match steps(wanted, &program, &manager, &mut done) {
        Ok(()) => Ok(done.words),
        Err(error) => {
            done.undo();
            Err(error)
        }
    }
}

/// What was done, and how it is undone.
#[derive(Default)]
struct Done<'a> {
    words: Vec<String>,
    undo: Vec<(&'static str, Undo<'a>)>,
}

type Undo<'a> = Box<dyn FnOnce() -> io::Result<()> + 'a>;

impl<'a> Done<'a> {
    fn say(&mut self, words: impl Into<String>) {
        self.words.push(words.into());
    }

    fn undo_by(&mut self, what: &'static str, how: impl FnOnce() -> io::Result<()> + 'a) {
        self.undo.push((what, Box::new(how)));
    }

    /// In the reverse order. What can't be undone is logged: the error that led
    /// here counts.
    fn undo(self) {
        for (what, how) in self.undo.into_iter().rev() {
            if let Err(error) = how() {
                tracing::error!(%error, "failed to {what}");
            }
        }
    }
}

fn steps<'a>(
    wanted: &'a Install,
    program: &str,
    manager: &'a Manager,
    done: &mut Done<'a>,
) -> Result<(), InstallError> {
    let name = wanted.name.as_str();
    let ours = Configuration::new(name, &command(program, name), wanted.delayed);
    let service = manager.service(name).map_err(os("open", name))?;
    let unknown = match service {
        None => create(name, &ours, manager, done)?,
        Some(service) => {
            let present = service.configuration().map_err(os("read", name))?;
            if !present.is_ours(program) {
                may_replace(wanted, &present)?;
            }
            take_over(name, program, service, present, ours, done)?
        }
    };
    for what in unknown {
        done.say(format!(
            "this system's service manager does not keep {what}"
        ));
    }
    let is_new = event_source::add(name).map_err(os("make the event source of", name))?;
    if is_new {
        done.undo_by("remove the event source", || event_source::remove(name));
    }
    let before = provider::before()?;
    // First: half of it must be undone as well.
    done.undo_by("put the network provider back", || before.restore(name));
    let words = provider::add(program, name)?;
    done.say(words);
    if wanted.start {
        start(name, manager)?;
        done.say(format!("service '{name}' is running"));
    }
    Ok(())
}

fn create<'a>(
    name: &'a str,
    ours: &Configuration,
    manager: &Manager,
    done: &mut Done<'a>,
) -> Result<Vec<&'static str>, InstallError> {
    let service = manager.create(name, ours).map_err(os("make", name))?;
    let configured = service.configure(ours);
    done.undo_by("delete the service", move || {
        // One that was started by somebody meanwhile goes once it has stopped.
        let _ = service.ask_to_stop();
        service.delete()
    });
    done.say(format!("service '{name}' is installed"));
    configured.map_err(os("configure", name))
}

fn may_replace(wanted: &Install, present: &Configuration) -> Result<(), InstallError> {
    let name = wanted.name.clone();
    if !wanted.replace {
        let command = present.command();
        return Err(InstallError::Foreign { name, command });
    }
    if !present.needs_no_password() {
        let account = present.account();
        return Err(InstallError::Account { name, account });
    }
    Ok(())
}

/// Gives an existing service our configuration, ours or somebody else's. Only
/// the latter is remembered, so that what was there first comes back.
fn take_over<'a>(
    name: &'a str,
    program: &str,
    service: Service,
    present: Configuration,
    ours: Configuration,
    done: &mut Done<'a>,
) -> Result<Vec<&'static str>, InstallError> {
    let is_ours = present.is_ours(program);
    let was_running = !service.doing().map_err(os("read", name))?.is_stopped();
    let before = Remembered::load(name).ok().flatten();
    // Interrupted work has left what is remembered, in part perhaps.
    let is_remembered = before
        .as_ref()
        .is_some_and(|before| before.configuration.command == present.command);
    if !is_ours && !is_remembered {
        let configuration = present.clone();
        let remembered = Remembered {
            configuration,
            was_running,
        };
        remembered.save(name).map_err(os("remember", name))?;
        done.undo_by(
            "forget the service that was replaced",
            move || match before {
                Some(before) => before.save(name),
                None => Remembered::forget(name),
            },
        );
    }
    let service = std::rc::Rc::new(service);
    let (again, back) = (service.clone(), service.clone());
    done.undo_by("start the service again", move || {
        if was_running { again.start() } else { Ok(()) }
    });
    stop(name, &service)?;
    let ours = ours.instead_of(&present);
    let words = if is_ours {
        format!("service '{name}' is up to date")
    } else {
        format!(
            "service '{name}' is installed, in place of {}",
            present.command()
        )
    };
    done.undo_by("put the service's configuration back", move || {
        let _ = stop(name, &back);
        back.configure(&present).map(drop)
    });
    let unknown = service.configure(&ours).map_err(os("configure", name))?;
    done.say(words);
    Ok(unknown)
}

/// Stops a service and waits until it has.
pub(super) fn stop(name: &str, service: &Service) -> Result<(), InstallError> {
    service.ask_to_stop().map_err(os("stop", name))?;
    let doing = service.wait(|doing| doing.is_stopped(), PATIENCE);
    doing.map(drop).map_err(os("stop", name))
}

/// Starts our service and waits until it serves.
fn start(name: &str, manager: &Manager) -> Result<(), InstallError> {
    let service = manager.service(name).map_err(os("open", name))?;
    let missing = || os("open", name)(io::ErrorKind::NotFound.into());
    let service = service.ok_or_else(missing)?;
    service.start().map_err(os("start", name))?;
    let doing = service
        .wait(|doing| doing.is_running(), PATIENCE)
        .map_err(os("start", name))?;
    if doing.is_running() {
        return Ok(());
    }
    let (name, code, specific) = (name.to_owned(), doing.exit_code, doing.specific_exit_code);
    Err(InstallError::Ended {
        name,
        code,
        specific,
    })
}

/// Service names have at most 256 characters, and neither `/` nor `\`.
pub(super) fn check_name(name: &str) -> Result<(), InstallError> {
    let wrong = |c: char| matches!(c, '/' | '\\') || c.is_control();
    let length = name.encode_utf16().count();
    if length == 0 || length > 200 || name.contains(wrong) || name.trim() != name {
        return Err(InstallError::Name {
            name: name.to_owned(),
        });
    }
    Ok(())
}

pub(super) fn own_program() -> Result<String, InstallError> {
    let program = env::current_exe().map_err(os("find", "this program"))?;
    let text = program.to_str().filter(|text| !text.contains('"'));
    text.map(str::to_owned).ok_or(InstallError::Program {
        program: program.clone(),
    })
}

/// Whoever can change the program, or put a library beside it, is LocalSystem.
fn protect(program: &str) -> Result<(), InstallError> {
    let (program, trust) = (Path::new(program), Trust::system());
    check_path(program, &trust)?;
    if let Some(folder) = program.parent() {
        check_path(folder, &trust)?;
    }
    // Now, before anybody else makes them.
    Places::system(Chosen::default()).prepare(&trust)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_called_as_windows_allows() {
        for name in ["WinFsp.Launcher", "a b", "it's \"mine\"", &"x".repeat(200)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", " a", "a ", "a/b", r"a\b", "a\nb", &"x".repeat(201)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
