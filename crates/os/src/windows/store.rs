//! The registered classes, in the registry.
