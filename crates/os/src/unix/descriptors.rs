//! How many descriptors the daemon may have open.

use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::limits::{self, Limit};

static BEFORE: OnceLock<Limit> = OnceLock::new();

/// The limit that was in force before it was raised, if it was: what instances get, as many a
/// program can't handle descriptors above 1023.
pub(super) fn before_raising() -> Option<Limit> {
    BEFORE.get().copied()
}

/// Raises the soft limit of open files to the hard one; returns it.
pub fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    BEFORE.get_or_init(|| Limit {
        resource: limits::Resource::Nofile,
        soft: limit.current,
        hard: limit.maximum,
    });
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    current.unwrap_or(u64::MAX)
}
