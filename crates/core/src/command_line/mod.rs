//! The command-line language of service classes (launcher specification,
//! section 5).
//!
//! A template is cut into words first and replacements go into words
//! afterwards, so that an argument never becomes two words and never loses a
//! character.

mod directive;
mod expand;
mod file;
mod quote;
mod template;
#[cfg(test)]
mod tests;
mod time;
mod transform;

pub use expand::{CommandLine, ExpandError, MAX_EXPANDED, Rules, Values, Word, expand};
pub use file::{FileTemplate, expand_file};
pub use quote::shell_text;
pub use template::Template;
