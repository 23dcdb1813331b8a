//! How processes end: by themselves, with the launcher, or because they must; and how another
//! launcher finds those that live on.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use fslaunch_os::job::{Job, JobRoot};
use fslaunch_os::plan::Plan;
use fslaunch_os::process::{ExitStatus, Process, start_time};
use fslaunch_os::spawner::{Launched, Spawner};
use tokio::io::{AsyncBufReadExt, AsyncReadExt};

use crate::runner::{Test, role, skip, tests};
use crate::stage::{any_plan, launch, plan, run, shell};

tests![
    the_launchers_death_ends_those_that_die_with_it_and_no_other,
    asked_to_end_a_process_may_say_goodbye,
    killing_reaches_the_process_group,
    killing_the_cgroup_reaches_those_that_left_the_session,
    a_cgroup_is_removed_with_what_is_in_it,
    the_cgroups_of_an_earlier_launcher_are_found,
    a_process_enters_its_cgroup,
    a_cgroup_that_is_gone_is_named,
    a_process_is_adopted_and_its_end_seen,
    a_process_with_another_start_time_is_not_adopted,
    a_process_that_is_gone_is_not_adopted,
    a_process_in_another_cgroup_is_not_adopted,
    a_process_that_was_let_go_leaves_no_zombie,
    a_launch_that_is_given_up_leaves_no_process,
    a_reserve_that_was_killed_is_replaced,
    the_reserve_ends_with_the_spawner,
    a_process_is_in_a_cgroup_from_the_beginning,
    a_process_may_have_another_cgroup_than_the_spawners,
    no_cgroup_is_left_of_a_launch_that_failed_or_of_the_reserve,
    a_cgroup_of_a_launcher_that_was_killed_is_removed_by_the_next,
];

pub(crate) const ROLES: &[Test] = &[("launcher", launcher)];

/// Starts two processes, says which, and waits for its death.
fn launcher() {
    run(async {
        let sleeper = |die_with_launcher| Plan {
            die_with_launcher,
            ..plan("/bin/sleep", &["60"])
        };
        let dying = launch(sleeper(true)).await.unwrap().process;
        let living = launch(sleeper(false)).await.unwrap().process;
        println!(
            "{} {} {} {}",
            dying.pid(),
            dying.start_time(),
            living.pid(),
            living.start_time()
        );
        std::future::pending::<()>().await;
    });
}

fn the_launchers_death_ends_those_that_die_with_it_and_no_other() {
    run(async {
        let mut launcher = role("launcher").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let numbers: Vec<u64> = line
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect();
        let adopt =
            |pid: u64, start_time| Process::adopt(pid.try_into().unwrap(), start_time, None, None);
        let dying = adopt(numbers[0], numbers[1]).unwrap().unwrap();
        let living = adopt(numbers[2], numbers[3]).unwrap().unwrap();
        launcher.kill().unwrap();
        launcher.wait().unwrap();
        assert_eq!(dying.wait().await.unwrap(), ExitStatus::Unknown);
        assert_eq!(living.status().unwrap(), None);
        living.kill().unwrap();
        living.wait().await.unwrap();
    });
}

/// Waits for a line that says the process is so far.
async fn said(launched: &mut Launched) -> String {
    let mut line = String::new();
    tokio::io::BufReader::new(&mut launched.stdout)
        .read_line(&mut line)
        .await
        .unwrap();
    line.trim_end().to_owned()
}

fn asked_to_end_a_process_may_say_goodbye() {
    run(async {
        let mut launched = launch(shell(
            "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done",
        ))
        .await
        .unwrap();
        said(&mut launched).await;
        launched.process.terminate().unwrap();
        assert_eq!(
            launched.process.wait().await.unwrap(),
            ExitStatus::Exited(3)
        );
        launched.process.terminate().expect("nothing to happen");
        launched.process.kill().expect("nothing to happen");
        assert_eq!(
            launched.process.status().unwrap(),
            Some(ExitStatus::Exited(3))
        );
    });
}

/// The standard output ends when the last process that has it has ended.
async fn all_ended(launched: &mut Launched) {
    let mut rest = Vec::new();
    launched.stdout.read_to_end(&mut rest).await.unwrap();
}

fn killing_reaches_the_process_group() {
    run(async {
        let mut launched = launch(shell("sleep 60 & echo up; trap '' TERM; wait; sleep 60"))
            .await
            .unwrap();
        said(&mut launched).await;
        launched.process.kill().unwrap();
        all_ended(&mut launched).await;
        // The leader is gone, those that it left are still found.
        let mut launched = launch(shell("sleep 60 & echo up")).await.unwrap();
        said(&mut launched).await;
        launched.process.wait().await.unwrap();
        launched.process.kill().unwrap();
        all_ended(&mut launched).await;
    });
}

fn cgroup(name: &str) -> Job {
    let Some(root) = JobRoot::detect() else {
        skip("needs a cgroup2 hierarchy that may be written to");
    };
    root.create(&format!("test-{}-{name}", std::process::id()))
        .unwrap()
}

async fn launch_in(cgroup: &Job, plan: Plan) -> Launched {
    launch(Plan {
        job: Some(cgroup.clone()),
        ..plan
    })
    .await
    .unwrap()
}

async fn remove(cgroup: &Job) {
    cgroup.remove(Duration::from_secs(10)).await.unwrap();
    assert!(!cgroup.path().exists());
}

fn killing_the_cgroup_reaches_those_that_left_the_session() {
    run(async {
        let cgroup = cgroup("session");
        let script = "setsid setsid sleep 60 & setsid sh -c 'sleep 60 & sleep 60' & echo up; wait";
        let mut launched = launch_in(&cgroup, shell(script)).await;
        said(&mut launched).await;
        launched.process.kill().unwrap();
        assert_eq!(
            launched.process.wait().await.unwrap(),
            ExitStatus::Signaled(libc::SIGKILL)
        );
        all_ended(&mut launched).await;
        remove(&cgroup).await;
    });
}

fn a_cgroup_is_removed_with_what_is_in_it() {
    run(async {
        let cgroup = cgroup("remove");
        std::fs::create_dir(cgroup.path().join("inner")).unwrap();
        let launched = launch_in(&cgroup, plan("/bin/sleep", &["60"])).await;
        remove(&cgroup).await;
        assert_eq!(
            launched.process.wait().await.unwrap(),
            ExitStatus::Signaled(libc::SIGKILL)
        );
        remove(&cgroup).await;
        cgroup.kill().expect("a cgroup that is gone has no process");
    });
}

fn the_cgroups_of_an_earlier_launcher_are_found() {
    run(async {
        let cgroup = cgroup("earlier");
        let id = format!("test-{}-earlier", std::process::id());
        let found = JobRoot::detect().unwrap().instances().unwrap();
        assert!(found.contains(&(id, cgroup.clone())), "{found:?}");
        assert_eq!(Job::open(cgroup.path()).unwrap(), cgroup);
        remove(&cgroup).await;
        Job::open(cgroup.path()).unwrap_err();
    });
}

fn a_process_enters_its_cgroup() {
    run(async {
        let cgroup = cgroup("enter");
        let launched = launch_in(&cgroup, plan("/bin/sleep", &["60"])).await;
        assert_eq!(cgroup.processes().unwrap(), [launched.process.pid()]);
        remove(&cgroup).await;
    });
}

fn a_cgroup_that_is_gone_is_named() {
    run(async {
        let cgroup = cgroup("gone");
        remove(&cgroup).await;
        let gone = cgroup.path().to_owned();
        let error = launch(Plan {
            job: Some(cgroup),
            ..plan("/bin/true", &[])
        })
        .await
        .unwrap_err();
        assert!(
            matches!(&error, fslaunch_os::spawn_error::SpawnError::Job { path, .. } if *path == gone),
            "{error:?}"
        );
    });
}

fn a_process_is_adopted_and_its_end_seen() {
    run(async {
        let launched = launch(plan("/bin/sleep", &["60"])).await.unwrap();
        let (pid, start_time) = (launched.process.pid(), launched.process.start_time());
        let adopted = Process::adopt(pid, start_time, None, None)
            .unwrap()
            .unwrap();
        adopted.kill().unwrap();
        adopted.wait().await.unwrap();
        assert_eq!(
            launched.process.wait().await.unwrap(),
            ExitStatus::Signaled(libc::SIGKILL)
        );
    });
}

fn a_process_with_another_start_time_is_not_adopted() {
    run(async {
        let launched = launch(plan("/bin/sleep", &["60"])).await.unwrap();
        let (pid, start_time) = (launched.process.pid(), launched.process.start_time());
        assert!(
            Process::adopt(pid, start_time + 1, None, None)
                .unwrap()
                .is_none()
        );
        launched.process.kill().unwrap();
    });
}

fn a_process_that_is_gone_is_not_adopted() {
    run(async {
        let launched = launch(plan("/bin/true", &[])).await.unwrap();
        let (pid, start_time) = (launched.process.pid(), launched.process.start_time());
        launched.process.wait().await.unwrap();
        // Still a zombie, then nothing.
        assert!(
            Process::adopt(pid, start_time, None, None)
                .unwrap()
                .is_none()
        );
        drop(launched);
        assert!(
            Process::adopt(pid, start_time, None, None)
                .unwrap()
                .is_none()
        );
    });
    run(async { assert!(Process::adopt(0, 0, None, None).unwrap().is_none()) });
}

fn a_process_in_another_cgroup_is_not_adopted() {
    run(async {
        let (own, other) = (cgroup("own"), cgroup("other"));
        let launched = launch_in(&own, plan("/bin/sleep", &["60"])).await;
        let adopt = |cgroup: &Job| {
            let process = &launched.process;
            Process::adopt(
                process.pid(),
                process.start_time(),
                None,
                Some(cgroup.clone()),
            )
            .unwrap()
        };
        assert!(adopt(&own).is_some());
        assert!(adopt(&other).is_none());
        remove(&other).await;
        assert!(adopt(&other).is_none());
        remove(&own).await;
    });
}

fn a_process_that_was_let_go_leaves_no_zombie() {
    run(async {
        let spawner = Spawner::new().unwrap();
        let launched = spawner
            .prepare(&any_plan())
            .await
            .unwrap()
            .launch(plan("/bin/sleep", &["60"]), None)
            .await
            .unwrap();
        let (pid, began) = (launched.process.pid(), launched.process.start_time());
        let adopted = Process::adopt(pid, began, None, None).unwrap().unwrap();
        drop(launched);
        assert_eq!(adopted.status().unwrap(), None, "it lives on");
        adopted.kill().unwrap();
        adopted.wait().await.unwrap();
        drop(spawner.prepare(&any_plan()).await.unwrap());
        assert_eq!(
            start_time(pid).unwrap(),
            None,
            "it was reaped at the next start"
        );
    });
}

fn a_launch_that_is_given_up_leaves_no_process() {
    run(async {
        let spawner = Spawner::new().unwrap();
        let prepared = spawner.prepare(&any_plan()).await.unwrap();
        let seen = Process::adopt(prepared.pid(), prepared.start_time(), None, None)
            .unwrap()
            .unwrap();
        // A shim that is stopped never answers.
        let pid = rustix::process::Pid::from_raw(prepared.pid().cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
        let launching = prepared.launch(plan("/bin/sleep", &["60"]), None);
        let given_up = tokio::time::timeout(Duration::from_millis(50), launching).await;
        assert!(given_up.is_err());
        seen.wait().await.unwrap();
    });
}

/// The shim that a spawner without work has put in reserve.
async fn reserve() -> Process {
    loop {
        let children = std::fs::read_dir("/proc/self/task")
            .unwrap()
            .flat_map(|thread| {
                std::fs::read_to_string(thread.unwrap().path().join("children"))
                    .unwrap_or_default()
                    .split_whitespace()
                    .map(|pid| pid.parse().unwrap())
                    .collect::<Vec<u32>>()
            });
        for pid in children {
            let began = start_time(pid).unwrap().unwrap();
            if let Some(found) = Process::adopt(pid, began, None, None).unwrap() {
                return found;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn a_reserve_that_was_killed_is_replaced() {
    run(async {
        let spawner = Spawner::new().unwrap();
        let spare = reserve().await;
        spare.kill().unwrap();
        spare.wait().await.unwrap();
        let prepared = spawner.prepare(&any_plan()).await.unwrap();
        assert_ne!(prepared.pid(), spare.pid());
        let launched = prepared.launch(plan("/bin/true", &[]), None).await.unwrap();
        assert_eq!(
            launched.process.wait().await.unwrap(),
            ExitStatus::Exited(0)
        );
    });
}

fn the_reserve_ends_with_the_spawner() {
    run(async {
        let spawner = Spawner::new().unwrap();
        let spare = reserve().await;
        assert_eq!(
            spawner.prepare(&any_plan()).await.unwrap().pid(),
            spare.pid()
        );
        let spare = reserve().await;
        drop(spawner);
        spare.wait().await.unwrap();
    });
}

fn cgroups() -> JobRoot {
    JobRoot::detect().unwrap_or_else(|| skip("needs a cgroup2 hierarchy that may be written to"))
}

fn a_process_is_in_a_cgroup_from_the_beginning() {
    let root = cgroups();
    run(async {
        let spawner = Spawner::in_jobs(root).unwrap();
        // From the cold, then from the reserve.
        for _ in 0..2 {
            let prepared = spawner.prepare(&any_plan()).await.unwrap();
            let cgroup = prepared.job().unwrap().clone();
            assert_eq!(cgroup.processes().unwrap(), [prepared.pid()]);
            let launched = prepared
                .launch(plan("/bin/sleep", &["60"]), None)
                .await
                .unwrap();
            assert_eq!(launched.process.job(), Some(&cgroup));
            assert_eq!(cgroup.processes().unwrap(), [launched.process.pid()]);
            remove(&cgroup).await;
            reserve().await;
        }
        spawner.close().await;
    });
}

fn a_process_may_have_another_cgroup_than_the_spawners() {
    let root = cgroups();
    run(async {
        let own = cgroup("wanted");
        let spawner = Spawner::in_jobs(root).unwrap();
        let prepared = spawner.prepare(&any_plan()).await.unwrap();
        let left = prepared.job().unwrap().clone();
        let mut plan = plan("/bin/sleep", &["60"]);
        plan.job = Some(own.clone());
        let launched = prepared.launch(plan, None).await.unwrap();
        assert_eq!(own.processes().unwrap(), [launched.process.pid()]);
        assert!(!left.path().exists());
        remove(&own).await;
        spawner.close().await;
    });
}

fn no_cgroup_is_left_of_a_launch_that_failed_or_of_the_reserve() {
    let root = cgroups();
    run(async {
        let spawner = Spawner::in_jobs(root).unwrap();
        let prepared = spawner.prepare(&any_plan()).await.unwrap();
        let failed = prepared.job().unwrap().clone();
        prepared
            .launch(plan("/nowhere", &[]), None)
            .await
            .unwrap_err();
        let prepared = spawner.prepare(&any_plan()).await.unwrap();
        let dropped = prepared.job().unwrap().clone();
        let seen = Process::adopt(prepared.pid(), prepared.start_time(), None, None)
            .unwrap()
            .unwrap();
        drop(prepared);
        seen.wait().await.unwrap();
        // It enters its cgroup after it was started; and what is found first may
        // be on its way out.
        let spares = loop {
            let spare = reserve().await;
            let name = format!("fslaunch-p{}-{}", spare.pid(), spare.start_time());
            let path = dropped.path().with_file_name(name);
            if path.exists() {
                break path;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        spawner.close().await;
        for path in [failed.path(), dropped.path(), &spares] {
            assert!(!path.exists(), "{path:?}");
        }
    });
}

fn a_cgroup_of_a_launcher_that_was_killed_is_removed_by_the_next() {
    let root = cgroups();
    run(async {
        let own = start_time(std::process::id()).unwrap().unwrap();
        let gone = root
            .create(&format!("p{}-{}", std::process::id(), own + 1))
            .unwrap();
        let there = root
            .create(&format!("p{}-{own}", std::process::id()))
            .unwrap();
        let other = cgroup("unrelated");
        let probe = root.create(&format!("probe-of-{}", std::process::id()));
        let spawner = Spawner::in_jobs(root).unwrap();
        assert!(!gone.path().exists());
        assert!(!probe.unwrap().path().exists());
        assert!(there.path().exists() && other.path().exists());
        remove(&there).await;
        remove(&other).await;
        spawner.close().await;
    });
}
