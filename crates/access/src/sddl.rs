//! The text form of descriptors, as MS-DTYP 2.5.1 and the Windows documentation have it.
//!
//! Read as Windows does: sections in any order, each once; white space between all words; words
//! in capitals or small letters; masks as two-letter words, or as one hexadecimal, octal or
//! decimal number. Unlike Windows, numbers in SIDs must not have leading zeros, and the words of
//! mandatory label policies are for mandatory labels only.

mod cursor;
mod error;
mod kind;
mod names;
mod parse;
pub(crate) mod print;

pub use error::{SddlError, SddlProblem};
