//! No process of the daemon's own goes between it and an instance on Windows.
