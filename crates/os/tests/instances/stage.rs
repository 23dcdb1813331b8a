//! What the tests have in common: folders, plans, waiting.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fslaunch_os::mounts::{Mount, Table, Watcher};
use fslaunch_os::plan::{Account, Plan};
use fslaunch_os::process::ExitStatus;
use fslaunch_os::spawn_error::SpawnError;
use fslaunch_os::spawner::{Launched, Spawner};
use tokio::io::AsyncReadExt;

/// Accounts that every Debian has.
pub(crate) const DAEMON: u32 = 1;
pub(crate) const NOBODY: u32 = 65534;

/// Less than the watchdog's, so that it is known what hung.
const PATIENCE: Duration = Duration::from_secs(40);

/// Runs an asynchronous test as the launcher would.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, test)
            .await
            .expect("the test to end in time")
    })
}

pub(crate) fn needs_root() {
    if !rustix::process::geteuid().is_root() {
        crate::runner::skip("needs root");
    }
}

/// Gives the test mounts of its own. The kernel gives the ID of a mount that goes away to the
/// next that comes, and so another test's mount could be taken for one's own. As under systemd
/// they are shared, which is the harder case.
#[allow(unsafe_code)]
pub(crate) fn own_mounts() {
    use rustix::mount::{MountPropagationFlags, mount_change};
    // SAFETY: no descriptor table or memory is unshared that anything relies on being shared.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNS) }.unwrap();
    for kind in [
        MountPropagationFlags::PRIVATE,
        MountPropagationFlags::SHARED,
    ] {
        mount_change("/", kind | MountPropagationFlags::REC).unwrap();
    }
}

/// A folder that everybody can enter; removed on drop.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("fslaunch-os-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder.canonicalize().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A folder in it.
    pub(crate) fn folder(&self, name: &str, owner: u32, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        own(&path, owner);
        path
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str, content: &str, owner: u32, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        own(&path, owner);
        path
    }
}

fn own(path: &Path, owner: u32) {
    if owner != rustix::process::geteuid().as_raw() {
        chown(path, Some(owner), Some(owner)).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What a failed test left mounted in it must not be walked into, nor stay.
        let Ok(table) = Table::read() else { return };
        for mount in table
            .iter()
            .filter(|mount| mount.mount_point.starts_with(&self.0))
        {
            let _ = rustix::mount::unmount(&mount.mount_point, rustix::mount::UnmountFlags::DETACH);
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The user that the tests run as.
pub(crate) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// An account without limits of its own.
pub(crate) fn account(uid: u32) -> Account {
    Account {
        uid,
        gid: uid,
        groups: vec![uid],
        limits: Vec::new(),
    }
}

/// A plan for a program with arguments.
pub(crate) fn plan(executable: &str, arguments: &[&str]) -> Plan {
    let name = executable.rsplit('/').next().unwrap_or(executable);
    Plan {
        executable: executable.into(),
        arguments: [name]
            .iter()
            .chain(arguments)
            .map(|word| (*word).to_owned())
            .collect::<Vec<String>>()
            .into(),
        environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
        work_directory: "/".into(),
        account: None,
        job: None,
        stderr_file: None,
        one_output: false,
        die_with_launcher: false,
        stdin: false,
        mount: None,
    }
}

/// A plan for a process that comes to nothing: before it is launched all are alike.
pub(crate) fn any_plan() -> Plan {
    plan("/bin/true", &[])
}

/// Has a plan's program get other words.
pub(crate) fn change_words(plan: &mut Plan, change: impl FnOnce(&mut Vec<String>)) {
    let mut words = plan.arguments.words().to_vec();
    change(&mut words);
    plan.arguments = words.into();
}

pub(crate) fn shell(script: &str) -> Plan {
    plan("/bin/sh", &["-c", script])
}

pub(crate) async fn launch(plan: Plan) -> Result<Launched, SpawnError> {
    launch_with(plan, None).await
}

pub(crate) async fn launch_with(plan: Plan, secret: Option<&[u8]>) -> Result<Launched, SpawnError> {
    let spawner = Spawner::new().unwrap();
    let prepared = spawner.prepare(&plan).await.unwrap();
    let launched = prepared.launch(plan, secret).await;
    // As in the launcher, its thread lives until the end.
    std::mem::forget(spawner);
    launched.map_err(|failed| failed.error)
}

/// Runs a program to its end.
pub(crate) async fn output(plan: Plan) -> (String, String, ExitStatus) {
    let mut launched = launch(plan).await.unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    launched.stdout.read_to_string(&mut out).await.unwrap();
    if let Some(stderr) = &mut launched.stderr {
        stderr.read_to_string(&mut err).await.unwrap();
    }
    (out, err, launched.process.wait().await.unwrap())
}

/// Waits for a condition of the table of mounts.
pub(crate) async fn mounts_until<T>(mut found: impl FnMut(&Table) -> Option<T>) -> T {
    let mut watcher = Watcher::new().unwrap();
    loop {
        if let Some(found) = found(&watcher.table().unwrap()) {
            return found;
        }
        watcher.changed().await.unwrap();
    }
}

/// The IDs of the mounts at a place.
pub(crate) fn mounts_at(place: &Path) -> Vec<u64> {
    let table = Table::read().unwrap();
    let here = table.iter().filter(|mount| mount.mount_point == place);
    here.map(|mount| mount.id).collect()
}

/// The FUSE mount at a place that was not there before.
pub(crate) fn new_fuse_at(table: &Table, place: &Path, before: &[u64]) -> Option<Mount> {
    let top = table.topmost_at(place)?;
    (top.is_fuse() && !before.contains(&top.id)).then(|| top.clone())
}
