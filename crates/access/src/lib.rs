//! Windows security descriptors for any platform: SIDs, SDDL, and the access check.
//!
//! ```
//! use fslaunch_access::{AccessMask, GenericMapping, SecurityDescriptor, Token, check, well_known};
//!
//! // Everyone may query; users may start, but not those of the Unix group 666.
//! let descriptor: SecurityDescriptor =
//!     "O:SYG:SYD:P(D;;RP;;;S-1-22-2-666)(A;;RP;;;BU)(A;;LC;;;WD)".parse()?;
//! let caller = Token::new(
//!     well_known::unix_user(1000),
//!     [well_known::users(), well_known::everyone()],
//! );
//! let (start, stop) = (AccessMask(0x10), AccessMask(0x20));
//!
//! let granted = check(&descriptor, &caller, start, &GenericMapping::SERVICE)?;
//! assert_eq!(granted, start);
//!
//! let denied = check(&descriptor, &caller, start | stop, &GenericMapping::SERVICE).unwrap_err();
//! assert_eq!(denied.missing, stop);
//! assert_eq!(denied.to_string(), "access denied: WP of RPWP is not granted");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Sid`] names a user or group, [`well_known`] has the common ones.
//! - [`SecurityDescriptor`] has an owner, a group and two lists of entries ([`Acl`], [`Ace`]). It
//!   is parsed from SDDL and displayed as SDDL; [`SddlError`] says what is wrong, and where.
//! - [`Token`] is who asks, [`AccessMask`] what for, [`GenericMapping`] what the generic rights
//!   mean for the kind of object, and [`check()`] decides.
//!
//! The crate decides in values. It does no I/O, asks no system who anybody is, and knows no
//! privileges. It never panics on input, never recurses, and takes time and memory in proportion
//! to the length of the text. Object entries, conditional entries and the other kinds whose
//! meaning it does not know are refused by name, never skipped.

#![forbid(unsafe_code)]

mod ace;
mod check;
mod descriptor;
mod mapping;
mod mask;
mod sddl;
mod sid;
mod token;
pub mod well_known;

pub use ace::{Ace, AceFlags, AceKind, SystemAce, SystemAceKind};
pub use check::{Denied, check};
pub use descriptor::{Acl, DescriptorFlags, SecurityDescriptor, SystemAcl, TooLong};
pub use mapping::GenericMapping;
pub use mask::AccessMask;
pub use sddl::{SddlError, SddlProblem};
pub use sid::{Sid, SidError, SidPart};
pub use token::{Group, GroupState, Token};
