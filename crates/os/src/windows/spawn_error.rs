//! Why an instance's process could not be started.
