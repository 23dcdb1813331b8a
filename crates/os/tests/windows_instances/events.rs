//! Events for instances, and from them to the console that they share.

#![allow(unsafe_code, reason = "events are sent and counted")]

use std::os::windows::process::CommandExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::DETACHED_PROCESS;
use windows_sys::core::BOOL;

use crate::ending::asked_to_end;
use crate::runner::{Test, role, skip, tests};
use crate::stage::{SOON, finish, launch, line, plan, run, soon};

tests![
    the_launcher_survives_the_events_for_its_instances,
    the_launcher_survives_the_events_that_its_instances_send,
];

pub(crate) const ROLES: &[Test] = &[("launcher_without_a_console", launcher_without_a_console)];

/// What the launcher has seen of events.
static SEEN: AtomicU32 = AtomicU32::new(0);

unsafe extern "system" fn counts(_event: u32) -> BOOL {
    SEEN.fetch_add(1, Ordering::Relaxed);
    // The launcher's own handler is next.
    0
}

unsafe extern "system" fn ignores(_event: u32) -> BOOL {
    1
}

/// An instance's part: sends both events to all that share its console.
pub(crate) fn send() {
    // SAFETY: the handler may be called at any time; the rest takes values.
    let [c, brk] = unsafe {
        SetConsoleCtrlHandler(Some(ignores), 1);
        [CTRL_C_EVENT, CTRL_BREAK_EVENT].map(|event| GenerateConsoleCtrlEvent(event, 0) != 0)
    };
    println!("{} events", u32::from(c) + u32::from(brk));
}

/// A service's launcher, as no console awaits it: its instances share a hidden
/// one.
fn launcher_without_a_console() {
    run(async {
        // The first makes the console.
        let victim = launch(plan("sleep", &[])).await.unwrap();
        // SAFETY: the handler may be called at any time.
        assert_ne!(unsafe { SetConsoleCtrlHandler(Some(counts), 1) }, 0);
        let mut sender = launch(plan("sends-events", &[])).await.unwrap();
        let said = line(&mut sender.stdout).await;
        let sent: u32 = said.strip_suffix(" events").unwrap().parse().unwrap();
        finish(sender).await;
        let until = Instant::now() + SOON;
        while SEEN.load(Ordering::Relaxed) < sent {
            assert!(Instant::now() < until, "{SEEN:?} of {sent} events");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if sent > 0 {
            // It has the console of the sender, and does nothing about events.
            soon(victim.process.wait()).await.unwrap();
        }
        // The launcher goes on.
        let last = launch(plan("speak", &["out", "err"])).await.unwrap();
        assert_eq!(finish(last).await.0, "out\n");
        println!("\nsurvived {sent}");
    });
}

fn the_launcher_survives_the_events_that_its_instances_send() {
    let mut launcher = role("launcher_without_a_console");
    let ran = launcher.creation_flags(DETACHED_PROCESS).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let survived = said
        .lines()
        .last()
        .and_then(|it| it.strip_prefix("survived "));
    match survived {
        Some("2") => {}
        Some(sent) => skip(&format!(
            "{sent} of 2 events could be sent: Wine sends no CTRL-BREAK"
        )),
        None => panic!("{ran:?}"),
    }
}

fn the_launcher_survives_the_events_for_its_instances() {
    run(async {
        for _ in 0..3 {
            asked_to_end("sleep").await;
        }
        asked_to_end("handler").await;
    });
}
