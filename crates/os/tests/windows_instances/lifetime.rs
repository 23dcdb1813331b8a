//! What the launcher's death does to its instances.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use fslaunch_os::plan::Plan;
use fslaunch_os::process::{ExitStatus, Process, boot_id};
use fslaunch_os::spawner::Spawner;

use crate::instance::SEEN_BY_HANDLER;
use crate::runner::{Test, role, tests};
use crate::stage::{launch, line, plan, run, soon};

tests![
    the_launchers_death_ends_those_that_die_with_it_and_no_other,
    what_was_not_launched_dies_with_the_launcher,
    a_process_that_outlives_its_launcher_can_be_asked_to_end,
];

pub(crate) const ROLES: &[Test] = &[
    ("launcher", launcher),
    ("half_way", half_way),
    ("boot", boot),
];

fn boot() {
    println!("{}", boot_id().unwrap());
}

fn say(pid: u32, start_time: u64) {
    println!("{pid} {start_time}");
}

/// Starts a process that dies with it, one that does not, and waits for its death.
fn launcher() {
    run(async {
        for die_with_launcher in [true, false] {
            let planned = Plan {
                die_with_launcher,
                ..plan(if die_with_launcher { "tree" } else { "handler" }, &[])
            };
            let mut launched = launch(planned).await.unwrap();
            let said = line(&mut launched.stdout).await;
            if die_with_launcher {
                println!("{said}");
            }
            say(launched.process.pid(), launched.process.start_time());
            std::mem::forget(launched);
        }
        std::future::pending::<()>().await;
    });
}

/// Dies before the process runs that is to outlive it.
fn half_way() {
    run(async {
        let planned = Plan {
            die_with_launcher: false,
            ..plan("sleep", &[])
        };
        let prepared = soon(Spawner::new().unwrap().prepare(&planned))
            .await
            .unwrap();
        say(prepared.pid(), prepared.start_time());
        std::future::pending::<()>().await;
    });
}

fn started(name: &str, lines: usize) -> (Child, Vec<Process>) {
    let mut launcher = role(name).stdout(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(launcher.stdout.take().unwrap());
    let read = |_| {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        crate::adoption::look(&line)
    };
    let found = (0..lines).map(read).collect();
    (launcher, found)
}

fn kill(mut launcher: Child) {
    launcher.kill().unwrap();
    launcher.wait().unwrap();
}

fn the_launchers_death_ends_those_that_die_with_it_and_no_other() {
    run(async {
        let (launcher, found) = started("launcher", 3);
        let [descendant, dying, living] = found.try_into().unwrap();
        kill(launcher);
        soon(dying.wait()).await.unwrap();
        soon(descendant.wait()).await.unwrap();
        assert_eq!(living.status().unwrap(), None);
        living.kill().unwrap();
        soon(living.wait()).await.unwrap();
    });
}

fn what_was_not_launched_dies_with_the_launcher() {
    run(async {
        let (launcher, found) = started("half_way", 1);
        kill(launcher);
        soon(found[0].wait()).await.unwrap();
    });
}

fn a_process_that_outlives_its_launcher_can_be_asked_to_end() {
    run(async {
        let (launcher, found) = started("launcher", 3);
        let [_, dying, living] = found.try_into().unwrap();
        kill(launcher);
        soon(dying.wait()).await.unwrap();
        living.terminate().unwrap();
        let status = soon(living.wait()).await.unwrap();
        assert_eq!(status, ExitStatus::Exited(SEEN_BY_HANDLER));
    });
}
