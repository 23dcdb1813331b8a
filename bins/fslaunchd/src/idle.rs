//! Stopping only what nobody uses, for callers who may stop an instance and
//! can't unmount it: they have no other way to find out whether it is in use.

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use fslaunch_core::{
    instance::Phase,
    rights,
    table::{Entry, InstanceId},
};
use fslaunch_os::{mounts, mounts::Table, peer::Peer, process::Process};
use fslaunch_protocol::{Error, Target};
use tokio::time::timeout;

use crate::{
    launcher::{Launcher, Manner},
    mounting::{find, find_moved},
};

impl Launcher {
    /// Takes the mount of an instance away and stops it, unless somebody uses
    /// the mount.
    pub(crate) async fn stop_idle(
        self: &Rc<Self>,
        peer: &Peer,
        target: &Target,
    ) -> Result<(), Error> {
        let id = self.permitted(peer, target, rights::STOP, "stop")?;
        self.let_go(id, target).await?;
        if self.table.borrow().get(id).is_none() {
            // It ended by itself when it was unmounted.
            return Ok(());
        }
        self.finish(id, target, Manner::Done).await
    }

    /// Returns when nobody uses an instance any more.
    async fn let_go(&self, id: InstanceId, target: &Target) -> Result<(), Error> {
        let failed = |reason: String| Error::StopFailed {
            class: target.class.clone(),
            instance: target.instance.clone(),
            reason,
        };
        let table = Table::read()
            .map_err(|error| failed(format!("the table of mounts can't be read: {error}")))?;
        let (process, place, found) = match self.used(id, &table) {
            Used::ByNobody => return Ok(()),
            Used::Unstated => {
                let reason = "its class does not say where it is mounted, and so nobody can tell \
                              whether it is in use";
                return Err(failed(reason.to_owned()));
            }
            Used::Perhaps {
                process,
                place,
                found,
            } => (process, place, found),
        };
        let busy = |place: &Path, reason: &str| Error::MountPointBusy {
            mount_point: place.to_string_lossy().into_owned(),
            reason: reason.to_owned(),
        };
        if let Some(found) = found {
            let place = &found.mount_point;
            let unmounted = self.parts.spawner.unmount(found.id, place).await;
            if !unmounted.map_err(|error| failed(error.to_string()))? {
                return Err(busy(place, "somebody uses what is mounted there"));
            }
        }
        // Files that are open outlive a mount that was taken away lazily, and so does a copy of
        // it in another mount namespace. A file system ends by itself when its last user is gone.
        let grace = self
            .table
            .borrow()
            .get(id)
            .map_or(Default::default(), |entry| entry.settings.stop_grace);
        match timeout(grace, process.wait()).await {
            Ok(_) => Ok(()),
            Err(_) => Err(busy(
                &place,
                "nothing is mounted there any more, but the file system goes on: somebody may \
                 have files of it open",
            )),
        }
    }

    /// Whether somebody may use what an instance has mounted.
    fn used(&self, id: InstanceId, table: &Table) -> Used {
        let instances = self.table.borrow();
        let Some(Entry { life, .. }) = instances.get(id) else {
            return Used::ByNobody;
        };
        match life.phase {
            // Without a process there is no mount, and what ends already is not ended by us.
            Phase::Clearing(_)
            | Phase::Waiting(_)
            | Phase::Ended
            | Phase::Stopping(_)
            | Phase::Killing(_) => return Used::ByNobody,
            Phase::Spawning { .. } | Phase::Answering | Phase::Readying { .. } | Phase::Running => {
            }
        }
        let live = self.live.borrow();
        let Some(live) = live.get(&id) else {
            return Used::ByNobody;
        };
        let Some(process) = &live.process else {
            return Used::ByNobody;
        };
        let Some(mount) = &live.mount else {
            return Used::Unstated;
        };
        let found = find(table, mount, mount.place())
            .or_else(|| find(table, mount, &mount.made_at))
            .or_else(|| find_moved(table, mount));
        if found.is_none() && mount.seen.is_none() && life.phase != Phase::Running {
            // It has no mount yet.
            return Used::ByNobody;
        }
        Used::Perhaps {
            process: Rc::clone(process),
            place: mount.place().clone(),
            found: found.cloned(),
        }
    }
}

/// Who uses what an instance has mounted.
enum Used {
    /// There is nothing to use.
    ByNobody,
    /// Nobody can tell.
    Unstated,
    /// Who knows: it is mounted, or was.
    Perhaps {
        process: Rc<Process>,
        /// Where its mount belongs.
        place: PathBuf,
        /// Its mount, if it is there.
        found: Option<mounts::Mount>,
    },
}
