//! The command line of a process that runs.
