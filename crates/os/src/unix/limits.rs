//! Resource limits of another process, to run an instance with its caller's.

use std::io;

use serde::{Deserialize, Serialize};

/// One resource limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// What is limited.
    pub resource: Resource,
    /// The limit in force, in the resource's unit; `None` is unlimited.
    pub soft: Option<u64>,
    /// The most that the process may raise it to; `None` is unlimited.
    pub hard: Option<u64>,
}

macro_rules! resources {
    ($($(#[$doc:meta])* $name:ident = $words:literal,)*) => {
        /// The resources that Linux limits for each process.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Resource { $($(#[$doc])* $name,)* }

        impl Resource {
            /// Each resource with its name in `/proc/PID/limits`.
            const NAMES: &[(Resource, &str)] = &[$((Resource::$name, $words),)*];

            fn to_rustix(self) -> rustix::process::Resource {
                match self { $(Self::$name => rustix::process::Resource::$name,)* }
            }
        }
    };
}

resources! {
    /// Processor time, in seconds.
    Cpu = "Max cpu time",
    /// Size of a written file, in bytes.
    Fsize = "Max file size",
    /// Size of the data segment, in bytes.
    Data = "Max data size",
    /// Size of the stack, in bytes.
    Stack = "Max stack size",
    /// Size of a core file, in bytes.
    Core = "Max core file size",
    /// Resident set, in bytes.
    Rss = "Max resident set",
    /// Processes and threads of the user.
    Nproc = "Max processes",
    /// Highest descriptor, plus one.
    Nofile = "Max open files",
    /// Locked memory, in bytes.
    Memlock = "Max locked memory",
    /// Address space, in bytes.
    As = "Max address space",
    /// File locks.
    Locks = "Max file locks",
    /// Queued signals of the user.
    Sigpending = "Max pending signals",
    /// POSIX message queues of the user, in bytes.
    Msgqueue = "Max msgqueue size",
    /// Ceiling of the nice value, as 20 minus it.
    Nice = "Max nice priority",
    /// Ceiling of the real-time priority.
    Rtprio = "Max realtime priority",
    /// Real-time processor time without sleep, in microseconds.
    Rttime = "Max realtime timeout",
}

/// Reads the limits of the process `pid`, which must run as the user `uid` and nobody else:
/// those of a set-user-ID program that the user has become are not the user's to hand on.
///
/// # Errors
/// When the process is gone, is not wholly that user's, or `/proc` can't be read.
pub fn of(pid: u32, uid: u32) -> io::Result<Vec<Limit>> {
    wholly_of(pid, uid)?;
    let limits = parse(&std::fs::read_to_string(format!("/proc/{pid}/limits"))?);
    // It may have become another program in between.
    wholly_of(pid, uid)?;
    Ok(limits)
}

fn wholly_of(pid: u32, uid: u32) -> io::Result<()> {
    let status = std::fs::read(format!("/proc/{pid}/status"))?;
    if uids(&String::from_utf8_lossy(&status)) == Some([uid; 4]) {
        return Ok(());
    }
    let words = format!("process {pid} does not run as user {uid} alone");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, words))
}

/// Its real, effective, saved and file system user ID. The name of the program, which is its
/// own to choose, comes in a line before; line ends in it are escaped.
fn uids(status: &str) -> Option<[u32; 4]> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let ids: Vec<u32> = line
        .split_ascii_whitespace()
        .map(|id| id.parse().ok())
        .collect::<Option<_>>()?;
    ids.try_into().ok()
}

fn parse(text: &str) -> Vec<Limit> {
    text.lines()
        .filter_map(|line| {
            let (resource, rest) = Resource::NAMES
                .iter()
                .find_map(|&(resource, name)| Some((resource, line.strip_prefix(name)?)))?;
            let mut words = rest.split_ascii_whitespace();
            let soft = value(words.next()?)?;
            let hard = value(words.next()?)?;
            Some(Limit {
                resource,
                soft,
                hard,
            })
        })
        .collect()
}

fn value(word: &str) -> Option<Option<u64>> {
    match word {
        "unlimited" => Some(None),
        number => number.parse().ok().map(Some),
    }
}

impl Limit {
    /// Sets the limit for this process.
    pub(super) fn set(&self) -> io::Result<()> {
        let limit = rustix::process::Rlimit {
            current: self.soft,
            maximum: self.hard,
        };
        Ok(rustix::process::setrlimit(
            self.resource.to_rustix(),
            limit,
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sixteen_limits_of_this_process_are_read() {
        let uid = rustix::process::getuid().as_raw();
        let limits = of(std::process::id(), uid).unwrap();
        assert_eq!(limits.len(), Resource::NAMES.len());
        let files = limits
            .iter()
            .find(|limit| limit.resource == Resource::Nofile)
            .unwrap();
        let own = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        assert_eq!((files.soft, files.hard), (own.current, own.maximum));
    }

    #[test]
    fn limits_of_a_process_that_is_not_wholly_the_users_are_refused() {
        let other = rustix::process::getuid().as_raw() + 1;
        let words = of(std::process::id(), other).unwrap_err().to_string();
        assert!(words.contains("does not run as user"), "{words}");
        let status = "Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t1\t1\t1\t1\n";
        assert_eq!(uids(status), Some([1000, 0, 0, 0]));
        assert_eq!(uids("Name:\tx\n"), None);
    }

    #[test]
    fn a_line_that_is_not_understood_is_left_out() {
        let text = "Limit  Soft Limit  Hard Limit  Units\nMax cpu time  7  unlimited  seconds\nMax open files  x  1  files\n";
        let cpu = Limit {
            resource: Resource::Cpu,
            soft: Some(7),
            hard: None,
        };
        assert_eq!(parse(text), [cpu]);
    }
}
