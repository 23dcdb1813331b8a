//! MEMFS: a file system in memory, and the sample of a service that fslaunch launches.
//!
//! ```text
//! memfs (binary)     main.rs: the one platform switch
//!   fuse             Linux: translates requests of the kernel; mounts, signals, readiness
//!   winfsp           Windows: hands the requests of WinFsp's library on; mounts, signals, readiness
//! memfs (this)
//!   command_line     what the words of the command line ask for      pure
//!   mount_options    what a mount is to forbid                       pure
//!   windows          what Windows asks, as operations of the core    pure
//!   core             the file system itself                          pure
//! ```
//!
//! The library holds what is the same on every system: it does no I/O, asks no clock, and forbids unsafe code. A front
//! translates what its system asks into calls of a [`Volume`](core::Volume), and the answers back:
//!
//! ```
//! use memfs::command_line::{Invocation, parse};
//! use memfs::core::{Access, CaseRule, Creation, Error, Limits, NodeId, Privileges, Timestamp, Volume};
//!
//! let Ok(Invocation::Mount(options)) = parse(["-i", "-n", "2", "-m", "/mnt/z"]) else { panic!() };
//! let case = if options.case_insensitive { CaseRule::Insensitive } else { CaseRule::Sensitive };
//! let limits = Limits { files: options.files, file_size: options.file_size, bytes: 1 << 30 };
//! let now = Timestamp { seconds: 1_700_000_000, nanoseconds: 0 };
//! let access = Access { mode: 0o755, uid: 1000, gid: 1000 };
//! let volume = Volume::new(limits, case, access, now);
//!
//! let folder = volume.create(NodeId::ROOT, b"Documents", Creation::Folder, access, now).unwrap();
//! let file = volume.create(folder.node, b"a.txt", Creation::File, access, now).unwrap();
//! volume.write(file.node, 0, b"hello", Privileges::Clear, now).unwrap();
//!
//! let found = volume.lookup(NodeId::ROOT, b"DOCUMENTS").unwrap();
//! assert_eq!(volume.lookup(found.node, b"A.TXT").unwrap().size, 5);
//! let refused = volume.create(NodeId::ROOT, b"one too many", Creation::File, access, now);
//! assert_eq!(refused, Err(Error::TooManyFiles));
//! ```

#![forbid(unsafe_code)]

pub mod command_line;
pub mod core;
pub mod mount_options;
pub mod windows;
