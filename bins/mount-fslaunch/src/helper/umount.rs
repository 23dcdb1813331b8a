//! `umount.fslaunch`: takes a mount away and waits until its instance is gone.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use fslaunch_client::{Error as Client, Instance, Launcher};
use fslaunch_os::mounted::{self, Unmount};
use fslaunch_protocol::Error;

use super::arguments::UmountRequest;
use super::exit::Failure;
use super::{launchers, noted, place, tell};

/// What is left to those who may stop an instance and not unmount it.
const END_NOW: &str = "launchctl stop and umount.fslaunch -f end it now, whoever uses it";

/// How long a file system may take to end by itself when it was unmounted: as long as a class
/// has by default to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);
/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(20);

/// Unmounts. What is in use stays, unless it is to end all the same.
pub(crate) fn umount(request: &UmountRequest) -> Result<(), Failure> {
    let folder = place::of(&request.folder)?;
    let (mut launcher, instance) = instance_at(&folder)?;
    let words = format!(
        "umount.fslaunch: instance '{}' of class '{}' on {}",
        instance.instance,
        instance.class,
        folder.display()
    );
    tell(request.verbose, &words);
    if request.lazy {
        // It ends by itself when the last one has left.
        return detach(&folder, Unmount::Lazily).map_err(|error| refused(&folder, &error));
    }
    let mut force = request.force;
    if !force {
        match detach(&folder, Unmount::IfIdle) {
            // The launcher waits until it ends by itself, or says that somebody still uses it. Of
            // what it does not know the place of, it can't tell.
            Ok(()) if instance.mount_point.is_some() => {}
            Ok(()) if ends_by_itself(&mut launcher, &instance)? => force = true,
            Ok(()) => return Err(in_use(&folder, END_NOW)),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                let hint = "umount -l lets it end when nobody uses it, umount -f and launchctl stop end it now";
                return Err(in_use(&folder, hint));
            }
            // Who may not unmount may still be allowed to stop the instance: the launcher knows,
            // and whether it is in use as well.
            Err(_) => {}
        }
    }
    launcher.set_timeout(None)?;
    let Instance {
        class, instance, ..
    } = &instance;
    let stopped = match force {
        true => launcher.stop(class, instance),
        false => launcher.stop_idle(class, instance),
    };
    match stopped {
        // It ended by itself when it was unmounted.
        Ok(()) | Err(Client::Launcher(Error::InstanceNotFound { .. })) => Ok(()),
        Err(Client::Launcher(Error::MountPointBusy { .. })) => Err(in_use(&folder, END_NOW)),
        Err(error @ Client::Launcher(Error::StopFailed { .. })) if !force => {
            let failure = Box::new(Failure::from(error));
            Err(Failure::Hinted(failure, END_NOW.to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the process of an instance ends within a moment. Files that are open outlive a mount
/// that is taken away lazily or is copied into another mount namespace, and keep it.
fn ends_by_itself(launcher: &mut Launcher, instance: &Instance) -> Result<bool, Failure> {
    let deadline = Instant::now() + GRACE;
    loop {
        let goes_on = launcher.list()?.iter().any(|one| {
            let same = one.class == instance.class && one.instance == instance.instance;
            same && one.pid.is_some() && one.pid == instance.pid
        });
        if !goes_on || Instant::now() >= deadline {
            return Ok(!goes_on);
        }
        std::thread::sleep(LOOK);
    }
}

fn in_use(folder: &Path, hint: &str) -> Failure {
    let busy = Failure::Mount(format!("{} is in use", folder.display()));
    Failure::Hinted(Box::new(busy), hint.to_owned())
}

fn detach(folder: &Path, how: Unmount) -> io::Result<()> {
    let mount = place::mount_at(folder).map_err(|_| io::ErrorKind::Other)?;
    mount.map_or(Ok(()), |mount| mounted::unmount(&mount, how))
}

fn refused(folder: &Path, error: &io::Error) -> Failure {
    Failure::Mount(format!("{} can't be unmounted: {error}", folder.display()))
}

/// The instance whose mount is at a place, of the first launcher that has one.
fn instance_at(folder: &Path) -> Result<(Launcher, Instance), Failure> {
    let mut absent = None;
    let mut asked = false;
    let mount = place::mount_at(folder)?;
    for address in launchers::addresses() {
        let listed = launchers::connect(&address).and_then(|mut launcher| {
            let listed = launcher.list()?;
            Ok((launcher, listed))
        });
        match listed {
            Ok((launcher, listed)) => {
                asked = true;
                let at = listed.iter().position(|one| is_at(one, folder));
                let found = match (at, &mount) {
                    (Some(at), _) => Some(listed[at].clone()),
                    (None, Some(mount)) => noted::find(listed, mount)?,
                    (None, None) => None,
                };
                if let Some(found) = found {
                    return Ok((launcher, found));
                }
            }
            Err(error) => drop(absent.get_or_insert(error)),
        }
    }
    match absent {
        Some(error) if !asked => Err(error.into()),
        Some(_) | None => {
            let words = format!(
                "no instance that you may see is mounted on {}",
                folder.display()
            );
            Err(Failure::Mount(words))
        }
    }
}

fn is_at(instance: &Instance, folder: &Path) -> bool {
    let at = instance.mount_point.as_deref();
    instance.state.is_live() && at.is_some_and(|at| Path::new(at) == folder)
}
