//! What a machine has that a test may need.

use std::path::{Path, PathBuf};

use super::{launch::program_with_seam, processes::PROC};
use fslaunch_os::testing::is_wine;

/// Control groups: there are none.
#[derive(Debug)]
pub enum Cgroup {}

impl Cgroup {
    /// There can't be one.
    pub fn new(_name: &str) -> Option<Self> {
        None
    }

    /// The groups beneath it.
    pub fn inner(&self) -> Vec<PathBuf> {
        match *self {}
    }

    /// Kills every process in it and beneath it.
    pub fn kill(&self) {
        match *self {}
    }
}

/// Whether a test may make control groups. What they are there for, jobs are
/// here, and those may always be made.
pub(crate) fn are_there_cgroups() -> bool {
    true
}

/// Why nothing can be mounted here.
pub(crate) fn is_fuse_lacking() -> Option<String> {
    Some("no FUSE on this system".to_owned())
}

/// Whether so many files may be open at once: there is no limit.
pub(crate) fn may_open(_count: u64) -> bool {
    true
}

/// Why callers can't be told apart here, if so.
pub(crate) fn are_callers_lacking() -> Option<String> {
    if !is_wine() {
        return None;
    }
    let lacking = !program_with_seam().is_file();
    lacking.then(|| {
        "Wine shows the callers of a pipe only to a launcher built with \
         `peer-from-client-process`, and that is not built"
            .to_owned()
    })
}

/// Why no command lines of other processes can be read here, if so.
pub(crate) fn are_command_lines_lacking() -> Option<String> {
    is_wine().then(|| "Wine tells no command line of another process".to_owned())
}

/// Why the tests can't read the arguments of all processes, if so.
pub(crate) fn are_arguments_lacking() -> Option<String> {
    let lacking = !is_wine() || !Path::new(PROC).is_dir();
    lacking.then(|| {
        "whether it is in arguments: no safe code reads those of other processes".to_owned()
    })
}

/// Why the tests can't read the environments of processes: Wine's files of Linux don't hold those
/// of Windows.
pub(crate) fn are_environments_lacking() -> Option<String> {
    Some("whether it is in an environment: no safe code reads those of other processes".to_owned())
}

/// Why there are no two ordinary users here.
pub(crate) fn are_users_lacking() -> Option<String> {
    Some("there is only one user to act as".to_owned())
}
