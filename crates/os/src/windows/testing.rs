//! What the end-to-end tests ask of Windows that needs unsafe code. Nothing of it is in a
//! default build: it is there with the feature `testing` only.

#![allow(unsafe_code)]

mod console;
mod folders;
mod ordinary;
mod own;
pub mod pipes;
mod processes;

pub use console::ask_to_end;
pub use folders::{make_safe_folder, open_to_everybody, open_to_user, safe_parent};
pub use ordinary::run_as_ordinary_user;
pub use own::{close_output, command_line, is_administrator, user_sid};
pub use processes::{Entry, all, image, kill, memory, private_memory, runs};

/// Whether this is Wine, and no Windows.
pub fn is_wine() -> bool {
    super::console::is_wine()
}
