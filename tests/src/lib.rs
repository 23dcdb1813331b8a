//! What the end-to-end tests stand on: a launcher of their own in a folder of
//! its own, callers that are real processes of other users, and a stand-in
//! for a file system that behaves as badly as a test wants.
//!
//! Nothing here knows the launcher's code: it is driven through its command
//! line, its socket and what the kernel shows, as anybody else would.
//!
//! The suites are the same on both systems. What the systems do differently
//! is in `unix/` and `windows/`, twins with the same names.
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

mod class;
mod connection;
mod daemon;
mod daemon_builder;
mod exposure;
mod needs;
mod place;
mod platform;
mod programs;
mod ran;
mod report;
#[cfg_attr(unix, path = "unix/mod.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod system;
mod until;
mod watchdog;

pub use class::Class;
pub use connection::{CallError, Connection};
pub use daemon::Daemon;
pub use daemon_builder::DaemonBuilder;
pub use needs::{Need, lacking, skipped};
pub use place::Place;
pub use platform::{Platform, System};
pub use programs::{program, program_path, varlink_python};
pub use ran::{Ran, run_with_deadline};
pub use report::Report;
pub use system::*;
pub use until::{PATIENCE, until, until_some};
pub use watchdog::Watchdog;
