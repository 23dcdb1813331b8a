//! Stopping only what nobody uses, for callers who may stop an instance and
//! can't unmount it: they have no other way to find out whether it is in use.

use std::rc::Rc;

use fslaunch_core::{
    instance::Phase,
    rights,
    table::{Entry, InstanceId},
};
use fslaunch_os::{mounts::Table, peer::Peer};
use fslaunch_protocol::{Error, Target};

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
        self.unmount(id, target).await?;
        if self.table.borrow().get(id).is_none() {
            // It ended by itself when it was unmounted.
            return Ok(());
        }
        self.finish(id, target, Manner::Done).await
    }

    async fn unmount(&self, id: InstanceId, target: &Target) -> Result<(), Error> {
        let failed = |reason: String| Error::StopFailed {
            class: target.class.clone(),
            instance: target.instance.clone(),
            reason,
        };
        let has_process = |entry: &Entry| {
            !matches!(
                entry.life.phase,
                Phase::Clearing(_) | Phase::Waiting(_) | Phase::Ended
            )
        };
        if !self.table.borrow().get(id).is_some_and(has_process) {
            // Without a process there is no mount.
            return Ok(());
        }
        let table = Table::read()
            .map_err(|error| failed(format!("the table of mounts can't be read: {error}")))?;
        let found = {
            let live = self.live.borrow();
            let Some(live) = live.get(&id) else {
                return Ok(());
            };
            let Some(mount) = &live.mount else {
                let reason = "its class does not say where it is mounted, and so nobody can tell \
                              whether it is in use";
                return Err(failed(reason.to_owned()));
            };
            let found = find(&table, mount, mount.place());
            let found = found.or_else(|| find(&table, mount, &mount.made_at));
            found.or_else(|| find_moved(&table, mount)).cloned()
        };
        // One that has no mount yet, or none any more, is not in use.
        let Some(found) = found else { return Ok(()) };
        let place = &found.mount_point;
        match self.parts.spawner.unmount(found.id, place).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::MountPointBusy {
                mount_point: place.to_string_lossy().into_owned(),
                reason: "somebody uses what is mounted there".to_owned(),
            }),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}
