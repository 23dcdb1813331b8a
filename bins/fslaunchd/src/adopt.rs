//! What the daemon before this one left: instances that live on are taken in,
//! and what is left of the others is cleared away.

use std::{
    collections::HashSet,
    io,
    rc::Rc,
    time::{Duration, UNIX_EPOCH},
};

use fslaunch_core::{
    instance::{AnswerAt, End, Event, Exit, Phase, Recovery, SecretPolicy, Settings, Why},
    name::{ClassName, InstanceName},
    record::Ready,
    table::{Entry, InstanceId, Starter},
    tail::Tail,
};
use fslaunch_os::{
    cmdline,
    job::Job,
    mounts,
    process::Process,
    state::{MountRecord, Record},
};
use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    create::NOTICE,
    launcher::Launcher,
    live::{Destination, Live, Mount},
    mounting::find,
};

/// How long the system may take to tell a command line.
const PATIENCE: Duration = Duration::from_secs(1);

/// Takes in what is remembered, and begins to clear away what does not live
/// on; that goes on while callers are served, under the instance's name.
///
/// # Errors
/// What is remembered can't be read.
pub(crate) async fn adopt(launcher: &Rc<Launcher>) -> io::Result<()> {
    for (id, record) in launcher.parts.state.records()? {
        if record.boot != launcher.parts.boot {
            launcher.parts.state.forget(id);
            continue;
        }
        take_over(launcher, id, record).await;
    }
    clear_staging(launcher).await;
    clear_notices(launcher);
    Ok(())
}

async fn take_over(launcher: &Rc<Launcher>, id: InstanceId, record: Record) {
    let (process, job) = match find_process(&record) {
        Ok(found) => found,
        Err(error) => {
            let pid = record.pid;
            tracing::error!(%id, pid, %error, "failed to look for the process of an instance");
            return;
        }
    };
    let lives_on = process.is_some() && !record.job_control && record.decided;
    let phase = match lives_on {
        true => Phase::Running,
        false => Phase::Killing(End {
            why: Why::LauncherStops,
            answered: true,
            again: false,
        }),
    };
    let entry = match entry(&record, phase, command_line(&record, lives_on).await) {
        Ok(entry) => entry,
        Err(error) => {
            tracing::error!(%id, %error, "failed to understand what was remembered of an instance");
            return;
        }
    };
    if let Err(error) = launcher.table.borrow_mut().adopt(id, entry) {
        tracing::error!(%id, %error, "failed to take in an instance");
        return;
    }
    let mut mount = record
        .mount
        .as_ref()
        .map(|mount| self::mount(&record.account, mount));
    launcher.find_adopted(id, mount.as_mut());
    let live = Live {
        job,
        mount,
        ..Live::default()
    };
    launcher.live.borrow_mut().insert(id, live);
    let (class, instance) = (&record.class, &record.instance);
    tracing::info!(%id, ?class, ?instance, pid = record.pid, lives_on, "found");
    match process {
        Some(process) => {
            if !lives_on && let Err(error) = process.kill() {
                tracing::error!(%id, %error, "failed to kill what an earlier launcher left");
            }
            launcher.supervise(id, Rc::new(process));
        }
        None => launcher.apply(id, Event::Exited(Exit::Unknown)),
    }
}

/// The process of a record and its job, as far as they are still there. A
/// process is not the one that is meant if its job is gone (security
/// specification, rule 9).
fn find_process(record: &Record) -> io::Result<(Option<Process>, Option<Job>)> {
    let job = match record.job.as_ref().map(|path| Job::open(path)) {
        None => None,
        Some(Ok(job)) => Some(job),
        Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Ok((None, None)),
        Some(Err(error)) => return Err(error),
    };
    let process = Process::adopt(
        record.pid,
        record.start_time,
        record.image.as_deref(),
        job.clone(),
    )?;
    Ok((process, job))
}

/// Asks the system for the command line, which is in no record. The memory of
/// a process may be on a file system that does not answer.
async fn command_line(record: &Record, lives_on: bool) -> cmdline::Known {
    if !lives_on {
        return cmdline::Known::default();
    }
    let pid = record.pid;
    let asked = spawn_blocking(move || cmdline::of(pid).unwrap_or_default());
    match timeout(PATIENCE, asked).await {
        Ok(Ok(known)) => known,
        Ok(Err(_)) | Err(_) => cmdline::Known::default(),
    }
}

impl Launcher {
    /// Looks where the mount of an instance is that was found.
    fn find_adopted(&self, id: InstanceId, mount: Option<&mut Mount>) {
        let (Some(mount), Ok(table)) = (mount, mounts::Table::read()) else {
            return;
        };
        let places = [mount.place().clone(), mount.made_at.clone()];
        let found = places.iter().find_map(|place| find(&table, mount, place));
        mount.seen = found.cloned();
        if let (Some(found), Some(entry)) = (found, self.table.borrow_mut().get_mut(id)) {
            entry.mount_point = Some(found.mount_point.to_string_lossy().into_owned());
        }
    }
}

fn entry(
    record: &Record,
    phase: Phase,
    command_line: cmdline::Known,
) -> Result<Entry, Box<dyn std::error::Error>> {
    Ok(Entry {
        class: ClassName::parse(&record.class)?,
        instance: InstanceName::parse(&record.instance)?,
        starter: Starter {
            name: record.starter.clone(),
            sid: record.starter_sid.parse()?,
            administrator: record.starter_administrator,
        },
        run_as: record.run_as.clone(),
        since: UNIX_EPOCH + Duration::from_millis(record.since),
        descriptor: record.descriptor.parse()?,
        settings: Settings {
            secret: SecretPolicy::None,
            ready: Ready::Process,
            answer: AnswerAt::Ready,
            secret_timeout: Duration::ZERO,
            start_timeout: Duration::ZERO,
            stop_grace: Duration::from_millis(record.stop_grace),
            recovery: match record.recovery {
                true => Recovery::Unknown,
                false => Recovery::Never,
            },
        },
        command_line: command_line.words,
        command_text: command_line.text,
        pid: Some(record.pid),
        mount_point: None,
        output: Tail::default(),
        life: phase.into(),
        failure: None,
    })
}

fn mount(account: &str, record: &MountRecord) -> Mount {
    let before: HashSet<u64> = record.before.iter().copied().collect();
    let (made_at, destination) = match &record.staged {
        Some(staged) => {
            let destination = Destination {
                folder: None,
                path: record.path.clone(),
            };
            (staged.clone(), Some(destination))
        }
        None => (record.path.clone(), None),
    };
    Mount {
        made_at,
        destination,
        before,
        account: account.to_owned(),
        seen: None,
    }
}

/// Removes staged mount points that are no instance's any more.
async fn clear_staging(launcher: &Rc<Launcher>) {
    let Some(staging) = &launcher.parts.staging else {
        return;
    };
    let names = staging.instances().unwrap_or_default();
    for name in names {
        let alive = name
            .parse()
            .is_ok_and(|id| launcher.table.borrow().get(id).is_some());
        if !alive && let Err(error) = staging.remove(&name).await {
            tracing::error!(name, %error, "failed to remove a staged mount point");
        }
    }
}

/// Removes the sockets on which instances would have said that they are ready.
fn clear_notices(launcher: &Rc<Launcher>) {
    let files = std::fs::read_dir(&launcher.parts.places.runtime_dir);
    for file in files.into_iter().flatten().flatten() {
        if file.file_name().to_string_lossy().starts_with(NOTICE) {
            let _ = std::fs::remove_file(file.path());
        }
    }
}
