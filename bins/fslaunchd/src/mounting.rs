//! Mounts: when they appear, where they belong, and when they must go.
//!
//! What is known of mounts is read from the table of mounts. Nothing here
//! touches a mount point: a file system that does not answer stops nobody.

use std::{cell::RefCell, collections::HashSet, path::Path, rc::Rc};

use fslaunch_core::{instance::Event, table::InstanceId};
use fslaunch_os::mounts::{self, Watcher};
use tokio::{sync::Notify, task::spawn_local};

use crate::{launcher::Launcher, live::Mount};

/// The instances that wait for their mount to appear.
#[derive(Default)]
pub(crate) struct Mounting {
    awaited: RefCell<HashSet<InstanceId>>,
    more: Notify,
}

impl Mounting {
    /// Waits for the mount of an instance from now on.
    pub(crate) fn watch(&self, id: InstanceId) {
        self.awaited.borrow_mut().insert(id);
        self.more.notify_one();
    }
}

/// The mount that is an instance's: made where it was told, after it was
/// started, by the account that it runs as (security specification, rule 1).
pub(crate) fn find<'a>(
    table: &'a mounts::Table,
    mount: &Mount,
    at: &Path,
) -> Option<&'a mounts::Mount> {
    table.made_at(at, &mount.account, &mount.before)
}

/// A mount that was seen and is no more where it was.
pub(crate) fn find_moved<'a>(table: &'a mounts::Table, mount: &Mount) -> Option<&'a mounts::Mount> {
    table.moved(mount.seen.as_ref()?, &mount.account, &mount.before)
}

impl Launcher {
    /// Reports the mounts that instances wait for, for as long as there is a launcher.
    pub(crate) async fn watch_mounts(self: Rc<Self>, mut watcher: Watcher) {
        loop {
            if self.mounting.awaited.borrow().is_empty() {
                self.mounting.more.notified().await;
            }
            match watcher.table() {
                Ok(table) => self.report_mounts(&table),
                Err(error) => tracing::error!(%error, "failed to read the table of mounts"),
            }
            tokio::select! {
                changed = watcher.changed() => if let Err(error) = changed {
                    tracing::error!(%error, "failed to watch the table of mounts");
                    return;
                },
                () = self.mounting.more.notified() => {}
            }
        }
    }

    fn report_mounts(self: &Rc<Self>, table: &mounts::Table) {
        let awaited: Vec<InstanceId> = self.mounting.awaited.borrow().iter().copied().collect();
        for id in awaited {
            match self.appeared(id, table) {
                Appeared::NotYet => continue,
                Appeared::Gone => {}
                Appeared::InPlace => self.in_place(id),
                Appeared::Staged => {
                    let task = spawn_local(Rc::clone(self).attach(id));
                    self.with_live(id, |live| live.attaching = Some(task));
                }
            }
            self.mounting.awaited.borrow_mut().remove(&id);
        }
    }

    fn appeared(&self, id: InstanceId, table: &mounts::Table) -> Appeared {
        let mut live = self.live.borrow_mut();
        let Some(mount) = live.get_mut(&id).and_then(|live| live.mount.as_mut()) else {
            return Appeared::Gone;
        };
        let Some(found) = find(table, mount, &mount.made_at) else {
            return Appeared::NotYet;
        };
        mount.seen = Some(found.clone());
        match mount.destination {
            Some(_) => Appeared::Staged,
            None => Appeared::InPlace,
        }
    }

    /// Moves a mount that was made for somebody else to its place.
    async fn attach(self: Rc<Self>, id: InstanceId) {
        let staged = self.with_live(id, |live| {
            let mount = live.mount.as_mut()?;
            // It pins the caller's file system: it is held no longer than this takes.
            let folder = mount.destination.as_mut()?.folder.take()?;
            Some((mount.seen.as_ref()?.id, folder))
        });
        let (Some((mount_id, folder)), Some(staging)) = (staged, &self.parts.staging) else {
            return;
        };
        match staging.attach(&id.to_string(), mount_id, &folder).await {
            Ok(place) => {
                self.with_live(id, |live| {
                    let destination = live.mount.as_mut()?.destination.as_mut()?;
                    destination.path = place;
                    Some(())
                });
                self.in_place(id);
            }
            Err(error) => {
                self.note_place(id);
                self.apply(id, Event::MountFailed(error.to_string()));
            }
        }
    }

    fn in_place(self: &Rc<Self>, id: InstanceId) {
        self.note_place(id);
        self.apply(id, Event::Ready);
    }

    fn note_place(&self, id: InstanceId) {
        let place = self.with_live(id, |live| {
            live.mount.as_ref().map(|mount| mount.place().clone())
        });
        if let (Some(place), Some(entry)) = (place, self.table.borrow_mut().get_mut(id)) {
            entry.mount_point = Some(place.to_string_lossy().into_owned());
        }
    }

    /// Detaches what is left of the mount of an instance that has ended.
    pub(crate) async fn clear_mount(&self, id: InstanceId) {
        self.mounting.awaited.borrow_mut().remove(&id);
        // It ends in a few seconds. Later it would speak of another process's
        // mount, and move what nobody detaches any more.
        if let Some(attaching) = self.with_live(id, |live| live.attaching.take()) {
            let _ = attaching.await;
        }
        let mount = self.with_live(id, |live| live.mount.take());
        if let Some(mount) = mount {
            self.detach_all(id, &mount).await;
        }
    }

    /// Detaches an instance's mount, wherever it is by now.
    pub(crate) async fn detach_all(&self, id: InstanceId, mount: &Mount) {
        let mut places = vec![mount.made_at.clone(), mount.place().clone()];
        places.dedup();
        for place in places {
            self.detach(id, |table| find(table, mount, &place)).await;
        }
        self.detach(id, |table| find_moved(table, mount)).await;
        if let (Some(_), Some(staging)) = (&mount.destination, &self.parts.staging)
            && let Err(error) = staging.remove(&id.to_string()).await
        {
            tracing::error!(%id, %error, "failed to remove a staged mount point");
        }
    }
}

impl Launcher {
    /// Detaches a mount, if it is still there.
    async fn detach(
        &self,
        id: InstanceId,
        find: impl FnOnce(&mounts::Table) -> Option<&mounts::Mount>,
    ) {
        let table = match mounts::Table::read() {
            Ok(table) => table,
            Err(error) => return tracing::error!(%error, "failed to read the table of mounts"),
        };
        let Some(found) = find(&table) else { return };
        let place = &found.mount_point;
        match self.parts.spawner.detach(found.id, place).await {
            Ok(true) => tracing::info!(%id, ?place, "detached a mount left behind"),
            Ok(false) => {}
            Err(error) => tracing::error!(%id, ?place, %error, "failed to detach a mount"),
        }
    }
}

enum Appeared {
    NotYet,
    Gone,
    InPlace,
    Staged,
}
