//! What the state folder remembers, on both systems.

mod files;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(crate) use files::Files;

/// What is remembered of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The boot in which it was started.
    pub boot: String,
    /// Its process.
    pub pid: u32,
    /// When that process started, in the system's unit.
    pub start_time: u64,
    /// The program that it was made of, where the system tells (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The job (a cgroup, a job object) that it and its descendants are in, if it has one of
    /// its own.
    pub job: Option<PathBuf>,
    /// The class.
    pub class: String,
    /// The instance.
    pub instance: String,
    /// Account name of who started it.
    pub starter: String,
    /// Security identifier of who started it.
    pub starter_sid: String,
    /// Whether who started it is an administrator.
    pub starter_administrator: bool,
    /// Account name that it runs as.
    pub run_as: String,
    /// The key of that account.
    pub account: String,
    /// When it was started, in milliseconds since 1970.
    pub since: u64,
    /// Who may stop and query it, as SDDL.
    pub descriptor: String,
    /// Whether it is to die with the launcher.
    pub job_control: bool,
    /// Whether its class has recovery: a launcher that takes it over can't start it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recovery: bool,
    /// Whether it was ready: what was not may not outlive its launcher.
    pub decided: bool,
    /// How long it may take to end, in milliseconds.
    pub stop_grace: u64,
    /// Where it mounts.
    pub mount: Option<MountRecord>,
}

/// What is remembered of an instance's mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountRecord {
    /// Where it is, or will be.
    pub path: PathBuf,
    /// Where it is made, if it is moved to its place afterwards.
    pub staged: Option<PathBuf>,
    /// The mounts that were there before.
    pub before: Vec<u64>,
}
