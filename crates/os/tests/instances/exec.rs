//! From the plan to the program, as the tests' own user.

use fslaunch_os::plan::Plan;
use fslaunch_os::process::ExitStatus;
use fslaunch_os::spawn_error::SpawnError;
use fslaunch_os::spawner::Spawner;

use crate::runner::tests;
use crate::stage::{Folder, any_plan, launch, launch_with, output, own_uid, plan, run, shell};

tests![
    a_missing_executable_is_not_found,
    an_executable_that_may_not_be_run_is_denied,
    a_file_of_an_unknown_format_is_not_given_to_a_shell,
    a_missing_interpreter_is_not_a_missing_file,
    a_missing_work_directory_is_named,
    too_many_arguments_for_the_system_are_its_error,
    a_nul_in_an_argument_is_refused,
    the_program_gets_exactly_its_arguments,
    the_program_gets_exactly_the_given_environment,
    the_program_has_exactly_three_descriptors,
    signals_are_default_and_none_is_blocked,
    the_mask_of_file_modes_is_022,
    the_limit_of_descriptors_is_that_of_before_the_launcher_raised_it,
    standard_input_is_empty_unless_it_is_wanted,
    a_secret_goes_through_standard_input,
    a_secret_is_handed_over_whole_or_not_at_all,
    both_outputs_are_one_where_the_plan_says_so,
    a_stderr_file_is_appended_to,
    the_exit_code_and_the_signal_are_told,
    the_process_leads_a_session,
    a_shim_that_gets_no_plan_ends,
    the_process_keeps_its_id_and_start_time,
];

fn error(plan: fslaunch_os::plan::Plan) -> SpawnError {
    run(launch(plan)).expect_err("the launch to fail")
}

fn a_missing_executable_is_not_found() {
    let error = error(plan("/nowhere/memfs", &[]));
    assert!(
        matches!(&error, SpawnError::ExecutableNotFound { path } if path.ends_with("memfs")),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "the executable /nowhere/memfs does not exist"
    );
}

fn an_executable_that_may_not_be_run_is_denied() {
    let folder = Folder::new();
    let file = folder.file("program", "#!/bin/sh\n", own_uid(), 0o644);
    for path in [file.to_str().unwrap(), folder.path().to_str().unwrap()] {
        let error = error(plan(path, &[]));
        assert!(
            matches!(error, SpawnError::ExecutableDenied { .. }),
            "{path}: {error:?}"
        );
    }
}

fn a_file_of_an_unknown_format_is_not_given_to_a_shell() {
    let folder = Folder::new();
    let file = folder.file("program", "echo a shell ran me\n", own_uid(), 0o755);
    let error = error(plan(file.to_str().unwrap(), &[]));
    assert!(
        matches!(error, SpawnError::ExecutableFormat { .. }),
        "{error:?}"
    );
}

fn a_missing_interpreter_is_not_a_missing_file() {
    let folder = Folder::new();
    let file = folder.file("program", "#!/nowhere/interpreter\n", own_uid(), 0o755);
    let error = error(plan(file.to_str().unwrap(), &[]));
    assert!(
        matches!(&error, SpawnError::ExecutableFormat { reason, .. } if reason.contains("interpreter")),
        "{error:?}"
    );
}

fn a_missing_work_directory_is_named() {
    let mut plan = plan("/bin/true", &[]);
    plan.work_directory = "/nowhere".into();
    let error = error(plan);
    assert!(
        matches!(&error, SpawnError::WorkDirectory { path, .. } if path.ends_with("nowhere")),
        "{error:?}"
    );
}

fn too_many_arguments_for_the_system_are_its_error() {
    // One string may have 128 KiB.
    let error = error(plan("/bin/true", &[&"x".repeat(200 * 1024)]));
    let SpawnError::Exec { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(source.raw_os_error(), Some(libc::E2BIG));
}

fn a_nul_in_an_argument_is_refused() {
    let error = error(plan("/bin/true", &["a\0b"]));
    assert!(matches!(error, SpawnError::PlanInvalid { .. }), "{error:?}");
}

fn the_program_gets_exactly_its_arguments() {
    let long = "\u{1}".repeat(60_000);
    let words = [
        "",
        "a b",
        "\"quoted\" 'twice'",
        "line\nbreak",
        "$HOME *",
        "\\",
        "ü",
        &long,
    ];
    let (out, ..) = run(output(plan(
        "/usr/bin/printf",
        &[&["%s\\0"], &words[..]].concat(),
    )));
    let got: Vec<&str> = out.split_terminator('\0').collect();
    assert!(got == words, "{:?}", &got[..got.len() - 1]);
}

fn the_program_gets_exactly_the_given_environment() {
    let mut plan = plan("/usr/bin/env", &[]);
    plan.environment = vec![
        ("A".to_owned(), "x=y".to_owned()),
        ("EMPTY".to_owned(), String::new()),
    ];
    assert_eq!(run(output(plan)).0, "A=x=y\nEMPTY=\n");
}

fn the_program_has_exactly_three_descriptors() {
    // Without CLOEXEC, as a careless library would open it.
    let leak = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&leak, rustix::io::FdFlags::empty()).unwrap();
    let mut plan = plan("/bin/ls", &["/proc/self/fd"]);
    plan.stdin = true;
    // 3 is the folder that ls reads.
    assert_eq!(run(output(plan)).0, "0\n1\n2\n3\n");
}

#[allow(unsafe_code)]
fn signals_are_default_and_none_is_blocked() {
    // SAFETY: ignoring a signal needs no handler, and blocking concerns this thread only.
    unsafe {
        libc::signal(libc::SIGHUP, libc::SIG_IGN);
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigaddset(&raw mut set, libc::SIGUSR1);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
    }
    let own = std::fs::read_to_string("/proc/self/status").unwrap();
    assert!(
        !own.contains("SigIgn:\t0000000000000000"),
        "the test itself ignores signals"
    );
    let (status, ..) = run(output(plan("/bin/cat", &["/proc/self/status"])));
    for field in ["SigIgn", "SigBlk", "SigCgt"] {
        assert!(
            status.contains(&format!("{field}:\t0000000000000000\n")),
            "{field} in {status}"
        );
    }
}

fn the_mask_of_file_modes_is_022() {
    rustix::process::umask(rustix::fs::Mode::empty());
    assert_eq!(run(output(shell("umask"))).0, "0022\n");
}

fn the_limit_of_descriptors_is_that_of_before_the_launcher_raised_it() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let own = Rlimit {
        current: Some(200),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, own).unwrap();
    assert!(fslaunch_os::descriptors::raise_limit() > 200);
    assert_eq!(run(output(shell("ulimit -Sn"))).0, "200\n");
}

fn standard_input_is_empty_unless_it_is_wanted() {
    assert_eq!(
        run(output(plan("/bin/readlink", &["/proc/self/fd/0"]))).0,
        "/dev/null\n"
    );
}

fn a_secret_goes_through_standard_input() {
    let mut plan = plan("/bin/cat", &[]);
    plan.stdin = true;
    let out = run(async {
        let secret = "pässword".as_bytes();
        let mut launched = launch_with(plan, Some(secret)).await.unwrap();
        let mut out = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut launched.stdout, &mut out)
            .await
            .unwrap();
        assert_eq!(
            launched.process.wait().await.unwrap(),
            ExitStatus::Exited(0)
        );
        out
    });
    assert_eq!(out, "pässword");
}

fn a_secret_is_handed_over_whole_or_not_at_all() {
    let cat = || Plan {
        stdin: true,
        ..shell("wc -c; readlink /proc/$$/fd/1 | cut -d: -f1")
    };
    run(async {
        let secret = vec![b'x'; 300_000];
        let mut launched = launch_with(cat(), Some(&secret)).await.unwrap();
        let mut out = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut launched.stdout, &mut out)
            .await
            .unwrap();
        assert_eq!(out, "300000\nsocket\n");
        let secret = vec![b'x'; 256 << 20];
        let error = launch_with(cat(), Some(&secret)).await.unwrap_err();
        assert!(matches!(error, SpawnError::PlanInvalid { .. }), "{error}");
    });
}

fn both_outputs_are_one_where_the_plan_says_so() {
    let plan = Plan {
        one_output: true,
        ..shell("echo out; echo err >&2; echo out")
    };
    let (out, err, _) = run(output(plan));
    assert_eq!((out.as_str(), err.as_str()), ("out\nerr\nout\n", ""));
}

fn a_stderr_file_is_appended_to() {
    let folder = Folder::new();
    let file = folder.file("log", "before\n", own_uid(), 0o644);
    let mut plan = shell("echo after >&2");
    plan.stderr_file = Some(file.clone());
    let launched = run(async {
        let launched = launch(plan).await.unwrap();
        launched.process.wait().await.unwrap();
        launched.stderr.is_none()
    });
    assert!(launched, "there is no pipe for it");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "before\nafter\n");
}

fn the_exit_code_and_the_signal_are_told() {
    assert_eq!(run(output(shell("exit 7"))).2, ExitStatus::Exited(7));
    assert_eq!(
        run(output(shell("kill -ABRT $$"))).2,
        ExitStatus::Signaled(libc::SIGABRT)
    );
}

fn the_process_leads_a_session() {
    let (out, ..) = run(output(shell(
        "read -r pid _ _ _ group session _ </proc/$$/stat; echo $pid $group $session",
    )));
    let ids: Vec<&str> = out.split_whitespace().collect();
    assert!(
        ids.len() == 3 && ids.iter().all(|id| *id == ids[0]),
        "{out}"
    );
}

fn a_shim_that_gets_no_plan_ends() {
    run(async {
        let spawner = Spawner::new().unwrap();
        let prepared = spawner.prepare(&any_plan()).await.unwrap();
        let (pid, start_time) = (prepared.pid(), prepared.start_time());
        let seen = fslaunch_os::process::Process::adopt(pid, start_time, None, None)
            .unwrap()
            .unwrap();
        drop(prepared);
        seen.wait().await.unwrap();
    });
}

fn the_process_keeps_its_id_and_start_time() {
    run(async {
        let spawner = Spawner::new().unwrap();
        let prepared = spawner.prepare(&any_plan()).await.unwrap();
        let (pid, start_time) = (prepared.pid(), prepared.start_time());
        let launched = prepared
            .launch(plan("/bin/sleep", &["30"]), None)
            .await
            .unwrap();
        assert_eq!(
            (launched.process.pid(), launched.process.start_time()),
            (pid, start_time)
        );
        assert_eq!(
            fslaunch_os::process::start_time(pid).unwrap(),
            Some(start_time)
        );
        launched.process.kill().unwrap();
        assert_eq!(
            launched.process.wait().await.unwrap(),
            ExitStatus::Signaled(libc::SIGKILL)
        );
    });
}
