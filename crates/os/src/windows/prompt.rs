//! Questions to a user who sits at no console.

use std::io;

use zeroize::Zeroizing;

use crate::credential::Question;

/// Asks; `None` if there is nobody who could be asked.
///
/// # Errors
/// There is none on Windows.
///
/// # Platform behaviour
/// On Windows nobody is asked: the network provider shows the system's own dialog.
pub fn ask(_question: &Question) -> io::Result<Option<Zeroizing<String>>> {
    Ok(None)
}
