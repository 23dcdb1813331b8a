//! What the tests expect of Windows, as values.

use crate::{Platform, System};

/// The system that the tests run on.
pub const SYSTEM: System = System::Windows;

/// What is different here.
pub const PLATFORM: Platform = Platform {
    programs: &["fslaunchd", "launchctl", "stand-in"],
    refuses_options: false,
    missing_argument: Some(""),
    // A command line has 32,767 characters, and the report's path is in it.
    long_argument: 30_000,
    not_a_program: 31,
    asked_to_end: "CTRL-BREAK",
    executable_suffix: ".exe",
    folder_in_registry: r"C:\\programs\\",
    absolute_folder: r"C:\windows",
    busy_folder: "C:",
};
