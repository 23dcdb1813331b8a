//! What Windows asks of a file system, as operations of the [core](crate::core): names in UTF-16, status codes, times,
//! attributes, security descriptors, listings.
//!
//! Like the core it does no I/O and has no platform in it, so that it is tested everywhere; the front for WinFsp only
//! hands pointers over.
//!
//! **Platform behaviour.** A security descriptor and the file attributes of a node are kept as two of its extended
//! attributes. Names are kept as UTF-8, half surrogates as three bytes.
//!
//! ```
//! use memfs::core::{CaseRule, Limits, Timestamp};
//! use memfs::windows::{Creation, Files, name};
//!
//! let limits = Limits { files: 9, file_size: 100, bytes: 1000 };
//! let files = Files::new(limits, CaseRule::Insensitive, b"descriptor".to_vec(), Timestamp::default());
//! let what = Creation { folder: false, attributes: 0, descriptor: b"own" };
//! let (file, _) = files.create(&name::wide(r"\Hello.txt"), what, Timestamp::default()).unwrap();
//! assert_eq!(files.open(&name::wide(r"\HELLO.TXT")).unwrap().0, file);
//! assert_eq!(files.descriptor(file).unwrap(), b"own");
//! ```

mod contents;
mod files;
mod info;
mod listing;
pub mod name;
mod names;
mod status;
mod times;

pub use contents::End;
pub use files::Files;
pub use info::{BasicInfo, FileInfo, attributes};
pub use listing::DirectoryEntry;
pub use names::{Cleanup, Creation};
pub use status::Status;
pub use times::{filetime, timestamp};
