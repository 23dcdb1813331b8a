//! Who the process is, and what it may therefore do. Root only.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use fslaunch_os::limits::{self, Limit, Resource};
use fslaunch_os::plan::Plan;
use fslaunch_os::spawn_error::SpawnError;

use crate::runner::tests;
use crate::stage::{DAEMON, Folder, NOBODY, account, launch, needs_root, output, plan, run, shell};

tests![
    the_account_has_its_ids_and_groups_and_no_capability,
    the_account_has_its_limits,
    the_limits_of_another_process_are_read,
    an_executable_out_of_the_accounts_reach_is_denied,
    a_work_directory_out_of_the_accounts_reach_is_named,
    an_id_that_means_unchanged_is_refused,
    a_new_stderr_file_belongs_to_the_account,
    a_stderr_file_that_is_a_link_is_refused,
    a_stderr_file_behind_a_link_is_refused,
    a_stderr_file_with_a_second_name_is_refused,
    a_stderr_file_that_is_a_pipe_is_refused_without_waiting,
    a_stderr_file_that_the_account_may_not_write_is_refused,
    a_parent_death_signal_survives_the_change_of_identity,
    the_session_keyring_of_the_launcher_is_left,
];

fn as_nobody(mut plan: Plan) -> Plan {
    plan.account = Some(account(NOBODY));
    plan
}

fn the_account_has_its_ids_and_groups_and_no_capability() {
    needs_root();
    let mut plan = plan("/bin/cat", &["/proc/self/status"]);
    let mut account = account(NOBODY);
    account.gid = 12;
    account.groups = vec![12, 34, 100_000];
    plan.account = Some(account);
    let (status, ..) = run(output(plan));
    for line in [
        "Uid:\t65534\t65534\t65534\t65534",
        "Gid:\t12\t12\t12\t12",
        "Groups:\t12 34 100000",
        "CapPrm:\t0000000000000000",
        "CapEff:\t0000000000000000",
        "CapAmb:\t0000000000000000",
    ] {
        assert!(
            status.lines().any(|found| found.trim_end() == line),
            "{line} in {status}"
        );
    }
}

fn the_account_has_its_limits() {
    needs_root();
    let mut plan = shell("ulimit -Sn; ulimit -Hn; ulimit -Hc");
    let limit = |resource, soft, hard| Limit {
        resource,
        soft,
        hard,
    };
    let mut account = account(NOBODY);
    account.limits = vec![
        limit(Resource::Nofile, Some(77), Some(99)),
        limit(Resource::Core, Some(0), Some(0)),
    ];
    plan.account = Some(account);
    assert_eq!(run(output(plan)).0, "77\n99\n0\n");
}

fn the_limits_of_another_process_are_read() {
    needs_root();
    run(async {
        let mut plan = shell("ulimit -n 55; echo set; sleep 30");
        plan.account = Some(account(NOBODY));
        let mut launched = launch(plan).await.unwrap();
        let mut word = [0; 4];
        tokio::io::AsyncReadExt::read_exact(&mut launched.stdout, &mut word)
            .await
            .unwrap();
        let read = limits::of(launched.process.pid(), NOBODY).unwrap();
        launched.process.kill().unwrap();
        let files = Limit {
            resource: Resource::Nofile,
            soft: Some(55),
            hard: Some(55),
        };
        assert!(read.contains(&files), "{read:?}");
    });
}

fn an_executable_out_of_the_accounts_reach_is_denied() {
    needs_root();
    let folder = Folder::new();
    folder.folder("private", 0, 0o700);
    let program = folder.file("private/program", "#!/bin/sh\n", 0, 0o755);
    let error = run(launch(as_nobody(plan(program.to_str().unwrap(), &[])))).unwrap_err();
    assert!(
        matches!(error, SpawnError::ExecutableDenied { .. }),
        "{error:?}"
    );
}

fn a_work_directory_out_of_the_accounts_reach_is_named() {
    needs_root();
    let folder = Folder::new();
    let mut plan = as_nobody(plan("/bin/true", &[]));
    plan.work_directory = folder.folder("private", DAEMON, 0o700);
    let error = run(launch(plan)).unwrap_err();
    assert!(
        matches!(error, SpawnError::WorkDirectory { .. }),
        "{error:?}"
    );
}

fn an_id_that_means_unchanged_is_refused() {
    needs_root();
    let mut plan = plan("/usr/bin/id", &[]);
    plan.account = Some(account(u32::MAX));
    let error = run(launch(plan)).unwrap_err();
    assert!(matches!(error, SpawnError::PlanInvalid { .. }), "{error:?}");
}

fn to_file(path: &Path) -> Plan {
    let mut plan = as_nobody(shell("echo words >&2"));
    plan.stderr_file = Some(path.to_owned());
    plan
}

fn a_new_stderr_file_belongs_to_the_account() {
    needs_root();
    let folder = Folder::new();
    let file = folder.folder("logs", NOBODY, 0o755).join("log");
    run(output(to_file(&file)));
    let metadata = std::fs::metadata(&file).unwrap();
    assert_eq!((metadata.uid(), metadata.mode() & 0o777), (NOBODY, 0o600));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "words\n");
}

fn refused(path: &Path) {
    let error = run(launch(to_file(path))).unwrap_err();
    assert!(
        matches!(&error, SpawnError::StderrFile { path: named, .. } if named == path),
        "{error:?}"
    );
}

fn a_stderr_file_that_is_a_link_is_refused() {
    needs_root();
    let folder = Folder::new();
    let target = folder.file("target", "kept", NOBODY, 0o644);
    let link = folder.path().join("log");
    symlink(&target, &link).unwrap();
    refused(&link);
    assert_eq!(std::fs::read_to_string(target).unwrap(), "kept");
}

fn a_stderr_file_behind_a_link_is_refused() {
    needs_root();
    let folder = Folder::new();
    let target = folder.folder("target", NOBODY, 0o755);
    symlink(&target, folder.path().join("logs")).unwrap();
    refused(&folder.path().join("logs/log"));
    assert!(!target.join("log").exists());
}

fn a_stderr_file_with_a_second_name_is_refused() {
    needs_root();
    let folder = Folder::new();
    let target = folder.file("target", "kept", NOBODY, 0o644);
    let second = folder.path().join("log");
    std::fs::hard_link(&target, &second).unwrap();
    refused(&second);
    assert_eq!(std::fs::read_to_string(target).unwrap(), "kept");
}

fn a_stderr_file_that_is_a_pipe_is_refused_without_waiting() {
    needs_root();
    let folder = Folder::new();
    let pipe = folder.path().join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o666);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    // With a reader it can be opened, and is still no file.
    let _reader = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&pipe)
        .unwrap();
    refused(&pipe);
}

fn a_stderr_file_that_the_account_may_not_write_is_refused() {
    needs_root();
    let folder = Folder::new();
    refused(&folder.file("log", "", DAEMON, 0o644));
    refused(&folder.path().join("new"));
}

fn a_parent_death_signal_survives_the_change_of_identity() {
    needs_root();
    // PR_GET_PDEATHSIG by a program that can ask for it; 9 is SIGKILL.
    let program = "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)";
    if !Path::new("/usr/bin/python3").exists() {
        crate::runner::skip("needs /usr/bin/python3");
    }
    let mut plan = as_nobody(plan("/usr/bin/python3", &["-c", program]));
    plan.die_with_launcher = true;
    assert_eq!(run(output(plan)).0, "9\n");
}

fn the_session_keyring_of_the_launcher_is_left() {
    needs_root();
    let Ok(keys) = std::fs::read_to_string("/proc/keys") else {
        crate::runner::skip("needs a kernel with keyrings");
    };
    drop(keys);
    // An anonymous session keyring is called _ses and belongs to who joined it.
    let (keys, ..) = run(output(as_nobody(plan("/bin/cat", &["/proc/keys"]))));
    assert!(
        keys.lines()
            .any(|line| line.contains("_ses") && line.contains(" 65534 ")),
        "{keys}"
    );
}
