//! `mount.fslaunch`: starts an instance, and returns when its mount is there
//! and as it was asked for.

mod appear;
mod forbid;
mod note;
mod start;

use std::path::Path;
use std::time::Duration;

use fslaunch_client::{Class, Error as Client, Launcher};
use fslaunch_os::automount::{self, Stage};
use fslaunch_os::mounted;
use fslaunch_protocol::{Error, Instance, Start};

use super::arguments::MountRequest;
use super::exit::Failure;
use super::fill::{Leniency, USER_AND_PASSWORD, fill, same};
use super::interrupt::Interrupt;
use super::launchers::{self, Found};
use super::options::Options;
use super::usage::Usage;
use super::{options, place, source, tell};

/// Between two looks at what another process does.
const LOOK: Duration = Duration::from_millis(20);

/// Mounts.
pub(crate) fn mount(request: &MountRequest) -> Result<(), Failure> {
    let mut options = options::parse(&request.options)?;
    let source = source::parse(request.kind.as_deref(), &request.source)?;
    let folder = place::of(&request.folder)?;
    let Found {
        address,
        mut launcher,
        class,
    } = match launchers::with_class(&source.class)? {
        Ok(found) => found,
        Err(known) => return Err(no_class(&source.class, &known).into()),
    };
    if let Some(problem) = &class.problem {
        let (class, problem) = (class.class.clone(), problem.clone());
        return Err(Usage::Unusable { class, problem }.into());
    }
    let interrupt = Interrupt::watch()?;
    let stage = stage_for(&folder, request.fake)?;
    let made_at = stage
        .as_ref()
        .map_or_else(|| folder.clone(), Stage::mount_point);
    let shown = made_at.to_str().ok_or(Usage::NotUtf8("the mount point"))?;
    forget_user_of_fstab(&mut options, &class);
    let leniency = Leniency {
        sloppy: request.sloppy,
    };
    let filled = fill(&class, &source, shown, &options, leniency)?;
    if class.credentials == 0 && (options.credentials.is_some() || options.remember) {
        return Err(Usage::NoSecret(class.class).into());
    }
    let Start {
        class: name,
        instance,
        ..
    } = &filled.start;
    tell(
        request.verbose,
        &format!(
            "mount.fslaunch: instance '{instance}' of class '{name}' on {}",
            folder.display()
        ),
    );
    if request.fake {
        return Ok(());
    }
    let starting = start::Starting {
        class: &class,
        filled: &filled,
        options: &options,
        folder: &made_at,
        interrupt: &interrupt,
    };
    let started = starting.start(&mut launcher)?;
    let mount = appear::wait(&mut launcher, &started, &made_at, &interrupt);
    let done = mount.and_then(|mount| {
        forbid::require(&mount, &options.restrictions)?;
        if let Some(stage) = &stage {
            let moved = stage.attach(&mount, &folder);
            moved.map_err(|source| Failure::system("move the mount to its place", source))?;
        }
        interrupt.check()?;
        if options.note_helper && !request.no_note {
            note::add(&mount, &request.source, request.verbose);
        }
        Ok(())
    });
    done.map_err(|failure| stop_again(&address, &started, failure))
}

/// Where it is mounted first, if an automounter lets nobody but us get to its
/// place. Only root is called by one.
fn stage_for(folder: &Path, fake: bool) -> Result<Option<Stage>, Failure> {
    if fake || !automount::is_awaited(&place::table()?, folder) {
        return Ok(None);
    }
    let stage = Stage::open();
    let stage = stage.map_err(|source| Failure::system("mount for an automounter", source))?;
    Ok(Some(stage))
}

/// fstab's `user` comes as `user=NAME` from some versions of mount(8). To a
/// class that has no user it means nothing.
fn forget_user_of_fstab(options: &mut Options, class: &Class) {
    let Some(given) = options.named.get("user") else {
        return;
    };
    let wanted = class.arguments.iter().any(|name| same(name, "user"))
        || class.arguments.is_empty() && class.credentials == USER_AND_PASSWORD;
    if !wanted && mounted::own_name().as_ref() == Some(given) {
        options.named.remove("user");
    }
}

fn no_class(class: &str, known: &[String]) -> Usage {
    let has = match known {
        [] => "there is none that you may use".to_owned(),
        known => format!("those that you may use are {}", known.join(", ")),
    };
    Usage::NoClass {
        class: class.to_owned(),
        has,
    }
}

/// Nothing stays mounted that is not as it was asked for. By a connection of
/// its own: who was interrupted has hung up.
fn stop_again(address: &Path, started: &Instance, failure: Failure) -> Failure {
    let stopped = Launcher::connect(address)
        .and_then(|mut launcher| launcher.stop(&started.class, &started.instance));
    match stopped {
        Ok(()) | Err(Client::Launcher(Error::InstanceNotFound { .. })) => failure,
        Err(error) => {
            let hint = format!("and it could not be stopped: {error}");
            Failure::Hinted(Box::new(failure), hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_is_not_there_is_told_with_those_that_are() {
        let words = no_class("memfs", &["memfs64".into(), "bindfs".into()]).to_string();
        assert!(words.contains("are memfs64, bindfs"), "{words}");
    }
}
