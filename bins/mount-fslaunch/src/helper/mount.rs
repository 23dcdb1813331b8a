//! `mount.fslaunch`: starts an instance, and returns when its mount is there
//! and as it was asked for.

mod appear;
mod note;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fslaunch_client::{Class, Error as Client, Launcher};
use fslaunch_credentials::{
    Credential, Done, Failed, Missing, People, Source as From, Store, Wish, target, with_credential,
};
use fslaunch_os::automount::{self, Stage};
use fslaunch_os::{mounted, vault::Vault};
use fslaunch_protocol::{Error, Instance, Start};

use super::arguments::MountRequest;
use super::exit::Failure;
use super::fill::{Filled, Leniency, USER_AND_PASSWORD, fill, same};
use super::options::Options;
use super::usage::Usage;
use super::{credentials_file, launchers, options, place, source, tell};

/// How long an instance of the same name may take to be gone after its mount.
const GOING: Duration = Duration::from_secs(10);
/// Between two looks at what another process does.
const LOOK: Duration = Duration::from_millis(20);

/// Mounts.
pub(crate) fn mount(request: &MountRequest) -> Result<(), Failure> {
    let mut options = options::parse(&request.options)?;
    let source = source::parse(request.kind.as_deref(), &request.source)?;
    let folder = place::of(&request.folder)?;
    let (mut launcher, class) = match launchers::with_class(&source.class)? {
        Ok(found) => found,
        Err(known) => return Err(no_class(&source.class, &known).into()),
    };
    if let Some(problem) = &class.problem {
        let (class, problem) = (class.class.clone(), problem.clone());
        return Err(Usage::Unusable { class, problem }.into());
    }
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
    let started = start(&mut launcher, &class, &filled, &options, &made_at)?;
    let mount = appear::wait(&mut launcher, &started, &made_at);
    let done = mount.and_then(|mount| {
        require(&mount, &options.restrictions)?;
        if let Some(stage) = &stage {
            let moved = stage.attach(&mount, &folder);
            moved.map_err(|source| Failure::system("move the mount to its place", source))?;
        }
        if options.note_helper && !request.no_note {
            note::add(&mount, &request.source, request.verbose);
        }
        Ok(())
    });
    done.map_err(|failure| stop_again(&mut launcher, &started, failure))
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

/// Starts it, with its secret if the class takes one.
fn start(
    launcher: &mut Launcher,
    class: &Class,
    filled: &Filled,
    options: &Options,
    folder: &Path,
) -> Result<Instance, Failure> {
    if class.credentials == 0 {
        let start = filled.start_for(filled.user.as_deref());
        return start_once(launcher, &start, folder);
    }
    let mut wish = Wish {
        source: From::Remembered,
        remember: options.remember,
        user: filled.user.clone(),
        needs_user: class.credentials == USER_AND_PASSWORD,
    };
    if let Some(file) = &options.credentials {
        let given = credentials_file::read(file)?;
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
        start_once(launcher, &start, folder)
    };
    let done = with_credential(&name, &wish, store, &mut People, attempt, is_refusal);
    let Done { value, kept } = done.map_err(|failed| explain(failed, &name))?;
    if let Some(Err(error)) = kept {
        // It is mounted; only the next time it has to be asked for again.
        let cause = vault.err().unwrap_or(error);
        eprintln!("mount.fslaunch: the password could not be remembered: {cause}");
    }
    Ok(value)
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

/// Starts it; one of the same name that was just unmounted is waited for.
fn start_once(launcher: &mut Launcher, start: &Start, folder: &Path) -> Result<Instance, Failure> {
    let deadline = Instant::now() + GOING;
    loop {
        match launcher.start(start.clone()) {
            Ok(instance) => return Ok(instance),
            Err(Client::Launcher(Error::InstanceExists { .. }))
                if Instant::now() < deadline && is_going(launcher, start)? =>
            {
                std::thread::sleep(LOOK);
            }
            Err(Client::Launcher(exists @ Error::InstanceExists { .. })) => {
                return Err(already(launcher, start, folder, exists));
            }
            Err(other) => return Err(other.into()),
        }
    }
}

fn find(launcher: &mut Launcher, start: &Start) -> Result<Option<Instance>, Failure> {
    let listed = launcher.list()?;
    let is_it =
        |one: &Instance| same(&one.class, &start.class) && same(&one.instance, &start.instance);
    Ok(listed.into_iter().find(is_it))
}

/// Whether it had a mount, and has none any more: it is about to end.
fn is_going(launcher: &mut Launcher, start: &Start) -> Result<bool, Failure> {
    let Some(instance) = find(launcher, start)? else {
        // It has gone since, or is somebody else's.
        return Ok(false);
    };
    match &instance.mount_point {
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

/// Sees to it that the mount forbids what it was asked to forbid.
fn require(mount: &fslaunch_os::mounts::Mount, wanted: &[String]) -> Result<(), Failure> {
    let missing = missing(mount, wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let restricted = mounted::restrict(mount, &missing);
    let now = place::table()?.by_id(mount.id).cloned();
    let still: Vec<_> = match &now {
        Some(now) => self::missing(now, wanted),
        None => return Err(Failure::Mount("it was unmounted at once".to_owned())),
    };
    if still.is_empty() {
        return Ok(());
    }
    let cause = restricted.err();
    let cause = cause.map_or(String::new(), |error| format!(" ({error})"));
    let allow: Vec<_> = still
        .iter()
        .map(|option| option.trim_start_matches("no"))
        .collect();
    Err(Failure::Hinted(
        Box::new(Failure::Mount(format!(
            "the file system was mounted without {}, and was unmounted again{cause}",
            still.join(",")
        ))),
        format!(
            "let the class name an argument 'mount-options' for its file system to mount with, or allow it: {}",
            allow.join(",")
        ),
    ))
}

fn missing<'a>(mount: &fslaunch_os::mounts::Mount, wanted: &'a [String]) -> Vec<&'a str> {
    let has = |option: &str| {
        let both = mount
            .options
            .split(',')
            .chain(mount.super_options.split(','));
        let mut both = both.filter(|known| *known != "rw");
        both.any(|known| known == option)
    };
    let wanted = wanted.iter().map(String::as_str);
    wanted.filter(|option| !has(option)).collect()
}

/// Nothing stays mounted that is not as it was asked for.
fn stop_again(launcher: &mut Launcher, started: &Instance, failure: Failure) -> Failure {
    match launcher.stop(&started.class, &started.instance) {
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

    #[test]
    fn a_class_that_is_not_there_is_told_with_those_that_are() {
        let words = no_class("memfs", &["memfs64".into(), "bindfs".into()]).to_string();
        assert!(words.contains("are memfs64, bindfs"), "{words}");
    }
}
