//! The service control manager.
