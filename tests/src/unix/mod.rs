//! What the harness asks of Linux.

mod account;
mod cgroup;
mod class_store;
mod folder;
mod hanging;
mod launch;
pub mod mounts;
mod namespace;
mod needs;
mod platform;
pub mod processes;
pub mod stand_in;
mod stream;

pub use account::{Account, no_text, own_name, own_profile};
pub use cgroup::Cgroup;
pub use class_store::class_place;
pub use hanging::Hanging;
pub use namespace::{has_own_mounts, is_inside, own_mounts};
pub use platform::{PLATFORM, SYSTEM};
pub use rustix::process::Signal;
pub use stream::Stream;

pub(crate) use class_store::ClassStore;
pub(crate) use folder::{give_to, make, parent, put, remove_folder, set_mode};
pub(crate) use launch::{Launch, is_up, launcher_that_tells_callers_apart};
pub(crate) use needs::{
    are_arguments_lacking, are_callers_lacking, are_command_lines_lacking,
    are_environments_lacking, are_there_cgroups, are_users_lacking, is_fuse_lacking, may_open,
};

/// The signal that ended a process, if one did.
pub(crate) fn process_signal(status: std::process::ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

/// What a word of a command line is made of.
pub type Unit = u8;

/// A word as text, if it is one.
pub(crate) fn text(word: Vec<Unit>) -> Option<String> {
    String::from_utf8(word).ok()
}
