//! Makes the process of an instance, with all that must be there before it.

use std::{collections::HashSet, fmt::Display, path::PathBuf, time::UNIX_EPOCH};

use fslaunch_core::{
    instance::Recovery,
    record::Ready,
    table::{Entry, InstanceId},
};
use fslaunch_os::{
    identity::Identity,
    mounts,
    notify::{NOTIFY_SOCKET, NotifySocket},
    plan::{MountPlan, Plan},
    process::Process,
    spawn_error::SpawnError,
    spawner::{Launched, Prepared},
    staging::Staging,
    state::{MountRecord, Record},
};
use fslaunch_protocol::Error;
use tokio::task::spawn_blocking;

use crate::{
    launcher::Launcher,
    live::{Destination, Mount},
    prepare::MadeOf,
};

/// How the names of sockets for `READY=1` begin.
pub(crate) const NOTICE: &str = "notify-";

/// Why there is no process that runs its program.
pub(crate) struct NotCreated {
    /// The cause.
    pub error: Error,
    /// A process that was killed and is not gone yet.
    pub process: Option<Process>,
}

impl From<Error> for NotCreated {
    fn from(error: Error) -> NotCreated {
        NotCreated {
            error,
            process: None,
        }
    }
}

impl Launcher {
    /// Makes the process. The instance is remembered before its program runs:
    /// whenever the daemon dies, the next one finds what there is.
    pub(crate) async fn create(
        &self,
        id: InstanceId,
        made_of: MadeOf,
    ) -> Result<Launched, NotCreated> {
        let MadeOf {
            mut plan,
            secret,
            identity,
        } = made_of;
        let identity = &identity;
        let failed = |reason: &dyn Display| self.start_failed(id, reason);
        self.listen_for_notice(id, &mut plan, identity)
            .map_err(|error| failed(&error))?;
        if let Some(staging) = self.staging(&plan) {
            let made = staging.create_for(&id.to_string(), identity);
            made.map_err(|error| failed(&error))?;
        }
        let table = match plan.mount {
            Some(_) => spawn_blocking(mounts::Table::read)
                .await
                .map_err(|error| failed(&error))?
                .map_err(|error| failed(&error))?,
            None => mounts::Table::default(),
        };
        let mount = self.told(id, &plan, identity, &table);
        self.with_live(id, |live| live.mount = mount);
        let prepared = self.parts.spawner.prepare(&plan).await;
        let prepared = prepared.map_err(|error| self.spawn_error(id, error))?;
        self.with_live(id, |live| live.job = prepared.job().cloned());
        let record = self.record(id, &prepared, &plan, identity)?;
        let record = self.note_mounts(id, record, &table);
        self.remember(id, record.clone())
            .await
            .map_err(|error| failed(&error))?;
        if !record.job_control {
            self.with_live(id, |live| live.undecided = Some(record.clone()));
        }
        let launched = prepared
            .launch(
                plan,
                secret.as_ref().map(|secret| secret.expose().as_bytes()),
            )
            .await
            .map_err(|failed| NotCreated {
                error: self.spawn_error(id, failed.error),
                process: failed.process,
            })?;
        Ok(self.place(id, launched, record, &table).await)
    }

    /// Where the mount is made, if that is not where it belongs.
    fn staging(&self, plan: &Plan) -> Option<&Staging> {
        let staged = plan.mount.as_ref().is_some_and(MountPlan::is_staged);
        self.parts.staging.as_ref().filter(|_| staged)
    }

    /// Where the instance is told to mount. What is mounted there already is
    /// not its own, whatever comes of it.
    fn told(
        &self,
        id: InstanceId,
        plan: &Plan,
        identity: &Identity,
        table: &mounts::Table,
    ) -> Option<Mount> {
        let path = plan.mount.as_ref()?.path().to_owned();
        let (made_at, destination) = match self.staging(plan) {
            Some(staging) => {
                let destination = Destination { folder: None, path };
                (staging.mount_point(&id.to_string()), Some(destination))
            }
            None => (path, None),
        };
        let mut mount = Mount {
            made_at,
            destination,
            before: HashSet::new(),
            account: identity.key(),
            seen: None,
        };
        mount.before = table.ids_at(&[&mount.made_at, mount.place()]);
        Some(mount)
    }

    /// Notes where the mount point really is, once the shim has opened it.
    async fn place(
        &self,
        id: InstanceId,
        mut launched: Launched,
        record: Record,
        table: &mounts::Table,
    ) -> Launched {
        let Some(found) = launched.mount_point.take() else {
            return launched;
        };
        self.with_live(id, |live| {
            let Some(mount) = &mut live.mount else { return };
            match &mut mount.destination {
                Some(destination) => {
                    destination.folder = found.folder;
                    destination.path = found.path;
                }
                None => mount.made_at = found.path,
            }
        });
        let new = self.note_mounts(id, record.clone(), table);
        if !new.job_control {
            self.with_live(id, |live| live.undecided = Some(new.clone()));
        }
        if new != record
            && let Err(error) = self.remember(id, new).await
        {
            tracing::warn!(%id, %error, "failed to remember where an instance mounts");
        }
        launched
    }

    /// Notes which mounts are at an instance's places already.
    fn note_mounts(&self, id: InstanceId, record: Record, table: &mounts::Table) -> Record {
        let mount = self.with_live(id, |live| {
            let mount = live.mount.as_mut()?;
            let place = mount.place().clone();
            mount.before = table.ids_at(&[&mount.made_at, &place]);
            let staged = mount.destination.as_ref().map(|_| mount.made_at.clone());
            let before = mount.before.iter().copied().collect();
            Some(MountRecord {
                path: place,
                staged,
                before,
            })
        });
        Record { mount, ..record }
    }

    fn listen_for_notice(
        &self,
        id: InstanceId,
        plan: &mut Plan,
        identity: &Identity,
    ) -> std::io::Result<()> {
        let ready = self
            .table
            .borrow()
            .get(id)
            .map(|entry| entry.settings.ready);
        if ready != Some(Ready::Notify) {
            return Ok(());
        }
        let path = self.parts.places.runtime_dir.join(format!("{NOTICE}{id}"));
        let socket = NotifySocket::bind_for(&path, identity)?;
        plan.environment
            .push((NOTIFY_SOCKET.into(), path.to_string_lossy().into_owned()));
        self.with_live(id, |live| live.notice = Some(socket));
        Ok(())
    }

    fn record(
        &self,
        id: InstanceId,
        prepared: &Prepared,
        plan: &Plan,
        identity: &Identity,
    ) -> Result<Record, Error> {
        let table = self.table.borrow();
        let Some(entry) = table.get(id) else {
            return Err(Error::Internal {
                reason: "the instance is gone".into(),
            });
        };
        let since = entry.since.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Record {
            boot: self.parts.boot.clone(),
            pid: prepared.pid(),
            start_time: prepared.start_time(),
            image: prepared.image().map(str::to_owned),
            job: prepared.job().map(|job| job.path().to_owned()),
            decided: false,
            class: entry.class.as_str().into(),
            instance: entry.instance.as_str().into(),
            starter: entry.starter.name.clone(),
            starter_sid: entry.starter.sid.to_string(),
            starter_administrator: entry.starter.administrator,
            run_as: entry.run_as.clone(),
            account: identity.key(),
            since: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            descriptor: entry.descriptor.to_string(),
            job_control: plan.die_with_launcher,
            recovery: entry.settings.recovery != Recovery::Never,
            stop_grace: u64::try_from(entry.settings.stop_grace.as_millis()).unwrap_or(u64::MAX),
            mount: None,
        })
    }

    /// Remembers that an instance is ready: from now on it may outlive the daemon.
    pub(crate) async fn remember_decided(&self, id: InstanceId, record: Record) {
        let decided = Record {
            decided: true,
            ..record
        };
        if let Err(error) = self.remember(id, decided).await {
            tracing::warn!(%id, %error, "failed to remember that an instance is ready");
        }
    }

    async fn remember(&self, id: InstanceId, record: Record) -> std::io::Result<()> {
        let state = self.parts.state.clone();
        spawn_blocking(move || state.remember(id, &record)).await?
    }

    fn start_failed(&self, id: InstanceId, reason: &dyn Display) -> Error {
        self.with_names(id, |class, instance| Error::StartFailed {
            class,
            instance,
            reason: reason.to_string(),
        })
    }

    fn with_names(&self, id: InstanceId, error: impl FnOnce(String, String) -> Error) -> Error {
        let table = self.table.borrow();
        let name =
            |name: fn(&Entry) -> &str| table.get(id).map(name).unwrap_or_default().to_owned();
        error(
            name(|entry| entry.class.as_str()),
            name(|entry| entry.instance.as_str()),
        )
    }

    /// The same cause as the client's error.
    fn spawn_error(&self, id: InstanceId, error: SpawnError) -> Error {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let reason = error.to_string();
        match error {
            SpawnError::ExecutableNotFound { path } | SpawnError::ExecutableDenied { path } => {
                let executable = text(path);
                self.with_names(id, |class, _| Error::ExecutableNotFound {
                    class,
                    executable,
                    reason,
                })
            }
            SpawnError::MountPointNotFound { path, .. } => Error::MountPointNotFound {
                mount_point: text(path),
            },
            SpawnError::MountPointNotAFolder { path, .. } => Error::MountPointNotAFolder {
                mount_point: text(path),
            },
            SpawnError::MountPointBusy { path, reason } => Error::MountPointBusy {
                mount_point: text(path),
                reason,
            },
            SpawnError::MountPointRefused { path, reason, .. } => Error::MountPointRefused {
                mount_point: text(path),
                reason,
            },
            error @ (SpawnError::ExecutableFormat { .. }
            | SpawnError::Exec { .. }
            | SpawnError::ProcessLimit { .. }
            | SpawnError::Account { .. }
            | SpawnError::Limit { .. }
            | SpawnError::Job { .. }
            | SpawnError::WorkDirectory { .. }
            | SpawnError::StderrFile { .. }
            | SpawnError::PlanInvalid { .. }
            | SpawnError::Launcher { .. }
            | SpawnError::ShimDied { .. }
            | SpawnError::TimedOut { .. }) => self.start_failed(id, &with_cause(&error)),
        }
    }
}

fn with_cause(error: &SpawnError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
