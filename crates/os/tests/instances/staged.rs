//! Mounts for other callers, which are made elsewhere and moved to their place.

use std::fs;
use std::time::{Duration, Instant};

use fslaunch_os::detach::MountError;
use fslaunch_os::mounts::Table;
use fslaunch_os::plan::{Caller, FolderPolicy, MountPlan};
use fslaunch_os::process::ExitStatus;
use fslaunch_os::staging::Staging;

use crate::runner::tests;
use crate::scene::{Scene, by_id, end, folder_of, needs_fuse_for_all, stop};
use crate::stage::{
    DAEMON, NOBODY, account, change_words, mounts_at, mounts_until, new_fuse_at, run,
};

tests![
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
