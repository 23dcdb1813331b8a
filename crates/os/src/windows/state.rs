//! What outlives the daemon.
