//! Processes, as `/proc` shows them.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal};

/// The processes that belong to a folder: they run a program that lies in it,
/// or their command line names it.
pub fn of(folder: &Path) -> Vec<u32> {
    let own = std::process::id();
    let mut found: Vec<u32> = all().into_iter().filter(|pid| *pid != own).collect();
    found.retain(|pid| runs_from(*pid, folder) || names(*pid, folder));
    found
}

/// Whether a process runs; one that has ended and waits for its parent does
/// not.
pub fn runs(pid: u32) -> bool {
    state(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

/// Whether the kernel holds a process, so that not even a kill ends it now.
pub fn is_held(pid: u32) -> bool {
    state(pid) == Some('D')
}

/// How often a process has waited for something so far.
///
/// # Panics
/// When there is no such process.
pub fn waits(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let count = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    let count = count.expect("a line voluntary_ctxt_switches").trim();
    count.parse().expect("a number")
}

fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may contain anything, also parentheses.
    stat.rsplit(')').next()?.trim_start().chars().next()
}

/// Kills a process, so that it can't do anything about it.
pub fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

/// Asks a process to end, as the system does.
pub fn ask_to_end(pid: u32) {
    signal(pid, Signal::TERM);
}

/// Asks a process to end, as a terminal does.
pub fn interrupt(pid: u32) {
    signal(pid, Signal::INT);
}

/// Sends a signal; a process that is gone already is none to complain about.
pub fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let _ = rustix::process::kill_process(pid.expect("a process ID"), signal);
}

/// The processes that a process has started and that still run.
pub fn children(parent: u32) -> Vec<u32> {
    let line = format!("PPid:\t{parent}");
    let is_child = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|found| found == line)
    };
    all()
        .into_iter()
        .filter(is_child)
        .filter(|pid| runs(*pid))
        .collect()
}

/// The path of version 2 control groups that a process is in, if there is one.
pub fn cgroup(pid: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix("0::"))
        .map(str::to_owned)
}

/// Resident memory of a process, in bytes.
///
/// # Panics
/// When there is no such process.
pub fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("a line VmRSS");
    let kib = line
        .split_whitespace()
        .next()
        .and_then(|number| number.parse::<u64>().ok());
    kib.expect("a number of KiB") * 1024
}

/// The program that a process runs.
pub fn executable(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// What everybody, or the own user, can read of all processes: arguments and
/// environments, each with its place.
pub(crate) fn public_words() -> Vec<(String, Vec<u8>)> {
    let files = all()
        .into_iter()
        .flat_map(|pid| ["cmdline", "environ"].map(|name| format!("/proc/{pid}/{name}")));
    files
        .map(|file| {
            let bytes = fs::read(&file).unwrap_or_default();
            (file, bytes)
        })
        .collect()
}

fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("/proc can be listed");
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

fn runs_from(pid: u32, folder: &Path) -> bool {
    executable(pid).is_some_and(|program| program.starts_with(folder))
}

fn names(pid: u32, folder: &Path) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let folder = [folder.as_os_str().as_bytes(), b"/"].concat();
    line.windows(folder.len()).any(|window| window == folder)
}
