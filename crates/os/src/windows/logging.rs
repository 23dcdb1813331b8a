//! Where the daemon's own log goes.
