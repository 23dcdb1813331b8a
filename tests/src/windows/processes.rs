//! Processes, as the system shows them.

use std::path::{Path, PathBuf};

use fslaunch_os::testing;

/// The processes that belong to a folder: they run a program that lies in it.
pub fn of(folder: &Path) -> Vec<u32> {
    let own = std::process::id();
    let all = testing::all().expect("the processes can be listed");
    let pids = all.iter().map(|entry| entry.pid).filter(|pid| *pid != own);
    pids.filter(|pid| executable(*pid).is_some_and(|program| lies_in(&program, folder)))
        .collect()
}

/// Paths differ in case here and there.
fn lies_in(program: &Path, folder: &Path) -> bool {
    let lower = |path: &Path| PathBuf::from(path.to_string_lossy().to_lowercase());
    lower(program).starts_with(lower(folder))
}

/// Whether a process runs.
pub fn runs(pid: u32) -> bool {
    testing::runs(pid)
}

/// Kills a process, so that it can't do anything about it.
pub fn kill(pid: u32) {
    testing::kill(pid);
}

/// Asks a process to end, with CTRL-BREAK. One that is gone already is none to
/// complain about.
pub fn ask_to_end(pid: u32) {
    if let Err(error) = testing::ask_to_end(pid) {
        assert!(!runs(pid), "CTRL-BREAK can't be sent to {pid}: {error}");
    }
}

/// Asks a process to end, as a terminal does; CTRL-C reaches no group.
pub fn interrupt(pid: u32) {
    ask_to_end(pid);
}

/// The processes that a process has started and that still run.
///
/// # Panics
/// When the system gives no list.
pub fn children(parent: u32) -> Vec<u32> {
    let all = testing::all().expect("the processes can be listed");
    all.iter()
        .filter(|entry| entry.parent == parent)
        .map(|entry| entry.pid)
        .filter(|pid| runs(*pid))
        .collect()
}

/// Memory of a process, in bytes.
///
/// # Panics
/// When there is no such process.
pub fn resident(pid: u32) -> u64 {
    testing::memory(pid).expect("a process")
}

/// The program that a process runs.
pub fn executable(pid: u32) -> Option<PathBuf> {
    testing::image(pid)
}

/// The files of Linux, which Wine shows.
pub(crate) const PROC: &str = r"Z:\proc";

/// What the own user can read of all processes: their arguments, each with its place. Only Wine
/// has them where safe code can read them.
pub(crate) fn public_words() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(PROC).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path().join("cmdline"));
    files
        .filter_map(|file| {
            let bytes = std::fs::read(&file).ok()?;
            Some((file.display().to_string(), bytes))
        })
        .collect()
}
