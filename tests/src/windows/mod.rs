//! What the harness asks of Windows. What needs unsafe code is in the crate
//! `fslaunch-os`, behind a feature that only this package turns on.

mod account;
mod class_store;
mod folder;
mod launch;
mod messages;
pub mod mounts;
mod needs;
mod platform;
pub mod processes;
pub mod stand_in;
mod stream;

pub use account::{Account, no_text, own_name, own_profile};
pub use class_store::class_place;
pub use fslaunch_os::testing::{is_wine, pipes::PlainInstance};
pub use launch::program_with_seam;
pub use messages::{Messages, parts};
pub use platform::{PLATFORM, SYSTEM};
pub use stream::Stream;

pub(crate) use class_store::ClassStore;
pub(crate) use folder::{give_to, make, parent, put, remove_folder, set_mode};
pub(crate) use launch::{Launch, is_up, launcher_that_tells_callers_apart};
pub(crate) use needs::{
    Cgroup, are_arguments_lacking, are_callers_lacking, are_command_lines_lacking,
    are_environments_lacking, are_there_cgroups, are_users_lacking, is_fuse_lacking, may_open,
};

/// What a word of a command line is made of.
pub type Unit = u16;

/// A word as text, if it is one.
pub(crate) fn text(word: Vec<Unit>) -> Option<String> {
    String::from_utf16(&word).ok()
}

/// The signal that ended a process: there are none.
pub(crate) fn process_signal(_status: std::process::ExitStatus) -> Option<i32> {
    None
}
