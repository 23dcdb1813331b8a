//! File systems that do not answer, and who waits for them.

use std::time::{Duration, Instant};

use fslaunch_os::detach::MountError;
use fslaunch_os::plan::MountPlan;
use fslaunch_os::spawn_error::SpawnError;

use crate::runner::tests;
use crate::scene::{Scene, by_id, end, stop};
use crate::stage::{any_plan, change_words, mounts_at, mounts_until, new_fuse_at, run};

tests![
    a_server_that_never_answers_does_not_hold_up_detaching,
    a_mount_point_beneath_a_server_that_never_answers_is_given_up,
    a_process_that_can_not_be_killed_is_handed_back,
];

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
        let mut plan = crate::stage::plan("/bin/true", &[]);
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
        // The shim goes, before the time of the test is over.
        while fslaunch_os::process::start_time(pid).unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
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
