//! Real FUSE mounts, by a file system that nobody here wrote.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fslaunch_os::detach::MountError;
use fslaunch_os::mounts::{Mount, Table};
use fslaunch_os::plan::{Caller, FolderPolicy, MountPlan, Plan};
use fslaunch_os::process::ExitStatus;
use fslaunch_os::spawn_error::SpawnError;
use fslaunch_os::spawner::{Launched, Spawner};
use fslaunch_os::staging::{self, Staging};
use rustix::process::{Pid, Signal, kill_process};

use crate::runner::{Test, role, skip, tests};
use crate::stage::{
    DAEMON, Folder, NOBODY, account, any_plan, change_words, mounts_at, mounts_until, needs_root,
    new_fuse_at, own_mounts, plan, run,
};

tests![
    a_mount_is_ready_and_a_stopped_file_system_leaves_none,
    a_mount_left_by_a_killed_server_is_detached,
    a_server_that_never_answers_does_not_hold_up_detaching,
    a_mount_point_beneath_a_server_that_never_answers_is_given_up,
    a_process_that_can_not_be_killed_is_handed_back,
    a_mount_with_another_id_is_left_alone,
    a_mount_that_is_no_fuse_mount_is_left_alone,
    a_mount_that_is_gone_is_no_error,
    a_mount_that_is_covered_is_left_alone,
    a_mount_behind_a_link_is_left_alone,
    an_ordinary_users_launcher_detaches_with_fusermount,
    a_staged_mount_moves_to_the_callers_folder_without_suid_and_devices,
    a_staged_mount_goes_to_the_folder_that_was_checked_whatever_its_path_means_now,
    a_staged_mount_of_a_server_that_never_answers_is_moved_and_detached,
    a_staged_mount_of_an_account_moves_too,
    a_mount_that_is_not_the_staged_one_is_not_moved,
    a_folder_that_was_removed_is_not_mounted_on,
    a_staging_folder_is_removed_with_what_is_mounted_in_it,
    a_staging_folder_is_taken_over_by_the_next_launcher,
    only_the_account_reaches_its_staged_mount_point_and_nobody_keeps_it_from_going,
    a_staging_folder_that_others_can_write_to_is_refused,
];

pub(crate) const ROLES: &[Test] = &[("detach_as_user", detach_as_user)];

const BINDFS: &str = "/usr/bin/bindfs";

fn needs_bindfs() {
    needs_root();
    if !Path::new(BINDFS).exists() {
        skip("needs bindfs (apt-get install bindfs)");
    }
    if !Path::new("/dev/fuse").exists() {
        skip("needs /dev/fuse");
    }
}

/// A folder with a source and a mount point, and the launcher's parts.
struct Scene {
    spawner: Spawner,
    folder: Folder,
    source: PathBuf,
    mount_point: PathBuf,
}

impl Scene {
    fn new() -> Self {
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

    fn bindfs(&self, place: &Path) -> Plan {
        plan(
            BINDFS,
            &["-f", self.source.to_str().unwrap(), place.to_str().unwrap()],
        )
    }

    async fn launch(&self, plan: Plan) -> Launched {
        self.spawner
            .prepare(&any_plan())
            .await
            .unwrap()
            .launch(plan, None)
            .await
            .unwrap()
    }

    /// Mounts at `place` and waits until it is ready.
    async fn mount(&self, place: &Path) -> (Launched, Mount) {
        let before = mounts_at(place);
        let launched = self.launch(self.bindfs(place)).await;
        let mount = mounts_until(|table| new_fuse_at(table, place, &before)).await;
        (launched, mount)
    }

    fn staging(&self) -> Staging {
        let path = self.folder.path().join("staging");
        Staging::open(&path, self.spawner.clone()).unwrap()
    }

    /// Has root mount for nobody in the staging folder; returns the checked folder too.
    async fn mount_staged(&self, staging: &Staging, id: &str) -> (Launched, Mount) {
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

fn folder_of(launched: &Launched) -> &staging::Folder {
    let place = launched.mount_point.as_ref().unwrap();
    place.folder.as_ref().unwrap()
}

fn by_id(id: u64) -> Option<Mount> {
    Table::read().unwrap().by_id(id).cloned()
}

fn stop(launched: &Launched) {
    let pid = Pid::from_raw(launched.process.pid().cast_signed()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
}

async fn end(launched: Launched) {
    launched.process.kill().unwrap();
    launched.process.wait().await.unwrap();
}

fn a_mount_is_ready_and_a_stopped_file_system_leaves_none() {
    let scene = Scene::new();
    run(async {
        let (launched, mount) = scene.mount(&scene.mount_point).await;
        assert!(
            mount.is_fuse() && mount.fs_type.starts_with("fuse"),
            "{mount:?}"
        );
        assert_eq!(
            fs::read_to_string(scene.mount_point.join("hello")).unwrap(),
            "world"
        );
        launched.process.terminate().unwrap();
        launched.process.wait().await.unwrap();
        mounts_until(|table| table.by_id(mount.id).is_none().then_some(())).await;
    });
}

fn a_mount_left_by_a_killed_server_is_detached() {
    let scene = Scene::new();
    run(async {
        let (launched, mount) = scene.mount(&scene.mount_point).await;
        end(launched).await;
        assert!(by_id(mount.id).is_some(), "it is left behind");
        scene
            .spawner
            .detach(mount.id, &scene.mount_point)
            .await
            .unwrap();
        assert_eq!(by_id(mount.id), None);
    });
}

fn a_server_that_never_answers_does_not_hold_up_detaching() {
    let scene = Scene::new();
    run(async {
        let (launched, mount) = scene.mount(&scene.mount_point).await;
        stop(&launched);
        let begun = Instant::now();
        scene
            .spawner
            .detach(mount.id, &scene.mount_point)
            .await
            .unwrap();
        assert_eq!(by_id(mount.id), None);
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        end(launched).await;
    });
}

fn a_mount_point_beneath_a_server_that_never_answers_is_given_up() {
    let scene = Scene::new();
    run(async {
        let (launched, mount) = scene.mount(&scene.mount_point).await;
        stop(&launched);
        let mut plan = plan("/bin/true", &[]);
        plan.mount = Some(MountPlan::AsAccount {
            path: scene.mount_point.join("inner"),
        });
        let prepared = scene.spawner.prepare(&any_plan()).await.unwrap();
        let pid = prepared.pid();
        let waiting = tokio::spawn(prepared.launch(plan, None));
        // Meanwhile the launcher does other things.
        crate::stage::launch(crate::stage::plan("/bin/true", &[]))
            .await
            .unwrap();
        let failed = waiting.await.unwrap().unwrap_err();
        let error = failed.error;
        assert!(matches!(error, SpawnError::TimedOut { .. }), "{error:?}");
        assert!(failed.process.is_none(), "it could be killed");
        let inner = scene
            .spawner
            .detach(mount.id, &scene.mount_point.join("inner"))
            .await
            .unwrap_err();
        assert!(matches!(inner, MountError::TimedOut { .. }), "{inner:?}");
        scene
            .spawner
            .detach(mount.id, &scene.mount_point)
            .await
            .unwrap();
        end(launched).await;
        drop(scene.spawner.prepare(&any_plan()).await.unwrap());
        assert_eq!(
            fslaunch_os::process::start_time(pid).unwrap(),
            None,
            "the shim is gone"
        );
    });
}

fn a_process_that_can_not_be_killed_is_handed_back() {
    let scene = Scene::new();
    let second = scene.folder.folder("second", 0, 0o755);
    run(async {
        let (first, _) = scene.mount(&scene.mount_point).await;
        let before = mounts_at(&second);
        let mut plan = scene.bindfs(&second);
        let source = scene.mount_point.to_str().unwrap().to_owned();
        change_words(&mut plan, |words| {
            let second = second.to_str().unwrap();
            let at = words.iter().rposition(|word| word == second);
            words[at.unwrap() - 1] = source;
        });
        let other = scene.launch(plan).await;
        mounts_until(|table| new_fuse_at(table, &second, &before)).await;
        // The second has taken the question when it waits for the first: that can't be undone.
        stop(&first);
        let mut plan = crate::stage::plan("/bin/true", &[]);
        plan.mount = Some(MountPlan::AsAccount {
            path: second.join("inner"),
        });
        let prepared = scene.spawner.prepare(&any_plan()).await.unwrap();
        let failed = prepared.launch(plan, None).await.unwrap_err();
        assert!(matches!(failed.error, SpawnError::TimedOut { .. }));
        let hanging = failed.process.expect("it hangs");
        assert_eq!(hanging.status().unwrap(), None);
        end(first).await;
        hanging.wait().await.unwrap();
        end(other).await;
    });
}

fn a_mount_with_another_id_is_left_alone() {
    let scene = Scene::new();
    let second = scene.folder.folder("second", 0, 0o755);
    run(async {
        let (one, mount) = scene.mount(&scene.mount_point).await;
        let (two, other) = scene.mount(&second).await;
        let error = scene
            .spawner
            .detach(other.id, &scene.mount_point)
            .await
            .unwrap_err();
        assert!(matches!(error, MountError::NotOurs { .. }), "{error:?}");
        assert!(by_id(mount.id).is_some() && by_id(other.id).is_some());
        for (launched, mount) in [(one, mount), (two, other)] {
            end(launched).await;
            scene
                .spawner
                .detach(mount.id, &mount.mount_point)
                .await
                .unwrap();
        }
    });
}

fn tmpfs(place: &Path) -> u64 {
    let flags = rustix::mount::MountFlags::empty();
    rustix::mount::mount(c"none", place, c"tmpfs", flags, None).unwrap();
    Table::read().unwrap().topmost_at(place).unwrap().id
}

fn a_mount_that_is_no_fuse_mount_is_left_alone() {
    let scene = Scene::new();
    run(async {
        let id = tmpfs(&scene.mount_point);
        let error = scene
            .spawner
            .detach(id, &scene.mount_point)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, MountError::NotOurs { reason, .. } if reason.contains("tmpfs")),
            "{error:?}"
        );
        assert!(by_id(id).is_some());
    });
}

fn a_mount_that_is_gone_is_no_error() {
    let scene = Scene::new();
    run(async {
        let unused = Table::read()
            .unwrap()
            .iter()
            .map(|mount| mount.id)
            .max()
            .unwrap()
            + 100_000;
        scene
            .spawner
            .detach(unused, &scene.mount_point)
            .await
            .unwrap();
    });
}

fn a_mount_that_is_covered_is_left_alone() {
    let scene = Scene::new();
    run(async {
        let (launched, mount) = scene.mount(&scene.mount_point).await;
        let cover = tmpfs(&scene.mount_point);
        let error = scene
            .spawner
            .detach(mount.id, &scene.mount_point)
            .await
            .unwrap_err();
        assert!(matches!(error, MountError::NotOurs { .. }), "{error:?}");
        assert!(by_id(cover).is_some());
        end(launched).await;
    });
}

fn a_mount_behind_a_link_is_left_alone() {
    let scene = Scene::new();
    run(async {
        let (launched, mount) = scene.mount(&scene.mount_point).await;
        let link = scene.folder.path().join("link");
        std::os::unix::fs::symlink(&scene.mount_point, &link).unwrap();
        scene.spawner.detach(mount.id, &link).await.unwrap_err();
        assert!(by_id(mount.id).is_some());
        end(launched).await;
    });
}

/// As an ordinary user: mounts with fusermount3, kills the server, detaches.
fn detach_as_user() {
    let place = PathBuf::from(std::env::var_os("PLACE").unwrap());
    run(async {
        let spawner = Spawner::new().unwrap();
        let before = mounts_at(&place);
        let bindfs = plan(
            BINDFS,
            &["--no-allow-other", "-f", "/etc", place.to_str().unwrap()],
        );
        let launched = spawner
            .prepare(&any_plan())
            .await
            .unwrap()
            .launch(bindfs, None)
            .await
            .unwrap();
        let mount = mounts_until(|table| new_fuse_at(table, &place, &before)).await;
        assert!(mount.options.contains("nosuid,nodev"), "{mount:?}");
        end(launched).await;
        let wrong = spawner
            .detach(mount.id, place.parent().unwrap())
            .await
            .unwrap_err();
        assert!(matches!(wrong, MountError::NotOurs { .. }), "{wrong:?}");
        spawner.detach(mount.id, &place).await.unwrap();
        assert_eq!(by_id(mount.id), None);
    });
}

fn an_ordinary_users_launcher_detaches_with_fusermount() {
    needs_fuse_for_all();
    let scene = Scene::new();
    let place = scene.folder.folder("user", DAEMON, 0o755);
    let status = role("detach_as_user")
        .env("PLACE", place)
        .uid(DAEMON)
        .gid(DAEMON)
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}

fn needs_fuse_for_all() {
    needs_bindfs();
    let mode = fs::metadata("/dev/fuse").unwrap().permissions().mode();
    if mode & 0o006 != 0o006 {
        skip("needs a /dev/fuse that everybody may open (chmod 666 /dev/fuse)");
    }
    if !Path::new("/usr/bin/fusermount3").exists() {
        skip("needs fusermount3 (apt-get install fuse3)");
    }
}

fn a_staged_mount_moves_to_the_callers_folder_without_suid_and_devices() {
    let scene = Scene::new();
    let staging = scene.staging();
    run(async {
        let (launched, staged) = scene.mount_staged(&staging, "a1").await;
        assert!(!staged.options.contains("nosuid"), "{staged:?}");
        let place = staging
            .attach("a1", staged.id, folder_of(&launched))
            .await
            .unwrap();
        assert_eq!(place, scene.mount_point);
        let moved = by_id(staged.id).unwrap();
        assert_eq!(moved.mount_point, scene.mount_point);
        assert!(moved.options.contains("nosuid,nodev"), "{moved:?}");
        assert_eq!(fs::read_to_string(place.join("hello")).unwrap(), "world");
        staging.remove("a1").await.unwrap();
        assert!(!staging.mount_point("a1").exists());
        launched.process.terminate().unwrap();
        launched.process.wait().await.unwrap();
        // The file system would unmount where it mounted.
        scene.spawner.detach(staged.id, &place).await.unwrap();
        assert_eq!(by_id(staged.id), None);
    });
}

fn a_staged_mount_goes_to_the_folder_that_was_checked_whatever_its_path_means_now() {
    let scene = Scene::new();
    let staging = scene.staging();
    run(async {
        let (launched, staged) = scene.mount_staged(&staging, "a2").await;
        let victim = scene.folder.folder("victim", 0, 0o755);
        let moved_away = scene.folder.path().join("elsewhere");
        fs::rename(&scene.mount_point, &moved_away).unwrap();
        std::os::unix::fs::symlink(&victim, &scene.mount_point).unwrap();
        let place = staging
            .attach("a2", staged.id, folder_of(&launched))
            .await
            .unwrap();
        assert_eq!(place, moved_away);
        assert!(!victim.join("hello").exists());
        end(launched).await;
        scene.spawner.detach(staged.id, &place).await.unwrap();
        staging.remove("a2").await.unwrap();
    });
}

fn a_staged_mount_of_a_server_that_never_answers_is_moved_and_detached() {
    let scene = Scene::new();
    let staging = scene.staging();
    run(async {
        let (launched, staged) = scene.mount_staged(&staging, "a3").await;
        stop(&launched);
        let begun = Instant::now();
        let place = staging
            .attach("a3", staged.id, folder_of(&launched))
            .await
            .unwrap();
        scene.spawner.detach(staged.id, &place).await.unwrap();
        staging.remove("a3").await.unwrap();
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        end(launched).await;
    });
}

fn a_staged_mount_of_an_account_moves_too() {
    needs_fuse_for_all();
    let scene = Scene::new();
    let staging = scene.staging();
    run(async {
        let place = staging.create("a4", DAEMON, DAEMON).unwrap();
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
        let mut plan = scene.bindfs(&place);
        change_words(&mut plan, |words| {
            words.insert(1, "--no-allow-other".to_owned());
        });
        plan.account = Some(account(DAEMON));
        plan.mount = Some(MountPlan::ForCaller {
            path: scene.mount_point.clone(),
            caller,
            policy,
        });
        let launched = scene.launch(plan).await;
        let staged = mounts_until(|table| new_fuse_at(table, &place, &before)).await;
        let place = staging
            .attach("a4", staged.id, folder_of(&launched))
            .await
            .unwrap();
        assert_eq!(place, scene.mount_point);
        end(launched).await;
        scene.spawner.detach(staged.id, &place).await.unwrap();
        staging.remove("a4").await.unwrap();
    });
}

fn a_mount_that_is_not_the_staged_one_is_not_moved() {
    let scene = Scene::new();
    let staging = scene.staging();
    let second = scene.folder.folder("second", 0, 0o755);
    run(async {
        let (launched, staged) = scene.mount_staged(&staging, "a5").await;
        let (other, mount) = scene.mount(&second).await;
        let error = staging
            .attach("a5", mount.id, folder_of(&launched))
            .await
            .unwrap_err();
        assert!(matches!(error, MountError::NotOurs { .. }), "{error:?}");
        let error = staging
            .attach("other", staged.id, folder_of(&launched))
            .await
            .unwrap_err();
        assert!(matches!(error, MountError::System { .. }), "{error:?}");
        assert_eq!(by_id(mount.id).unwrap().mount_point, second);
        assert_eq!(
            by_id(staged.id).unwrap().mount_point,
            staging.mount_point("a5")
        );
        end(launched).await;
        end(other).await;
    });
}

fn a_folder_that_was_removed_is_not_mounted_on() {
    let scene = Scene::new();
    let staging = scene.staging();
    run(async {
        let (launched, staged) = scene.mount_staged(&staging, "a6").await;
        fs::remove_dir(&scene.mount_point).unwrap();
        let error = staging
            .attach("a6", staged.id, folder_of(&launched))
            .await
            .unwrap_err();
        let MountError::System { source, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(source.raw_os_error(), Some(libc::ENOENT));
        end(launched).await;
        staging.remove("a6").await.unwrap();
        assert_eq!(by_id(staged.id), None);
    });
}

fn a_staging_folder_is_removed_with_what_is_mounted_in_it() {
    let scene = Scene::new();
    let staging = scene.staging();
    run(async {
        let (launched, staged) = scene.mount_staged(&staging, "a7").await;
        stop(&launched);
        staging.remove("a7").await.unwrap();
        assert_eq!(by_id(staged.id), None);
        assert_eq!(staging.instances().unwrap(), Vec::<String>::new());
        staging.remove("a7").await.expect("nothing to remove");
        end(launched).await;
    });
}

fn a_staging_folder_is_taken_over_by_the_next_launcher() {
    let scene = Scene::new();
    let staging = scene.staging();
    staging.create("a8", 0, 0).unwrap();
    let count = |table: Table| {
        table
            .iter()
            .filter(|mount| mount.mount_point.ends_with("staging"))
            .count()
    };
    let before = count(Table::read().unwrap());
    let path = scene.folder.path().join("staging");
    let words = Staging::open(&path, scene.spawner.clone())
        .unwrap_err()
        .to_string();
    assert!(words.contains("in use by another launcher"), "{words}");
    drop(staging);
    let next = scene.staging();
    assert_eq!(count(Table::read().unwrap()), before);
    assert_eq!(next.instances().unwrap(), ["a8"]);
    next.create("a8", 0, 0).unwrap_err();
}

fn only_the_account_reaches_its_staged_mount_point_and_nobody_keeps_it_from_going() {
    let scene = Scene::new();
    let staging = scene.staging();
    let place = staging.create("a9", DAEMON, DAEMON).unwrap();
    run(async {
        let as_account = |uid, script: &str| {
            let mut plan = crate::stage::shell(&format!("cd {} && {script}", place.display()));
            plan.account = Some(account(uid));
            plan
        };
        let script = "mkdir full && touch full/file && ! touch ../own && ! ls ..";
        let (_, words, status) = crate::stage::output(as_account(DAEMON, script)).await;
        assert_eq!(status, ExitStatus::Exited(0), "{words}");
        let (.., status) = crate::stage::output(as_account(NOBODY, "true")).await;
        assert_ne!(status, ExitStatus::Exited(0));
        staging.remove("a9").await.unwrap();
        assert!(staging.instances().unwrap().is_empty());
    });
}

fn a_staging_folder_that_others_can_write_to_is_refused() {
    let scene = Scene::new();
    for (name, owner, mode) in [("open", 0, 0o777), ("theirs", NOBODY, 0o755)] {
        let path = scene.folder.folder(name, owner, mode);
        Staging::open(&path, scene.spawner.clone()).unwrap_err();
    }
}
