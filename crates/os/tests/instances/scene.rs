//! A FUSE file system that nobody here wrote, between a source and a mount
//! point.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fslaunch_os::mounts::{Mount, Table};
use fslaunch_os::plan::{Caller, FolderPolicy, MountPlan, Plan};
use fslaunch_os::spawner::{Launched, Spawner};
use fslaunch_os::staging::{self, Staging};
use rustix::process::{Pid, Signal, kill_process};

use crate::runner::skip;
use crate::stage::{
    Folder, NOBODY, any_plan, change_words, mounts_at, mounts_until, needs_root, new_fuse_at,
    own_mounts, plan,
};

pub(crate) const BINDFS: &str = "/usr/bin/bindfs";

fn needs_bindfs() {
    needs_root();
    if !Path::new(BINDFS).exists() {
        skip("needs bindfs (apt-get install bindfs)");
    }
    if !Path::new("/dev/fuse").exists() {
        skip("needs /dev/fuse");
    }
}

pub(crate) fn needs_fuse_for_all() {
    needs_bindfs();
    let mode = fs::metadata("/dev/fuse").unwrap().permissions().mode();
    if mode & 0o006 != 0o006 {
        skip("needs a /dev/fuse that everybody may open (chmod 666 /dev/fuse)");
    }
    if !Path::new("/usr/bin/fusermount3").exists() {
        skip("needs fusermount3 (apt-get install fuse3)");
    }
}

/// A folder with a source and a mount point, and the launcher's parts.
pub(crate) struct Scene {
    pub(crate) spawner: Spawner,
    pub(crate) folder: Folder,
    pub(crate) source: PathBuf,
    pub(crate) mount_point: PathBuf,
}

impl Scene {
    pub(crate) fn new() -> Self {
        needs_bindfs();
        own_mounts();
        let folder = Folder::new();
        let source = folder.folder("source", 0, 0o755);
        fs::write(source.join("hello"), "world").unwrap();
        let mount_point = folder.folder("mount", NOBODY, 0o755);
        Self {
            spawner: Spawner::new().unwrap(),
            folder,
            source,
            mount_point,
        }
    }

    pub(crate) fn bindfs(&self, place: &Path) -> Plan {
        plan(
            BINDFS,
            &["-f", self.source.to_str().unwrap(), place.to_str().unwrap()],
        )
    }

    pub(crate) async fn launch(&self, plan: Plan) -> Launched {
        self.spawner
            .prepare(&any_plan())
            .await
            .unwrap()
            .launch(plan, None)
            .await
            .unwrap()
    }

    /// Mounts at `place` and waits until it is ready.
    pub(crate) async fn mount(&self, place: &Path) -> (Launched, Mount) {
        let before = mounts_at(place);
        let launched = self.launch(self.bindfs(place)).await;
        let mount = mounts_until(|table| new_fuse_at(table, place, &before)).await;
        (launched, mount)
    }

    pub(crate) fn staging(&self) -> Staging {
        let path = self.folder.path().join("staging");
        Staging::open(&path, self.spawner.clone()).unwrap()
    }

    /// Has root mount for nobody in the staging folder; returns the checked folder too.
    pub(crate) async fn mount_staged(&self, staging: &Staging, id: &str) -> (Launched, Mount) {
        let place = staging.create(id, 0, 0).unwrap();
        let before = mounts_at(&place);
        let caller = Caller {
            uid: NOBODY,
            gid: NOBODY,
            groups: vec![NOBODY],
        };
        let policy = FolderPolicy {
            owned: true,
            under: Vec::new(),
        };
        let mut plan = self.bindfs(&place);
        let more = ["-o".to_owned(), "suid,dev,allow_other".to_owned()];
        change_words(&mut plan, |words| words.extend(more));
        plan.mount = Some(MountPlan::ForCaller {
            path: self.mount_point.clone(),
            caller,
            policy,
        });
        let launched = self.launch(plan).await;
        let mount = mounts_until(|table| new_fuse_at(table, &place, &before)).await;
        (launched, mount)
    }
}

pub(crate) fn folder_of(launched: &Launched) -> &staging::Folder {
    let place = launched.mount_point.as_ref().unwrap();
    place.folder.as_ref().unwrap()
}

pub(crate) fn by_id(id: u64) -> Option<Mount> {
    Table::read().unwrap().by_id(id).cloned()
}

pub(crate) fn stop(launched: &Launched) {
    let pid = Pid::from_raw(launched.process.pid().cast_signed()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
}

pub(crate) async fn end(launched: Launched) {
    launched.process.kill().unwrap();
    launched.process.wait().await.unwrap();
}

pub(crate) fn tmpfs(place: &Path) -> u64 {
    let flags = rustix::mount::MountFlags::empty();
    rustix::mount::mount(c"none", place, c"tmpfs", flags, None).unwrap();
    Table::read().unwrap().topmost_at(place).unwrap().id
}
