//! Many starts, at once and one after another.

#![allow(unsafe_code, reason = "the system counts the handles")]

use fslaunch_os::process::ExitStatus;
use tokio::task::JoinSet;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessHandleCount};

use crate::runner::tests;
use crate::stage::{finish, launch, plan, run};

tests![
    fifty_starts_at_once_succeed,
    no_handle_is_left_of_two_hundred_starts,
];

fn fifty_starts_at_once_succeed() {
    run(async {
        let mut all = JoinSet::new();
        for number in 0..50 {
            all.spawn(async move {
                let words = format!("number {number}");
                let launched = launch(plan("speak", &[&words, ""])).await.unwrap();
                let (text, status) = finish(launched).await;
                assert_eq!(text.trim_end(), words);
                assert_eq!(status, ExitStatus::Exited(7));
            });
        }
        assert_eq!(all.join_all().await.len(), 50);
    });
}

fn handles() -> u32 {
    let mut count = 0;
    // SAFETY: the answer goes into a value of the right type.
    let done = unsafe { GetProcessHandleCount(GetCurrentProcess(), &mut count) };
    assert_ne!(done, 0);
    count
}

fn no_handle_is_left_of_two_hundred_starts() {
    run(async {
        let four = async || {
            let mut all = JoinSet::new();
            for _ in 0..4 {
                all.spawn(async {
                    finish(launch(plan("speak", &["a", "b"])).await.unwrap()).await;
                });
            }
            all.join_all().await;
        };
        four().await;
        let before = handles();
        for _ in 0..50 {
            four().await;
        }
        let after = handles();
        // Threads of the runtime and the system come and go.
        assert!(
            after < before + 20,
            "{before} handles before, {after} after"
        );
    });
}
