//! What is left of a mount, and what is not ours to take away.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use fslaunch_os::detach::MountError;
use fslaunch_os::mounts::Table;
use fslaunch_os::spawner::Spawner;

use crate::runner::{Test, role, tests};
use crate::scene::{BINDFS, Scene, by_id, end, needs_fuse_for_all, tmpfs};
use crate::stage::{DAEMON, any_plan, mounts_at, mounts_until, new_fuse_at, plan, run};

tests![
    a_mount_is_ready_and_a_stopped_file_system_leaves_none,
    a_mount_left_by_a_killed_server_is_detached,
    a_mount_with_another_id_is_left_alone,
    a_mount_that_is_no_fuse_mount_is_left_alone,
    a_mount_that_is_gone_is_no_error,
    a_mount_that_is_covered_is_left_alone,
    a_mount_behind_a_link_is_left_alone,
    what_somebody_uses_is_not_unmounted_and_what_is_not_ours_neither,
    an_ordinary_users_launcher_detaches_with_fusermount,
];

pub(crate) const ROLES: &[Test] = &[("detach_as_user", detach_as_user)];

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

fn what_somebody_uses_is_not_unmounted_and_what_is_not_ours_neither() {
    let scene = Scene::new();
    run(async {
        let place = &scene.mount_point;
        let (launched, mount) = scene.mount(place).await;
        let used = fs::File::open(place.join("hello")).unwrap();
        assert!(!scene.spawner.unmount(mount.id, place).await.unwrap());
        assert!(by_id(mount.id).is_some());
        drop(used);
        let cover = tmpfs(place);
        for id in [mount.id, cover] {
            let error = scene.spawner.unmount(id, place).await.unwrap_err();
            assert!(matches!(error, MountError::NotOurs { .. }), "{error:?}");
        }
        let covering = rustix::mount::UnmountFlags::empty();
        rustix::mount::unmount(place, covering).unwrap();
        let link = scene.folder.path().join("link");
        std::os::unix::fs::symlink(place, &link).unwrap();
        scene.spawner.unmount(mount.id, &link).await.unwrap_err();
        assert!(by_id(mount.id).is_some());
        assert!(scene.spawner.unmount(mount.id, place).await.unwrap());
        assert_eq!(by_id(mount.id), None);
        assert!(scene.spawner.unmount(mount.id, place).await.unwrap());
        launched.process.wait().await.unwrap();
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
        let used = fs::File::open(place.join("hostname")).unwrap();
        assert!(!spawner.unmount(mount.id, &place).await.unwrap());
        drop(used);
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
