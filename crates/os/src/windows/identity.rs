//! Whom an instance runs as.
