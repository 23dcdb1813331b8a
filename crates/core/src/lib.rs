//! Service classes, their command-line language and the supervision of instances.
//!
//! This crate decides and does not act: it opens no file, starts no process,
//! reads no clock and asks for no system. What differs between systems comes in
//! as a value ([`record::Platform`]).
//!
//! ```
//! use fslaunch_core::{
//!     command_line::{Rules, Template, Values, expand, shell_text},
//!     name::ClassName,
//! };
//!
//! let class = ClassName::parse("sshfs")?;
//! let template = Template::parse("svc %1 %2 %U -o VolumePrefix=%\\/_1");
//! let arguments = [Some(r"\sshfs\srv a".to_owned()), Some("/mnt/s".to_owned())];
//! let values = Values {
//!     executable: "/usr/bin/sshfs",
//!     arguments: &arguments,
//!     user: "alice",
//!     profile: "/home/alice",
//!     start_time: std::time::UNIX_EPOCH,
//! };
//! let command_line = expand(&template, &values, &Rules::default())?;
//! let argv: Vec<String> = command_line.argv().collect();
//! assert_eq!(
//!     shell_text(&argv),
//!     r"svc '\sshfs\srv a' /mnt/s alice -o 'VolumePrefix=/sshfs/srv a'"
//! );
//! # assert_eq!(class.key(), "SSHFS");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod arguments;
pub mod command_line;
pub mod instance;
pub mod limits;
pub mod name;
pub mod record;
pub mod rights;
pub mod table;
pub mod tail;
