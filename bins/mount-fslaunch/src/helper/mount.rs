//! `mount.fslaunch`: starts an instance, and returns when its mount is there
//! and as it was asked for.

mod appear;
mod forbid;
mod note;
mod start;

use std::path::Path;
use std::time::Duration;

use fslaunch_client::{Class, Error as Client};
use fslaunch_os::automount::{self, Stage};
use fslaunch_os::mounted;
use fslaunch_protocol::{Error, Instance, Start};

use super::arguments::MountRequest;
use super::exit::Failure;
use super::fill::{Leniency, USER_AND_PASSWORD, fill, same};
use super::interrupt::{Interrupt, Owed};
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
    let staged = stage_for(&folder, request.fake, &interrupt)?;
    let stage = staged.as_ref().map(|(stage, _)| stage);
    let made_at = stage.map_or_else(|| folder.clone(), Stage::mount_point);
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
        address: &address,
        interrupt: &interrupt,
    };
    let started = starting.start(&mut launcher)?;
    let patience = appear::patience(&class);
    let mount = appear::wait(&mut launcher, &started, &made_at, patience, &interrupt);
    let done = mount.and_then(|mount| {
        forbid::require(&mount, &options.restrictions)?;
        if let Some(stage) = stage {
            let moved = stage.attach(&mount, &folder);
            moved.map_err(|source| Failure::system("move the mount to its place", source))?;
        }
        interrupt.check()?;
        if options.note_helper && !request.no_note {
            let instance = &started.instance;
            note::add(&mount, &folder, &request.source, instance, request.verbose);
        }
        Ok(())
    });
    match done {
        Ok(()) => {
            started.owed.never_mind();
            Ok(())
        }
        Err(failure) => Err(stop_again(&address, started, failure)),
    }
}

/// Where it is mounted first, if an automounter lets nobody but us get to its
/// place. Only root is called by one. It is removed before nothing is owed any more.
fn stage_for(
    folder: &Path,
    fake: bool,
    interrupt: &Interrupt,
) -> Result<Option<(Stage, Owed)>, Failure> {
    if fake || !automount::is_awaited(&place::table()?, folder) {
        return Ok(None);
    }
    let owed = interrupt.owe();
    let stage = Stage::open();
    let stage = stage.map_err(|source| Failure::system("mount for an automounter", source))?;
    Ok(Some((stage, owed)))
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
/// its own: who was interrupted has hung up. What has its name by now, but was
/// started by somebody else, is left alone.
fn stop_again(address: &Path, started: start::Started, failure: Failure) -> Failure {
    let start::Started { instance, owed, .. } = started;
    let stopped = launchers::connect(address).and_then(|mut launcher| {
        if !launcher.list()?.iter().any(|one| is_one(one, &instance)) {
            return Ok(());
        }
        launcher.set_timeout(None)?;
        launcher.stop_telling(&instance.class, &instance.instance, || drop(owed))
    });
    match stopped {
        Ok(()) | Err(Client::Launcher(Error::InstanceNotFound { .. })) => failure,
        Err(error) => {
            let hint = format!("and it could not be stopped: {error}");
            Failure::Hinted(Box::new(failure), hint)
        }
    }
}

/// Whether what is listed is what was started, and not another of its name.
/// One that has failed has no process any more.
fn is_one(listed: &Instance, started: &Instance) -> bool {
    same(&listed.class, &started.class)
        && same(&listed.instance, &started.instance)
        && listed.since == started.since
        && (listed.pid == started.pid || listed.pid.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fslaunch_client::State;

    #[test]
    fn another_of_the_same_name_is_not_what_was_started() {
        let started = Instance {
            class: "memfs64".into(),
            instance: "share".into(),
            state: State::Running,
            pid: Some(7),
            starter: "anna".into(),
            run_as: "anna".into(),
            since: "2026-01-01T00:00:00.000Z".into(),
            mount_point: None,
            failure: None,
        };
        let listed = |change: fn(&mut Instance)| {
            let mut listed = started.clone();
            change(&mut listed);
            is_one(&listed, &started)
        };
        assert!(listed(|_| {}));
        assert!(listed(|one| one.instance = "SHARE".into()));
        assert!(listed(|one| (one.state, one.pid) = (State::Failed, None)));
        assert!(!listed(|one| one.pid = Some(8)));
        assert!(!listed(|one| one.since = "2026-01-01T00:00:00.001Z".into()));
        assert!(!listed(|one| one.instance = "other".into()));
    }

    #[test]
    fn a_class_that_is_not_there_is_told_with_those_that_are() {
        let words = no_class("memfs", &["memfs64".into(), "bindfs".into()]).to_string();
        assert!(words.contains("are memfs64, bindfs"), "{words}");
    }
}
