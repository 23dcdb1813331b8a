//! What the launcher's death does to its instances.

#![allow(unsafe_code, reason = "a launcher is put into a job")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::ptr;
use std::time::{Duration, Instant};

use fslaunch_os::plan::Plan;
use fslaunch_os::process::{ExitStatus, Process, boot_id};
use fslaunch_os::spawner::Spawner;

use crate::instance::SEEN_BY_HANDLER;
use crate::runner::{Test, role, tests};
use crate::stage::{Folder, SOON, launch, line, plan, run, soon};
use tokio::io::AsyncReadExt;
use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT, JOB_OBJECT_LIMIT_BREAKAWAY_OK,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

tests![
    the_launchers_death_ends_those_that_die_with_it_and_no_other,
    what_was_not_launched_dies_with_the_launcher,
    a_process_that_outlives_its_launcher_can_be_asked_to_end,
    a_process_that_outlives_its_launcher_can_go_on_writing,
    what_keeps_output_ends_with_the_process_while_the_launcher_lives,
    a_process_leaves_the_launchers_job_if_that_lets_it,
    a_process_ends_with_the_launchers_job_if_that_lets_none_leave,
];

/// Where a process that writes looks, and says what it did.
const FOLDER: &str = "FSLAUNCH_TEST_FOLDER";

pub(crate) const ROLES: &[Test] = &[
    ("launcher", launcher),
    ("half_way", half_way),
    ("boot", boot),
    ("writer", writer),
    ("in_open_job", in_open_job),
    ("in_closed_job", in_closed_job),
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

/// Starts a process that writes when it is told to.
fn writer() {
    run(async {
        let folder = std::env::var(FOLDER).unwrap();
        let planned = Plan {
            die_with_launcher: false,
            ..plan("writes-on", &[&folder])
        };
        let mut launched = launch(planned).await.unwrap();
        line(&mut launched.stdout).await;
        say(launched.process.pid(), launched.process.start_time());
        std::mem::forget(launched);
        std::future::pending::<()>().await;
    });
}

/// A launcher in a job that ends all with it, but lets processes leave.
fn in_open_job() {
    enter_job(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    launcher();
}

/// A launcher in a job that ends all with it.
fn in_closed_job() {
    enter_job(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
    launcher();
}

/// The job's only handle is this process's: it closes when that ends.
fn enter_job(limits: JOB_OBJECT_LIMIT) {
    let mut information = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    information.BasicLimitInformation.LimitFlags = limits;
    // SAFETY: the structure is the one that the class asks for, and of that size; the handle is
    // new and stays open.
    unsafe {
        let job = CreateJobObjectW(ptr::null(), ptr::null());
        let set = SetInformationJobObject(
            job,
            JobObjectExtendedLimitInformation,
            (&raw const information).cast(),
            size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>() as u32,
        );
        assert_ne!(set, 0);
        assert_ne!(AssignProcessToJobObject(job, GetCurrentProcess()), 0);
    }
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
    started_as(&mut role(name), lines)
}

fn started_as(role: &mut Command, lines: usize) -> (Child, Vec<Process>) {
    let mut launcher = role.stdout(Stdio::piped()).spawn().unwrap();
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

fn a_process_that_outlives_its_launcher_can_go_on_writing() {
    run(async {
        let folder = Folder::new();
        let mut writer = role("writer");
        let (launcher, found) = started_as(writer.env(FOLDER, &folder.0), 1);
        let living = &found[0];
        kill(launcher);
        std::fs::write(folder.0.join("go"), "").unwrap();
        let written = folder.0.join("written");
        let deadline = Instant::now() + SOON;
        while !written.exists() {
            assert_eq!(living.status().unwrap(), None, "writing ended it");
            assert!(Instant::now() < deadline, "it can't write");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(living.status().unwrap(), None);
        living.kill().unwrap();
        soon(living.wait()).await.unwrap();
    });
}

fn what_keeps_output_ends_with_the_process_while_the_launcher_lives() {
    run(async {
        let planned = Plan {
            die_with_launcher: false,
            ..plan("sleep", &[])
        };
        let mut launched = launch(planned).await.unwrap();
        assert_eq!(children(), 2);
        launched.process.kill().unwrap();
        let mut said = String::new();
        soon(launched.stdout.read_to_string(&mut said))
            .await
            .unwrap();
        drop(launched);
        let deadline = Instant::now() + SOON;
        while children() != 0 {
            assert!(Instant::now() < deadline, "something is left");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
}

/// How many processes of this program this one has started that are there still. Under Wine the
/// host of its console may be another.
fn children() -> usize {
    let own = std::env::current_exe().unwrap();
    let own = own.file_name().unwrap().to_str().unwrap();
    let mut entry = PROCESSENTRY32W {
        dwSize: size_of::<PROCESSENTRY32W>() as u32,
        ..Default::default()
    };
    let mut count = 0;
    // SAFETY: the entry says its size, and the handle is closed once.
    unsafe {
        let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
        let mut more = Process32FirstW(snapshot, &mut entry);
        while more != 0 {
            let name = String::from_utf16_lossy(&entry.szExeFile);
            let is_child = entry.th32ParentProcessID == std::process::id();
            count += usize::from(is_child && name.trim_end_matches('\0').starts_with(own));
            more = Process32NextW(snapshot, &mut entry);
        }
        CloseHandle(snapshot);
    }
    count
}

fn a_process_leaves_the_launchers_job_if_that_lets_it() {
    run(async {
        let (launcher, found) = started("in_open_job", 3);
        let [_, dying, living] = found.try_into().unwrap();
        kill(launcher);
        soon(dying.wait()).await.unwrap();
        assert_eq!(living.status().unwrap(), None);
        living.terminate().unwrap();
        let status = soon(living.wait()).await.unwrap();
        assert_eq!(status, ExitStatus::Exited(SEEN_BY_HANDLER));
    });
}

fn a_process_ends_with_the_launchers_job_if_that_lets_none_leave() {
    run(async {
        let (launcher, found) = started("in_closed_job", 3);
        kill(launcher);
        for process in found {
            soon(process.wait()).await.unwrap();
        }
    });
}
