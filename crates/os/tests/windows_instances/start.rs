//! What a process has when it starts, and what keeps it from starting.

#![allow(unsafe_code, reason = "handles are made that must not be inherited")]

use std::fs::File;
use std::os::windows::io::AsRawHandle;

use fslaunch_os::plan::{Arguments, Plan};
use fslaunch_os::process::ExitStatus;
use fslaunch_os::spawn_error::SpawnError;
use fslaunch_os::spawner::Spawner;
use windows_sys::Win32::Foundation::{HANDLE_FLAG_INHERIT, SetHandleInformation};

use crate::runner::tests;
use crate::stage::{Folder, environment, finish, launch, launch_with, plan, run, soon, words};

tests![
    a_process_inherits_its_three_handles_and_no_other,
    the_environment_is_the_plans_and_nothing_else,
    the_secret_is_on_standard_input_without_a_newline,
    without_a_secret_standard_input_is_at_its_end,
    a_process_can_not_act_as_the_launcher_through_its_pipes,
    a_process_that_does_not_read_its_secret_keeps_nobody_waiting,
    output_of_any_length_is_read_to_its_end,
    a_process_runs_only_when_it_is_launched,
    a_missing_executable_is_named,
    a_folder_is_no_executable,
    a_file_that_is_no_program_is_no_executable,
    a_batch_file_is_not_run,
    a_working_directory_that_is_missing_is_named,
];

fn a_process_inherits_its_three_handles_and_no_other() {
    run(async {
        let folder = Folder::new();
        let marker = folder.0.join("marker");
        std::fs::write(&marker, [0; 12345]).unwrap();
        let files: Vec<File> = (0..20).map(|_| File::open(&marker).unwrap()).collect();
        let pipes: Vec<_> = (0..5).map(|_| std::io::pipe().unwrap()).collect();
        let raw = files.iter().map(|file| file.as_raw_handle());
        let raw = raw.chain(pipes.iter().map(|(read, _)| read.as_raw_handle()));
        for handle in raw.chain(pipes.iter().map(|(_, write)| write.as_raw_handle())) {
            let flag = HANDLE_FLAG_INHERIT;
            // SAFETY: the handle is open.
            assert_ne!(unsafe { SetHandleInformation(handle, flag, flag) }, 0);
        }
        let piped = Plan {
            stdin: true,
            ..plan("handles", &[])
        };
        let (text, status) = finish(launch(piped).await.unwrap()).await;
        assert_eq!(status, ExitStatus::Exited(7));
        // The system itself may give it other files.
        assert!(!text.contains("file of 12345 bytes"), "{text}");
        assert_eq!(text.matches("pipe").count(), 3, "{text}");
    });
}

fn the_environment_is_the_plans_and_nothing_else() {
    run(async {
        let mut variables = environment();
        variables.push(("zoë".into(), "größe = 日本".into()));
        variables.push(("EMPTY".into(), String::new()));
        variables.push(("abc".into(), "1".into()));
        assert!(std::env::vars().count() > variables.len());
        let planned = Plan {
            environment: variables.clone(),
            ..plan("environment", &[])
        };
        let (text, _) = finish(launch(planned).await.unwrap()).await;
        // Wine adds what its programs need to find it.
        let ours = |line: &&str| !line.starts_with("WINE");
        let mut found: Vec<&str> = text.lines().filter(ours).collect();
        let mut expected: Vec<String> = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    });
}

fn the_secret_is_on_standard_input_without_a_newline() {
    run(async {
        let long = "pässwörd ".repeat(7000);
        for secret in ["x", "pässwörd", long.as_str()] {
            let piped = Plan {
                stdin: true,
                ..plan("stdin", &[])
            };
            let launched = launch_with(piped, Some(secret.as_bytes())).await.unwrap();
            let (text, status) = finish(launched).await;
            assert_eq!(text.trim_end(), format!("{:?}", secret.as_bytes()));
            assert_eq!(status, ExitStatus::Exited(7));
        }
    });
}

/// The server's end of a pipe makes its holder who wrote into it, and `CreatePipe` gives that end
/// to who reads.
fn a_process_can_not_act_as_the_launcher_through_its_pipes() {
    run(async {
        let piped = Plan {
            stdin: true,
            ..plan("impersonates", &[])
        };
        let launched = launch_with(piped, Some(b"secret")).await.unwrap();
        let (text, _) = finish(launched).await;
        assert_eq!(text, "false\nfalse\nfalse\nsecret\n");
    });
}

fn without_a_secret_standard_input_is_at_its_end() {
    run(async {
        for stdin in [false, true] {
            let planned = Plan {
                stdin,
                ..plan("stdin", &[])
            };
            let (text, _) = finish(launch(planned).await.unwrap()).await;
            assert_eq!(text, "[]\n");
        }
    });
}

fn a_process_that_does_not_read_its_secret_keeps_nobody_waiting() {
    run(async {
        let piped = Plan {
            stdin: true,
            ..plan("sleep", &[])
        };
        let secret = vec![b'x'; 1 << 20];
        let launched = launch_with(piped, Some(&secret)).await.unwrap();
        assert_eq!(launched.process.status().unwrap(), None);
        launched.process.kill().unwrap();
        let (_, status) = finish(launched).await;
        assert_eq!(status, ExitStatus::Exited(1));
    });
}

fn output_of_any_length_is_read_to_its_end() {
    run(async {
        let (text, status) = finish(launch(plan("flood", &[])).await.unwrap()).await;
        assert_eq!(text.len(), 1 << 20);
        assert_eq!(status, ExitStatus::Exited(7));
    });
}

fn a_process_runs_only_when_it_is_launched() {
    run(async {
        let planned = plan("sleep", &[]);
        let spawner = Spawner::new().unwrap();
        let prepared = soon(spawner.prepare(&planned)).await.unwrap();
        let (pid, start_time) = (prepared.pid(), prepared.start_time());
        assert_eq!(prepared.job().unwrap().processes().unwrap(), [pid]);
        let seen = fslaunch_os::process::Process::adopt(pid, start_time, None, None);
        let seen = seen.unwrap().unwrap();
        drop(prepared);
        assert_eq!(soon(seen.wait()).await.unwrap(), ExitStatus::Exited(1));
    });
}

async fn refused(plan: Plan) -> SpawnError {
    launch(plan).await.expect_err("a refusal")
}

fn with_executable(path: &str) -> Plan {
    Plan {
        executable: path.into(),
        arguments: Arguments::new(path, &words([])),
        ..plan("sleep", &[])
    }
}

fn a_missing_executable_is_named() {
    run(async {
        for path in [r"C:\no such.exe", r"C:\no such folder\x.exe", r"Q:\x.exe"] {
            let error = refused(with_executable(path)).await;
            let SpawnError::ExecutableNotFound { path: named } = error else {
                panic!("{error:?}");
            };
            assert_eq!(named.to_str().unwrap(), path);
        }
    });
}

fn a_folder_is_no_executable() {
    run(async {
        let error = refused(with_executable(r"C:\windows")).await;
        let (SpawnError::ExecutableDenied { path } | SpawnError::Exec { path, .. }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(path.to_str().unwrap(), r"C:\windows");
    });
}

fn a_file_that_is_no_program_is_no_executable() {
    run(async {
        let folder = Folder::new();
        let path = folder.0.join("text.exe");
        std::fs::write(&path, "no program").unwrap();
        let error = refused(with_executable(path.to_str().unwrap())).await;
        assert!(
            matches!(error, SpawnError::ExecutableFormat { .. }),
            "{error:?}"
        );
    });
}

fn a_batch_file_is_not_run() {
    run(async {
        let folder = Folder::new();
        let path = folder.0.join("x.bat");
        std::fs::write(&path, "exit 0").unwrap();
        for end in ["", ".", " ", ". .", "::$DATA"] {
            let path = format!("{}{end}", path.display());
            let error = refused(with_executable(&path)).await;
            assert!(error.to_string().contains("batch file"), "{error}");
        }
    });
}

fn a_working_directory_that_is_missing_is_named() {
    run(async {
        let missing = Plan {
            work_directory: r"C:\no such folder".into(),
            ..plan("sleep", &[])
        };
        let error = refused(missing).await;
        assert!(
            matches!(error, SpawnError::WorkDirectory { .. }),
            "{error:?}"
        );
    });
}
