//! What the tests expect of Linux, as values.

use crate::{Platform, System};

/// The system that the tests run on.
pub const SYSTEM: System = System::Linux;

/// What is different here.
pub const PLATFORM: Platform = Platform {
    programs: &["fslaunchd", "launchctl", "memfs", "stand-in"],
    refuses_options: true,
    missing_argument: None,
    long_argument: 60_000,
    not_a_program: 2,
    asked_to_end: "SIGTERM",
    executable_suffix: "",
    folder_in_registry: "/usr/bin/",
    absolute_folder: "/usr",
    busy_folder: "/proc",
};
