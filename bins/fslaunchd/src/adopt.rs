//! What the daemon before this one left: instances that live on are taken in,
//! and what is left of the others is cleared away.

use std::{
    collections::HashSet,
    io,
    rc::Rc,
    time::{Duration, UNIX_EPOCH},
};

use fslaunch_core::{
    instance::{Phase, SecretPolicy, Settings},
    name::{ClassName, InstanceName},
    record::Ready,
    table::{Entry, InstanceId, Starter},
    tail::Tail,
};
use fslaunch_os::{
    cgroup::Cgroup,
    cmdline, mounts,
    process::Process,
    state::{MountRecord, Record},
};
use tokio::time::timeout;

use crate::{
    launcher::Launcher,
    live::{Destination, Live, Mount},
    mounting::find,
};

/// How long a process that was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes in what is remembered.
///
/// # Errors
/// What is remembered can't be read.
pub(crate) async fn adopt(launcher: &Rc<Launcher>) -> io::Result<()> {
    let records = launcher.parts.state.records()?;
    for (id, record) in records {
        if record.boot != launcher.parts.boot {
            launcher.parts.state.forget(id);
            continue;
        }
        take_in_or_clear(launcher, id, record).await;
    }
    clear_staging(launcher).await;
    Ok(())
}

async fn take_in_or_clear(launcher: &Rc<Launcher>, id: InstanceId, record: Record) {
    let cgroup = record
        .cgroup
        .as_ref()
        .and_then(|path| Cgroup::open(path).ok());
    let process = match Process::adopt(record.pid, record.start_time, cgroup.clone()) {
        Ok(process) => process,
        Err(error) => {
            tracing::error!(%id, pid = record.pid, %error, "failed to look for an instance's process");
            return;
        }
    };
    match process {
        Some(process) if !record.job_control => take_in(launcher, id, &record, process).await,
        process => clear(launcher, id, &record, process, cgroup).await,
    }
}

async fn take_in(launcher: &Rc<Launcher>, id: InstanceId, record: &Record, process: Process) {
    let entry = match entry(record) {
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
    let mut live = Live {
        mount: record
            .mount
            .as_ref()
            .map(|mount| self::mount(record.uid, mount)),
        ..Live::default()
    };
    if let (Some(mount), Ok(table)) = (&mut live.mount, mounts::Table::read()) {
        let found = [mount.place().clone(), mount.made_at.clone()]
            .into_iter()
            .find_map(|place| find(&table, mount, &place));
        mount.id = found.map(|found| found.id);
        if let (Some(found), Some(entry)) = (found, launcher.table.borrow_mut().get_mut(id)) {
            entry.mount_point = Some(found.mount_point.to_string_lossy().into_owned());
        }
    }
    launcher.live.borrow_mut().insert(id, live);
    tracing::info!(%id, class = ?record.class, instance = ?record.instance, pid = record.pid, "taken in");
    launcher.supervise(id, Rc::new(process));
}

fn entry(record: &Record) -> Result<Entry, Box<dyn std::error::Error>> {
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
            secret_timeout: Duration::ZERO,
            start_timeout: Duration::ZERO,
            stop_grace: Duration::from_millis(record.stop_grace),
        },
        command_line: cmdline::of(record.pid).unwrap_or_default(),
        pid: Some(record.pid),
        mount_point: None,
        output: Tail::default(),
        phase: Phase::Running,
        failure: None,
    })
}

fn mount(uid: u32, record: &MountRecord) -> Mount {
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
        uid,
        id: None,
    }
}

async fn clear(
    launcher: &Rc<Launcher>,
    id: InstanceId,
    record: &Record,
    process: Option<Process>,
    cgroup: Option<Cgroup>,
) {
    tracing::info!(%id, class = ?record.class, instance = ?record.instance, "clearing away");
    if let Some(process) = &process {
        if let Err(error) = process.kill() {
            tracing::error!(%id, %error, "failed to kill the process of an earlier launcher");
        }
        let _ = timeout(PATIENCE, process.wait()).await;
    }
    if let Some(cgroup) = cgroup {
        let cleared = cgroup.kill();
        if let Err(error) = cleared.and(cgroup.remove(PATIENCE).await) {
            tracing::error!(%id, %error, "failed to clear the cgroup of an earlier launcher");
        }
    }
    if let Some(mount) = &record.mount {
        launcher
            .detach_all(id, &self::mount(record.uid, mount))
            .await;
    }
    launcher.parts.state.forget(id);
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
