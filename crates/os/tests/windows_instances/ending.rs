//! How instances are made to end.

use std::time::Duration;

use fslaunch_os::process::ExitStatus;

use crate::instance::{SEEN_BY_HANDLER, SEEN_BY_TOKIO};
use crate::runner::tests;
use crate::stage::{finish, launch, line, plan, run, soon};

tests![
    ctrl_break_reaches_a_handler,
    ctrl_break_reaches_tokio,
    ctrl_break_ends_a_process_without_a_handler,
    ctrl_break_ends_a_process_that_has_just_begun,
    a_process_that_ignores_ctrl_break_is_killed,
    an_event_for_one_process_reaches_no_other,
    a_process_that_has_ended_is_left_alone,
    descendants_end_with_the_job,
    a_job_is_removed_when_it_is_empty,
];

/// The exit codes that Windows and Wine give a process which an event ends.
const ENDED_BY_EVENT: [ExitStatus; 2] = [
    ExitStatus::Exited(0xc000_013a_u32.cast_signed()),
    ExitStatus::Exited(0),
];

pub(crate) async fn asked_to_end(part: &str) -> ExitStatus {
    let mut launched = launch(plan(part, &[])).await.unwrap();
    assert_eq!(line(&mut launched.stdout).await, "up");
    launched.process.terminate().unwrap();
    soon(launched.process.wait()).await.unwrap()
}

fn ctrl_break_reaches_a_handler() {
    run(async {
        let status = asked_to_end("handler").await;
        assert_eq!(status, ExitStatus::Exited(SEEN_BY_HANDLER));
    });
}

fn ctrl_break_reaches_tokio() {
    run(async {
        let status = asked_to_end("tokio").await;
        assert_eq!(status, ExitStatus::Exited(SEEN_BY_TOKIO));
    });
}

fn ctrl_break_ends_a_process_without_a_handler() {
    run(async {
        let status = asked_to_end("sleep").await;
        assert!(ENDED_BY_EVENT.contains(&status), "{status}");
    });
}

fn ctrl_break_ends_a_process_that_has_just_begun() {
    run(async {
        for _ in 0..5 {
            let launched = launch(plan("sleep", &[])).await.unwrap();
            launched.process.terminate().unwrap();
            let status = soon(launched.process.wait()).await.unwrap();
            assert_ne!(status, ExitStatus::Exited(7));
        }
    });
}

fn a_process_that_ignores_ctrl_break_is_killed() {
    run(async {
        let mut launched = launch(plan("ignores", &[])).await.unwrap();
        assert_eq!(line(&mut launched.stdout).await, "up");
        launched.process.terminate().unwrap();
        assert_eq!(line(&mut launched.stdout).await, "ignored 1");
        assert_eq!(launched.process.status().unwrap(), None);
        launched.process.kill().unwrap();
        let status = soon(launched.process.wait()).await.unwrap();
        assert_eq!(status, ExitStatus::Exited(1));
    });
}

fn an_event_for_one_process_reaches_no_other() {
    run(async {
        let mut other = launch(plan("handler", &[])).await.unwrap();
        assert_eq!(line(&mut other.stdout).await, "up");
        asked_to_end("handler").await;
        let waited = tokio::time::timeout(Duration::from_millis(300), other.process.wait());
        assert!(waited.await.is_err(), "the other has ended too");
        other.process.terminate().unwrap();
        let status = soon(other.process.wait()).await.unwrap();
        assert_eq!(status, ExitStatus::Exited(SEEN_BY_HANDLER));
    });
}

fn a_process_that_has_ended_is_left_alone() {
    run(async {
        let launched = launch(plan("speak", &["a", "b"])).await.unwrap();
        assert_eq!(
            soon(launched.process.wait()).await.unwrap(),
            ExitStatus::Exited(7)
        );
        launched.process.terminate().unwrap();
        launched.process.kill().unwrap();
        let status = launched.process.status().unwrap();
        assert_eq!(status, Some(ExitStatus::Exited(7)));
        assert_eq!(
            soon(launched.process.wait()).await.unwrap(),
            ExitStatus::Exited(7)
        );
    });
}

fn descendants_end_with_the_job() {
    run(async {
        let mut launched = launch(plan("tree", &[])).await.unwrap();
        let descendant = crate::adoption::look(&line(&mut launched.stdout).await);
        let job = launched.process.job().unwrap().clone();
        assert!(job.processes().unwrap().contains(&descendant.pid()));
        launched.process.kill().unwrap();
        soon(descendant.wait()).await.unwrap();
        finish(launched).await;
        soon(job.remove(Duration::ZERO)).await.unwrap();
    });
}

fn a_job_is_removed_when_it_is_empty() {
    run(async {
        let mut launched = launch(plan("tree", &[])).await.unwrap();
        let descendant = crate::adoption::look(&line(&mut launched.stdout).await);
        let job = launched.process.job().unwrap().clone();
        job.remove(crate::stage::SOON).await.unwrap();
        assert!(job.processes().unwrap().is_empty());
        assert!(descendant.status().unwrap().is_some());
        assert!(launched.process.status().unwrap().is_some());
    });
}
