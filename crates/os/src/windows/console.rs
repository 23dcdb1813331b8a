//! The hidden console that instances share, and console events.
