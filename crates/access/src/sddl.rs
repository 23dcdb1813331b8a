//! The text form of descriptors, as MS-DTYP 2.5.1 and the Windows documentation have it. What is
//! read is told at [`SecurityDescriptor::parse_in_domain`](crate::SecurityDescriptor).

mod cursor;
mod error;
mod kind;
mod names;
mod parse;
pub(crate) mod print;

pub use error::{SddlError, SddlProblem};
