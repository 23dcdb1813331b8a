//! A process that was started.
