//! The functions by which existing C programs ask the launcher, under the
//! names that they know: such a program only changes its import library.
//!
//! The header is `include/fslaunch.h`, the document `docs/c-api.md`. On
//! Windows the functions speak the launcher's message pipe and use the
//! registry; on Linux they are translated for its socket and its class files.
//!
//! The library starts no thread and no runtime in the program that loads
//! it, trusts no pointer further than it must, lets no panic through to the
//! caller, and keeps no secret after a function has returned.
//!
//! ```
//! // What a C program does; see docs/c-api.md for C.
//! let (mut size, mut error) = (0, 0);
//! // SAFETY: the pointers are NULL or of live variables.
//! let status = unsafe {
//!     fslaunch::FspLaunchGetNameList(std::ptr::null_mut(), &raw mut size, &raw mut error)
//! };
//! assert!(status == 0 || size == 0, "no launcher: no bytes");
//! ```

mod boundary;
mod conversation;
mod exports;
mod launcher;
mod message;
mod raw;
mod raw_record;
mod record;
mod records;
mod status;
mod text;

pub use exports::*;
pub use raw_record::FspLaunchRegRecord;
