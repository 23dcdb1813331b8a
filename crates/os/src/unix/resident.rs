//! A library that has been used stays.

/// Keeps the library that this is a part of where it is until the process ends.
///
/// # Platform behaviour
/// On Linux nothing is done: a library that is unloaded gives back what it had.
pub fn stay() {}
