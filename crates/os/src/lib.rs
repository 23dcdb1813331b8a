//! Everything fslaunch asks of the operating system.
//!
//! The two systems are twins: the same modules with the same names and
//! signatures, in `unix/` and `windows/`. Nothing outside this crate, but for
//! the entry points of programs, asks which system it runs on.
//!
//! This crate never decides who may do what, and the process that uses it
//! never touches a mount point: what must be asked of one is asked in a
//! short-lived child that can be killed.

pub mod credential;
mod record;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;
