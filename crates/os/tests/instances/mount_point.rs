//! Mount points before anything is mounted: which are fit for use, and for whom.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use fslaunch_os::plan::{Caller, FolderPolicy, MountPlan, Plan};
use fslaunch_os::spawn_error::SpawnError;
use fslaunch_os::spawner::MountPoint;

use crate::runner::tests;
use crate::stage::{DAEMON, Folder, NOBODY, account, launch, needs_root, own_uid, plan, run};

tests![
    a_missing_mount_point_is_not_found,
    a_file_as_mount_point_is_not_a_folder,
    a_relative_mount_point_is_refused,
    a_folder_that_something_is_mounted_on_is_busy,
    ones_own_links_are_followed_and_the_place_is_told,
    a_mount_point_out_of_the_accounts_reach_is_refused,
    a_caller_may_use_a_folder_of_their_own,
    a_caller_may_not_use_a_folder_of_another,
    a_caller_may_use_what_is_beneath_an_allowed_folder,
    a_caller_may_not_use_the_allowed_folder_itself_nor_its_neighbour,
    a_caller_may_not_go_through_a_link,
    a_caller_may_not_go_where_they_may_not_look,
    a_caller_may_not_have_a_folder_of_proc_mounted_on,
    a_folder_of_the_caller_that_is_mounted_on_is_busy,
    the_process_is_root_again_after_the_look,
];

fn with_mount(mount: MountPlan) -> Plan {
    let mut plan = plan("/bin/true", &[]);
    plan.mount = Some(mount);
    plan
}

fn as_account(path: &Path) -> Result<Option<MountPoint>, SpawnError> {
    let plan = with_mount(MountPlan::AsAccount {
        path: path.to_owned(),
    });
    run(async { launch(plan).await.map(|launched| launched.mount_point) })
}

/// As root for nobody.
fn for_caller(path: &Path, owned: bool, under: &[&Path]) -> Result<MountPoint, SpawnError> {
    let caller = Caller {
        uid: NOBODY,
        gid: NOBODY,
        groups: vec![NOBODY],
    };
    let policy = FolderPolicy {
        owned,
        under: under.iter().map(PathBuf::from).collect(),
    };
    let plan = with_mount(MountPlan::ForCaller {
        path: path.to_owned(),
        caller,
        policy,
    });
    run(async {
        launch(plan)
            .await
            .map(|launched| launched.mount_point.unwrap())
    })
}

fn reason(error: &SpawnError) -> &str {
    let SpawnError::MountPointRefused { reason, .. } = error else {
        panic!("{error:?}")
    };
    reason
}

fn a_missing_mount_point_is_not_found() {
    let error = as_account(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(
        matches!(error, SpawnError::MountPointNotFound { .. }),
        "{error:?}"
    );
}

fn a_file_as_mount_point_is_not_a_folder() {
    let folder = Folder::new();
    let file = folder.file("file", "", own_uid(), 0o644);
    for path in [file.clone(), file.join("below")] {
        let error = as_account(&path).unwrap_err();
        assert!(
            matches!(error, SpawnError::MountPointNotAFolder { .. }),
            "{error:?}"
        );
    }
}

fn a_relative_mount_point_is_refused() {
    assert!(reason(&as_account(Path::new("tmp")).unwrap_err()).contains("absolute"));
}

fn a_folder_that_something_is_mounted_on_is_busy() {
    let error = as_account(Path::new("/proc")).unwrap_err();
    let SpawnError::MountPointBusy { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(reason, "proc is mounted there");
}

fn ones_own_links_are_followed_and_the_place_is_told() {
    let folder = Folder::new();
    let target = folder.folder("target", own_uid(), 0o755);
    let link = folder.path().join("link");
    symlink(&target, &link).unwrap();
    let found = as_account(&link).unwrap().unwrap();
    assert_eq!(found.path, target);
    assert!(found.folder.is_none());
}

fn a_mount_point_out_of_the_accounts_reach_is_refused() {
    needs_root();
    let folder = Folder::new();
    folder.folder("private", DAEMON, 0o700);
    let inside = folder.folder("private/inside", NOBODY, 0o755);
    let mut plan = with_mount(MountPlan::AsAccount { path: inside });
    plan.account = Some(account(NOBODY));
    let error = run(launch(plan)).unwrap_err();
    assert!(reason(&error).contains("may not go there"), "{error}");
}

fn a_caller_may_use_a_folder_of_their_own() {
    needs_root();
    let folder = Folder::new();
    let own = folder.folder("own", NOBODY, 0o700);
    let found = for_caller(&own, true, &[]).unwrap();
    assert_eq!(found.path, own);
    let opened = rustix::fs::fstat(found.folder.unwrap()).unwrap();
    assert_eq!(opened.st_ino, std::fs::metadata(&own).unwrap().ino());
}

fn a_caller_may_not_use_a_folder_of_another() {
    needs_root();
    let folder = Folder::new();
    let other = folder.folder("other", DAEMON, 0o777);
    for path in [other.as_path(), Path::new("/tmp"), Path::new("/etc")] {
        let error = for_caller(path, true, &[]).unwrap_err();
        assert!(reason(&error).contains("neither"), "{error}");
    }
}

fn a_caller_may_use_what_is_beneath_an_allowed_folder() {
    needs_root();
    let folder = Folder::new();
    let mnt = folder.folder("mnt", 0, 0o755);
    let share = folder.folder("mnt/share", 0, 0o755);
    assert_eq!(for_caller(&share, false, &[&mnt]).unwrap().path, share);
}

fn a_caller_may_not_use_the_allowed_folder_itself_nor_its_neighbour() {
    needs_root();
    let folder = Folder::new();
    let mnt = folder.folder("mnt", 0, 0o755);
    let neighbour = folder.folder("mnt2", 0, 0o755);
    folder.folder("mnt/x", 0, 0o755);
    for path in [mnt.clone(), neighbour.clone(), mnt.join("x/../../mnt2")] {
        let error = for_caller(&path, false, &[&mnt]).unwrap_err();
        assert!(reason(&error).contains("neither"), "{error}");
    }
    // One's own is not enough where the class says under which folders.
    let own = folder.folder("own", NOBODY, 0o755);
    for_caller(&own, false, &[&mnt]).unwrap_err();
}

fn a_caller_may_not_go_through_a_link() {
    needs_root();
    let folder = Folder::new();
    let own = folder.folder("own", NOBODY, 0o755);
    folder.folder("own/inner", NOBODY, 0o755);
    let link = folder.path().join("link");
    symlink(&own, &link).unwrap();
    for path in [
        link.clone(),
        link.join("inner"),
        PathBuf::from("/proc/self/cwd/tmp"),
    ] {
        let error = for_caller(&path, true, &[]).unwrap_err();
        assert!(reason(&error).contains("symbolic link"), "{error}");
    }
}

fn a_caller_may_not_go_where_they_may_not_look() {
    needs_root();
    let folder = Folder::new();
    folder.folder("private", DAEMON, 0o700);
    let inside = folder.folder("private/inside", NOBODY, 0o755);
    let error = for_caller(&inside, true, &[]).unwrap_err();
    assert!(reason(&error).contains("may not go there"), "{error}");
    // Nor may they find out what there is.
    let error = for_caller(&folder.path().join("private/nothing"), true, &[]).unwrap_err();
    assert!(reason(&error).contains("may not go there"), "{error}");
}

fn a_caller_may_not_have_a_folder_of_proc_mounted_on() {
    needs_root();
    let mut sleeper = plan("/bin/sleep", &["30"]);
    sleeper.account = Some(account(NOBODY));
    let process = run(launch(sleeper)).unwrap().process;
    let folder = format!("/proc/{}/net", process.pid());
    let error = for_caller(Path::new(&folder), true, &[]).unwrap_err();
    let tasks = format!("/proc/{}/task", process.pid());
    let other = for_caller(Path::new(&tasks), true, &[]).unwrap_err();
    process.kill().unwrap();
    assert!(reason(&error).contains("not for mounting on"), "{error}");
    assert!(reason(&other).contains("not for mounting on"), "{other}");
}

fn a_folder_of_the_caller_that_is_mounted_on_is_busy() {
    needs_root();
    let folder = Folder::new();
    let own = folder.folder("own", NOBODY, 0o755);
    let flags = rustix::mount::MountFlags::empty();
    rustix::mount::mount(c"none", &own, c"tmpfs", flags, c"uid=65534").unwrap();
    let error = for_caller(&own, true, &[]).unwrap_err();
    assert!(
        matches!(&error, SpawnError::MountPointBusy { reason, .. } if reason.contains("tmpfs")),
        "{error:?}"
    );
}

fn the_process_is_root_again_after_the_look() {
    needs_root();
    let folder = Folder::new();
    let path = folder.folder("own", NOBODY, 0o755);
    let caller = Caller {
        uid: NOBODY,
        gid: NOBODY,
        groups: vec![NOBODY, 12],
    };
    let policy = FolderPolicy {
        owned: true,
        under: Vec::new(),
    };
    let mut plan = plan("/bin/cat", &["/proc/self/status"]);
    plan.mount = Some(MountPlan::ForCaller {
        path,
        caller,
        policy,
    });
    let own = std::fs::read_to_string("/proc/self/status").unwrap();
    let (status, ..) = run(crate::stage::output(plan));
    for field in ["Uid:", "Gid:", "Groups:", "CapEff:", "CapPrm:"] {
        let line = |text: &str| {
            text.lines()
                .find(|line| line.starts_with(field))
                .map(str::to_owned)
        };
        assert_eq!(line(&status), line(&own));
    }
}
