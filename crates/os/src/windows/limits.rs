//! Resource limits: none are taken over from callers on Windows.
