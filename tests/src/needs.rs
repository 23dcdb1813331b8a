//! What a test needs of the machine. A test that can't run says so aloud and
//! passes: `cargo xtask test` prints each at the end.

use std::fs::OpenOptions;
use std::io::Write;

use crate::platform::System;
use crate::{Account, SYSTEM, system, varlink_python};

/// One thing that a test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To be root, or an administrator: system mode.
    Root,
    /// A launcher that can tell an ordinary user from an administrator; it is
    /// made by [`DaemonBuilder::telling_callers_apart`](crate::DaemonBuilder::telling_callers_apart).
    Callers,
    /// Two ordinary users that are not the same.
    TwoUsers,
    /// Linux: what is tested is not there elsewhere. The reason is printed.
    Linux(&'static str),
    /// A system that tells the command line of another process.
    CommandLines,
    /// A system that shows the arguments of all processes to the tests.
    Arguments,
    /// A system that shows their environments to the tests.
    Environments,
    /// `/dev/fuse`, open to every user.
    Fuse,
    /// A program of the system.
    Program(&'static str),
    /// Version 2 control groups that this process may write.
    Cgroups,
    /// The Varlink client for Python.
    VarlinkClient,
    /// That many files open at once.
    OpenFiles(u64),
}

/// Whether something that a test needs is not there; writes down what.
pub fn lacking(needs: &[Need]) -> bool {
    let Some(reason) = needs.iter().find_map(|need| need.lack()) else {
        return false;
    };
    skipped(std::thread::current().name().unwrap_or("a test"), &reason);
    true
}

/// Writes down that a test of this program is not run, and why.
///
/// # Panics
/// When the log of skipped tests can't be written.
pub fn skipped(test: &str, reason: &str) {
    let suite = std::env::current_exe().unwrap_or_default();
    let suite = suite
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let suite = suite
        .rsplit_once('-')
        .map_or(suite.as_str(), |(suite, _)| suite);
    let line = format!("{suite}: {test}: {reason}");
    println!("SKIPPED: {line}");
    if let Some(log) = std::env::var_os("FSLAUNCH_SKIP_LOG") {
        let log = OpenOptions::new().create(true).append(true).open(log);
        // In one piece: other programs write at the same time.
        let written = log.and_then(|mut log| log.write_all(format!("{line}\n").as_bytes()));
        written.expect("the log of skipped tests can be written");
    }
}

impl Need {
    pub(crate) fn lack(self) -> Option<String> {
        match self {
            Self::Root => (!Account::is_root()).then(|| "not root".to_owned()),
            Self::Callers => system::are_callers_lacking(),
            Self::TwoUsers => system::are_users_lacking(),
            Self::Linux(why) => (SYSTEM != System::Linux).then(|| format!("for Linux only: {why}")),
            Self::CommandLines => system::are_command_lines_lacking(),
            Self::Arguments => system::are_arguments_lacking(),
            Self::Environments => system::are_environments_lacking(),
            Self::Fuse => system::is_fuse_lacking(),
            Self::Program(name) => (!is_in_path(name)).then(|| format!("no program `{name}`")),
            Self::Cgroups => {
                (!system::are_there_cgroups()).then(|| "no writable version 2 cgroups".to_owned())
            }
            Self::VarlinkClient => varlink_python()
                .is_none()
                .then(|| "no Varlink client for Python".to_owned()),
            Self::OpenFiles(count) => {
                (!system::may_open(count)).then(|| format!("fewer than {count} files may be open"))
            }
        }
    }
}

fn is_in_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
