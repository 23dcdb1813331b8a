//! The Rust client of the fslaunch launcher: connect, ask, and get either
//! what was asked for or an error that explains itself.
//!
//! On Windows, the launcher of WinFsp itself can be asked, too, as far as it
//! knows what is asked: see [`winfsp`].
//!
//! It blocks, never retries by itself, and keeps no secret longer than it
//! takes to send it.
//!
//! ```no_run
//! use fslaunch_client::{Launcher, Start};
//!
//! # fn main() -> Result<(), fslaunch_client::Error> {
//! let mut launcher = Launcher::connect("/run/fslaunch/org.fslaunch.Launcher".as_ref())?;
//! let instance = launcher.start(Start {
//!     class: "memfs64".into(),
//!     instance: "share".into(),
//!     arguments: vec![r"\memfs64\share".into(), "/mnt/z".into()],
//!     ..Start::default()
//! })?;
//! println!("{} is {}", instance.instance, instance.state);
//! launcher.stop("memfs64", "share")?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod conversation;
mod error;
mod launcher;
pub mod winfsp;

pub use error::Error;
pub use fslaunch_protocol::{Class, Info, Instance, Secret, Start, State};
pub use launcher::Launcher;
