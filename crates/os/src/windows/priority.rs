//! The daemon's own priority.
