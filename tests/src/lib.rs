//! What the end-to-end tests stand on: a launcher of their own in a folder of
//! its own, callers that are real processes of other users, and a stand-in
//! for a file system that behaves as badly as a test wants.
//!
//! Nothing here knows the launcher's code: it is driven through its command
//! line, its socket and what the kernel shows, as anybody else would.
//!
//! ```no_run
//! use fslaunch_tests::{Class, Daemon};
//!
//! let daemon = Daemon::system().start();
//! daemon.register(&Class::stand_in(&daemon, "echo", "wait"));
//! daemon.launchctl(&["start", "echo", "one"]).ok();
//! ```
//!
//! Each test that can't run on a machine says so through [`lacking`]; each
//! [`Daemon`] has a [`Watchdog`], and takes everything down when it is dropped.
#![forbid(unsafe_code)]

mod account;
mod cgroup;
mod class;
mod connection;
mod daemon;
mod daemon_builder;
mod hanging;
mod launchctl;
pub mod mounts;
mod needs;
mod place;
pub mod processes;
mod programs;
mod report;
mod until;
mod watchdog;

pub use account::Account;
pub use cgroup::Cgroup;
pub use class::Class;
pub use connection::{CallError, Connection};
pub use daemon::Daemon;
pub use daemon_builder::DaemonBuilder;
pub use hanging::Hanging;
pub use launchctl::{Ran, run_with_deadline};
pub use needs::{Need, lacking};
pub use place::Place;
pub use programs::{program, varlink_python};
pub use report::Report;
pub use until::{PATIENCE, until, until_some};
pub use watchdog::Watchdog;
