//! What a test needs of the machine. A test that can't run says so aloud and
//! passes: `cargo xtask test` prints each at the end.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::{Account, cgroup, varlink_python};

/// One thing that a test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To be root: other users' processes, system mode.
    Root,
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
    let thread = std::thread::current();
    let suite = std::env::current_exe().unwrap_or_default();
    let suite = suite
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let suite = suite
        .rsplit_once('-')
        .map_or(suite.as_str(), |(suite, _)| suite);
    let line = format!("{suite}: {}: {reason}", thread.name().unwrap_or("a test"));
    println!("SKIPPED: {line}");
    if let Some(log) = std::env::var_os("FSLAUNCH_SKIP_LOG") {
        let log = OpenOptions::new().create(true).append(true).open(log);
        let written = log.and_then(|mut log| writeln!(log, "{line}"));
        written.expect("the log of skipped tests can be written");
    }
    true
}

impl Need {
    fn lack(self) -> Option<String> {
        match self {
            Self::Root => (!Account::is_root()).then(|| "not root".to_owned()),
            Self::Fuse => fuse_lack(),
            Self::Program(name) => (!is_in_path(name)).then(|| format!("no program `{name}`")),
            Self::Cgroups => {
                (!cgroup::are_writable()).then(|| "no writable version 2 cgroups".to_owned())
            }
            Self::VarlinkClient => varlink_python()
                .is_none()
                .then(|| "no Varlink client for Python".to_owned()),
            Self::OpenFiles(count) => {
                let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
                let short = limit.current.is_some_and(|current| current < count);
                short.then(|| format!("fewer than {count} files may be open"))
            }
        }
    }
}

fn fuse_lack() -> Option<String> {
    let Ok(device) = std::fs::metadata("/dev/fuse") else {
        return Some("no /dev/fuse".to_owned());
    };
    if device.permissions().mode() & 0o006 != 0o006 {
        return Some("/dev/fuse is not open to every user".to_owned());
    }
    // A folder made by debootstrap has none before it is booted.
    if !Path::new("/etc/mtab").exists() {
        return Some("no /etc/mtab, by which fusermount3 unmounts".to_owned());
    }
    Need::Program("fusermount3").lack()
}

fn is_in_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
