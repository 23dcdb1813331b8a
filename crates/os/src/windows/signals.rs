//! What asks the daemon to end.
